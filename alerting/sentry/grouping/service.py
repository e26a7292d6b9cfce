"""Finds which service an error came from: the host that was called."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from alerting.sentry.grouping.chain import Fault, first, held_at, last_breadcrumb
from alerting.sentry.grouping.schemes import Scheme, scheme_around

_DEFAULT_PORTS = frozenset({"80", "443", "6379", "6380", "25", "465", "587", "5672", "5671"})
_IN_TEXT = (
    re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://(?P<host>[^/\s'\"?#]{1,300})", re.IGNORECASE),
    re.compile(r"\bhost=['\"](?P<host>[^'\"]{1,255})['\"](?:, port=(?P<port>\d{1,5}))?"),
    # "connecting to server" names none.
    re.compile(
        r"\bconnect(?:ing|ion)? to (?:host )?(?P<host>localhost|[\w-]{1,63}(?:\.[\w-]{1,63}){1,20}|[\w-]{1,63}(?=:\d))"
        r"(?::(?P<port>\d{1,5}))?",
        re.IGNORECASE,
    ),
)
_HOST = re.compile(r"[\w.-]{1,255}|\[?[0-9a-f:.]{2,45}\]?")

# Where clients leave a URL, then what has a `host` and a `port`: on the exception, in their own frames, and in the
# application's. Of urllib3's errors only `__dict__` may be asked: it warns whoever reads their `pool`.
_ON_EXCEPTION = (
    *("request.url", "response.url", "request_info.real_url", "url", "api_url", "endpoint_url"),
    *("kwargs.endpoint_url", "kwargs.proxy_url"),
)
_SERVERS_OF_EXCEPTION = ("", "__dict__.pool.", "conn.")
_IN_CLIENT = ("url", "request.url", "request.full_url", "req.full_url", "req.url", "self.meta.endpoint_url")
_SERVERS_OF_CLIENT = ("self.", "")
_IN_CALLER = ("url", "uri", "endpoint", "base_url", "api_url")
_NEAR = 3

# Whose calls the SDK notes: only with them the last one noted is the one that failed.
_NOTED = frozenset({"httpx", "httpcore", "requests", "urllib3", "aiohttp", "urllib", "http"})


def service_of(faults: Sequence[Fault], event: Mapping[str, Any], package: str) -> str:
    """`api.example.com`, with its port where that is no usual one; empty where nothing tells.

    Looks at the exceptions, then at the frames of the client library, then at their texts. With the `package` of a
    client library the caller's variables count too: the exception's class says that it is about a call to somewhere.
    """
    within = [one for fault in faults for one in fault.frames if scheme_around(one.module) is Scheme.EXTERNAL]
    near = [frame.variables for fault in faults for frame in fault.frames[:_NEAR]]
    found = (
        first(_told(fault.error, _ON_EXCEPTION, _SERVERS_OF_EXCEPTION) for fault in faults)
        or first(_told(frame.variables, _IN_CLIENT, _SERVERS_OF_CLIENT) for frame in within)
        or first(_in_text(fault.text) for fault in faults)
    )
    if found or not package:
        return found
    called = first(_told(variables, _IN_CALLER, ("",)) or _only_one_in(variables) for variables in near)
    noted = last_breadcrumb(event, "type", "http") if package in _NOTED else {}
    return called or _url(held_at(noted, "data.url"))


def _told(holder: Any, urls: Sequence[str], servers: Sequence[str]) -> str:
    """The host of the first URL or server that a foreign object or a frame's variables hold at these places."""
    return first(_url(held_at(holder, path)) for path in urls) or first(
        _authority(held_at(holder, f"{server}{name}"), held_at(holder, f"{server}port"))
        for server in servers
        for name in ("host", "_host")
    )


def _in_text(text: str) -> str:
    matches = (match for pattern in _IN_TEXT if (match := pattern.search(text)))
    return first(_authority(match["host"], match.groupdict().get("port")) for match in matches)


def _only_one_in(variables: Mapping[str, Any]) -> str:
    texts = [value[:2_000] for value in variables.values() if isinstance(value, str) and "://" in value[:30]]
    hosts = {host for text in texts if (host := _url(text))}
    return hosts.pop() if len(hosts) == 1 else ""


def _url(value: Any) -> str:
    if value is None or not (isinstance(value, str) or type(value).__name__ in {"URL", "AnyUrl", "HttpUrl"}):
        return ""
    try:
        # An event shows variables as Python would, quotes included.
        return _authority(urlsplit(str(value).strip("'")).netloc)
    except Exception:  # noqa: BLE001  no URL, or an object that fails to show itself
        return ""


def _authority(host: Any, port: Any = None) -> str:
    host = host.rpartition("@")[2].strip("' ").lower().rstrip(".") if isinstance(host, str) else ""
    name, separator, own_port = host.rpartition(":")
    if separator and own_port.isdigit() and (":" not in name or name.endswith("]")):
        host, port = name, own_port
    if not _HOST.fullmatch(host):
        return ""
    number = str(port) if isinstance(port, int | str) and str(port).isdigit() else ""
    return f"{host}:{number}" if number and number not in _DEFAULT_PORTS else host
