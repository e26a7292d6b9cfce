"""Finds which service an error came from: the host that was called."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from alerting.sentry.grouping.chain import attribute, frames, module_of
from alerting.sentry.grouping.schemes import BY_LIBRARY, Scheme, lookup

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
# Whose calls the SDK notes: only with them the last one noted is the one that failed.
_NOTED = frozenset({"httpx", "httpcore", "requests", "urllib3", "aiohttp", "urllib", "http"})
_NEAR = 3
_CALLING = frozenset({"http.client", "urllib.request", "asyncio", "socket", "ssl"})


def service_of(
    errors: Sequence[BaseException], stated: Sequence[Mapping[str, Any]], event: Mapping[str, Any], package: str
) -> str:
    """`api.example.com`, with its port where that is no usual one; empty where nothing tells.

    Looks at the exceptions, then at the frames of the client library, then at their texts. With the `package` of a
    client library the caller's variables count too: the exception's class says that it is about a call to somewhere.
    """
    for error in errors:
        for found in _on_exception(error):
            return found
    for error in errors:
        for frame in frames(error):
            for found in _in_frame(frame):
                return found
    for text in (str(exception.get("value") or "")[:20_000] for exception in stated):
        for pattern in _IN_TEXT:
            if (match := pattern.search(text)) and (found := _authority(match["host"], match.groupdict().get("port"))):
                return found
    if not package:
        return ""
    called = next((found for error in errors for found in _in_caller(error)), "")
    return called or (_in_breadcrumbs(event) if package in _NOTED else "")


def _on_exception(error: BaseException) -> Iterator[str]:
    for holder in (attribute(error, "request"), attribute(error, "response"), attribute(error, "request_info"), error):
        for name in ("url", "real_url", "api_url", "endpoint_url"):
            yield from _url(attribute(holder, name))
    yield from _host(error)
    # urllib3's errors warn their reader where the pool is a property.
    yield from _host(getattr(error, "__dict__", {}).get("pool"))
    yield from _host(attribute(error, "conn"))
    for argument in ("endpoint_url", "proxy_url"):  # botocore formats its messages from these
        arguments = attribute(error, "kwargs")
        if isinstance(arguments, Mapping):
            yield from _url(arguments.get(argument))


def _in_frame(frame: FrameType) -> Iterator[str]:
    module = module_of(frame)
    if lookup(module, BY_LIBRARY) is not Scheme.EXTERNAL and lookup(module, dict.fromkeys(_CALLING, True)) is None:
        return
    variables = frame.f_locals
    for name in ("url", "request", "req"):
        value = variables.get(name)
        yield from _url(value)
        yield from _url(attribute(value, "url") or attribute(value, "full_url"))
    owner = variables.get("self")
    yield from _url(attribute(attribute(owner, "meta"), "endpoint_url"))  # botocore's clients
    yield from _host(owner)
    if isinstance(host := variables.get("host"), str):
        yield from _nonempty(_authority(host, variables.get("port")))


def _in_caller(error: BaseException) -> Iterator[str]:
    """What the functions nearest to the error had to call, where they raised the library's error themselves."""
    for frame in frames(error)[:_NEAR]:
        variables = frame.f_locals
        for name in ("url", "uri", "endpoint", "base_url", "api_url"):
            yield from _url(variables.get(name))
        if isinstance(host := variables.get("host"), str):
            yield from _nonempty(_authority(host, variables.get("port")))
        texts = [value[:2_000] for value in variables.values() if isinstance(value, str) and "://" in value[:30]]
        hosts = {host for text in texts for host in _url(text)}
        if len(hosts) == 1:
            yield hosts.pop()


def _host(holder: Any) -> Iterator[str]:
    for name in ("host", "_host"):
        host = attribute(holder, name)
        if isinstance(host, str) and host:
            yield from _nonempty(_authority(host, attribute(holder, "port")))


def _url(value: Any) -> Iterator[str]:
    if value is None or not (isinstance(value, str) or type(value).__name__ in {"URL", "AnyUrl", "HttpUrl"}):
        return
    try:
        authority = urlsplit(str(value)).netloc
    except Exception:  # noqa: BLE001  no URL, or an object that fails to show itself
        return
    yield from _nonempty(_authority(authority))


def _in_breadcrumbs(event: Mapping[str, Any]) -> str:
    crumbs = event.get("breadcrumbs")
    values = crumbs.get("values") if isinstance(crumbs, Mapping) else crumbs
    for crumb in reversed(values if isinstance(values, list) else []):
        data = crumb.get("data") if isinstance(crumb, Mapping) and crumb.get("type") == "http" else None
        if isinstance(data, Mapping):
            return next(_url(data.get("url")), "")
    return ""


def _authority(host: str, port: Any = None) -> str:
    host = host.rpartition("@")[2].strip().lower().rstrip(".")
    name, separator, own_port = host.rpartition(":")
    if separator and own_port.isdigit() and (":" not in name or name.endswith("]")):
        host, port = name, own_port
    if not _HOST.fullmatch(host):
        return ""
    number = str(port) if isinstance(port, int | str) and str(port).isdigit() else ""
    return f"{host}:{number}" if number and number not in _DEFAULT_PORTS else host


def _nonempty(host: str) -> Iterator[str]:
    if host:
        yield host
