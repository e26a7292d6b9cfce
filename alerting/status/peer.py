"""Who is at the other end of a request: the client's address and whether it used TLS, told by our own proxies only."""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDING_HEADERS = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_SERVER"),
    *("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP", "HTTP_TRUE_CLIENT_IP"),
)


@dataclass(frozen=True, slots=True)
class Peer:
    """`address` is the client's, `through_proxy` says that one of ours passed the request on.

    `is_forwarded` says that somebody passed it on, whoever that is: such a request does not come from this machine.
    """

    address: str
    through_proxy: bool = False
    is_forwarded: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether the request was made on this machine."""
        parsed = _address(self.address)
        return parsed is not None and parsed.is_loopback and not self.is_forwarded


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks from addresses and CIDR notation. Raises ValueError."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def find(remote: str, forwarded_for: str, is_forwarded: bool, trusted: Sequence[Network]) -> Peer:
    """The client behind `remote`: the last address of X-Forwarded-For that is none of our proxies."""
    if not _is_in(remote, trusted):
        return Peer(remote, is_forwarded=is_forwarded)
    for address in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
        if not _is_in(address, trusted):
            return Peer(address, through_proxy=True, is_forwarded=True)
    return Peer(remote, through_proxy=True, is_forwarded=is_forwarded)


class PeerMiddleware:
    """Puts the `Peer` on the request, and takes away what only a proxy of ours may say."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        is_forwarded = any(name in meta for name in FORWARDING_HEADERS)
        trusted = networks(settings.STATUS_TRUSTED_PROXIES)
        peer = find(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""), is_forwarded, trusted)
        if peer.through_proxy and meta.get("HTTP_X_FORWARDED_PROTO", "").strip() == "https":
            meta["wsgi.url_scheme"] = "https"
        if not peer.through_proxy and settings.STATUS_USER_HEADER:
            meta.pop(settings.STATUS_USER_HEADER, None)
        request.peer = peer  # type: ignore[attr-defined]
        return self._get_response(request)


def of(request: HttpRequest) -> Peer:
    """The peer of a request that came through the middleware."""
    peer: Peer = request.peer  # type: ignore[attr-defined]
    return peer


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed


def _is_in(text: str, trusted: Sequence[Network]) -> bool:
    parsed = _address(text)
    return parsed is not None and any(parsed in network for network in trusted)
