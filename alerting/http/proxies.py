"""Which proxy leads to a URL: HTTPS_PROXY, ALL_PROXY and NO_PROXY, read in the forms that curl reads. Pure.

Plain http:// is for this machine only (config_values.check_url), and what is on this machine is never asked of a proxy.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from alerting.config_values import is_loopback

# Lower case first and the first one that is set, even to nothing, as curl has it.
VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
EXCEPTIONS = ("no_proxy", "NO_PROXY")
SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
EXPECTED = "a proxy such as http://proxy:3128 or socks5://proxy:1080"


class ProxyMistakeError(ValueError):
    """A proxy's variable cannot be understood; the message names it and never shows a password."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it. `url` may hold a password, `str()` does not."""

    variable: str
    url: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port}" if parts.port else str(host)


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that a URL is asked through, None where it is asked directly; raises ProxyMistakeError."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme == "http" or is_loopback(host):
        return None
    variable = next((name for name in VARIABLES if name in environ), "")
    value = environ.get(variable, "").strip()
    exceptions = next((environ[name] for name in EXCEPTIONS if name in environ), "")
    if not value or _is_exempt(host, parts.port or 443, exceptions):
        return None
    return Proxy(variable, _read(variable, value))


def _read(variable: str, value: str) -> str:
    """The proxy's URL; without a scheme it is an http:// proxy."""
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    scheme = parts.scheme.lower()
    if scheme and scheme not in SCHEMES:
        raise ProxyMistakeError(f"{variable}: expected {EXPECTED}, got one of the kind {scheme[:20]}://")
    if not host or re.search(r"\s", url):
        raise ProxyMistakeError(
            f"{variable}: expected {EXPECTED}, got a value that is not shown (characters such as / # @ in a password "
            "are written as %2F %23 %40)"
        )
    return f"{scheme}://{parts.netloc}"


def _is_exempt(host: str, port: int, exceptions: str) -> bool:
    return any(
        _matches(entry, host.lower(), port) for entry in re.split(r"[\s,]+", exceptions.strip().lower()) if entry
    )


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether one NO_PROXY entry means this host: a name and what is below it, an address, a network, `*`."""
    if entry == "*":
        return True
    entry = entry.rpartition("://")[2]
    if (network := _network(entry)) is not None:
        address = _network(host)
        return address is not None and address.version == network.version and address.network_address in network
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(\d+))?", entry)
    name, wanted_port = (bracketed[1], bracketed[2]) if bracketed else _name_and_port(entry)
    if wanted_port and int(wanted_port) != port:
        return False
    if (address := _network(name)) is not None:
        return address == _network(host)
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _name_and_port(entry: str) -> tuple[str, str]:
    found = re.fullmatch(r"([^:]*):(\d{1,5})", entry)
    return (found[1], found[2]) if found else (entry, "")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network, or the one address, that a text stands for; None for a name."""
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None
