"""Who is at the other end of a request: the client's address and whether it used TLS, told by our own proxies only."""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDING_PREFIX = "HTTP_X_FORWARDED_"
FORWARDING_HEADERS = frozenset(
    f"HTTP_{name}"
    for name in (
        *("FORWARDED", "VIA", "X_REAL_IP", "X_CLIENT_IP", "X_SCHEME"),
        *("X_ENVOY_EXTERNAL_ADDRESS", "CF_CONNECTING_IP", "TRUE_CLIENT_IP"),
    )
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
        return parsed is not None and parsed.is_loopback and not (self.is_forwarded or self.through_proxy)


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks from addresses and CIDR notation. Raises ValueError."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def find(remote: str, forwarded_for: str, is_forwarded: bool, trusted: Sequence[Network]) -> Peer:
    """The client behind `remote`: the last address of X-Forwarded-For that is none of our proxies.

    It stands there without port and brackets, so that one client is one. What is no address counts as the proxy's.
    """
    if not _is_in(remote, trusted):
        return Peer(remote, is_forwarded=is_forwarded)
    for part in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
        client = _address(_without_port(part))
        if client is None:
            break
        if not _is_in(str(client), trusted):
            return Peer(str(client), through_proxy=True, is_forwarded=True)
    return Peer(remote, through_proxy=True, is_forwarded=is_forwarded)


class PeerMiddleware:
    """Puts the `Peer` on the request, and takes away what only a proxy of ours may say."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        is_forwarded = any(name in FORWARDING_HEADERS or name.startswith(FORWARDING_PREFIX) for name in meta)
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


def _without_port(text: str) -> str:
    """`192.0.2.1:80` and `[2001:db8::1]:80` are how some proxies write an address."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


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
