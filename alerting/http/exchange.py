"""One HTTP exchange, for whoever asks: Sentry, Slack, the dead man's switch. The time for the whole of it is limited.

`asyncio.timeout` bounds all of an exchange at once: the name lookup, a proxy, TLS, and a server that sends a byte now
and then. Redirects are not followed, TLS is verified, http:// is for this machine only, no cookie is kept.
"""

import asyncio
import os
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx

from alerting.config_values import check_url
from alerting.errors import HttpError, HttpFault
from alerting.http import connection_errors, connections, event_loop, proxies
from alerting.http.certificates import CertificateMistakeError
from alerting.http.proxies import Proxy, ProxyMistakeError
from alerting.rules.units import counted

# What is kept of an answer that is no success, or whose text nobody needs.
EXCERPT_BYTES = 64 * 1024

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, body decoded. Header names are lower case. Bodies of failures are cut to 64 kB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Bearer(httpx.Auth):
    """A token, put on a request at the last moment and shown nowhere."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request

    def hide(self, text: str) -> str:
        """The text without the token."""
        return text.replace(self._token, "[token]") if self._token else text

    def __repr__(self) -> str:
        return "Bearer([token])"


def get(
    url: str, params: Params = (), *, seconds: float, auth: Bearer | None = None, max_bytes: int | None = None
) -> Reply:
    """GET within `seconds`; raises HttpError.

    A success of more than `max_bytes` is an error; None keeps the beginning of any answer and leaves the rest unread.
    """
    request = httpx.Request("GET", url, params=params or None, headers=_HEADERS)
    return _exchange(request, seconds, auth, max_bytes)


def post(url: str, content: bytes, headers: Mapping[str, str], *, seconds: float) -> Reply:
    """POST within `seconds`, on a connection of its own, which cannot turn out to be closed; raises HttpError."""
    own = {**_HEADERS, **headers, "Connection": "close"}
    return _exchange(httpx.Request("POST", url, content=content, headers=own), seconds, None, None)


_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "sentry-alerting"}


@dataclass(slots=True)
class _Progress:
    """How far an exchange has come: whether it opened a connection of its own, and whether that stands."""

    proxy: Proxy | None
    opened: bool = False
    connected: bool = True

    async def trace(self, event: str, _: Mapping[str, Any]) -> None:
        if event.endswith("connect_tcp.started"):
            self.opened, self.connected = True, False
        elif event.endswith("connect_tcp.complete"):
            self.connected = True


def _exchange(request: httpx.Request, seconds: float, auth: Bearer | None, max_bytes: int | None) -> Reply:
    host = urlsplit(str(request.url)).netloc.rpartition("@")[2]
    progress = _Progress(None)
    login = auth or httpx.BasicAuth(request.url.username, request.url.password) if request.url.userinfo else auth
    if login is not None:
        next(login.sync_auth_flow(request))
    request.extensions |= {"trace": progress.trace, "timeout": connections.TIMEOUT.as_dict()}
    try:
        check_url(str(request.url))
        progress.proxy = proxies.proxy_for(str(request.url), os.environ)
        pool = connections.through(progress.proxy, is_tls=request.url.scheme == "https")
        return event_loop.run(_within(seconds, partial(_once, pool, request, auth, max_bytes), progress))
    except TimeoutError:
        through = f" (through the proxy {progress.proxy})" if progress.proxy else ""
        length = counted(round(seconds), "second")
        said = f"{host}{through} did not answer in full within {length}."
        problem = HttpError(HttpFault.TIMEOUT, said)
    except ProxyMistakeError as error:
        problem = HttpError(HttpFault.PROXY, f"{error}.")
    except CertificateMistakeError as error:
        problem = HttpError(HttpFault.CERTIFICATE, f"{error}.")
    except ValueError:
        problem = HttpError(HttpFault.UNREACHABLE, f"{host} is not asked: only https:// is, and loopback hosts.")
    except httpx.HTTPError as error:
        found = connection_errors.named(error, host, progress.proxy, progress.connected)
        problem = HttpError(found.fault, auth.hide(str(found)) if auth else str(found))
    except zlib.error:
        problem = HttpError(HttpFault.GARBLED, f"{host} sent a body whose compression is broken.")
    # Raised outside of the handlers: as its context a library's exception would travel along, headers and all.
    raise problem


async def _within(seconds: float, once: Callable[[], Awaitable[Reply]], progress: _Progress) -> Reply:
    async with asyncio.timeout(seconds):
        try:
            return await once()
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # An idle connection may have been closed by the other side just as we took it up again.
            if progress.opened:
                raise
            return await once()


async def _once(
    pool: httpx.AsyncHTTPTransport, request: httpx.Request, auth: Bearer | None, max_bytes: int | None
) -> Reply:
    response = await pool.handle_async_request(request)
    try:
        whole = max_bytes is not None and response.status_code == httpx.codes.OK
        limit = max_bytes if whole and max_bytes is not None else EXCERPT_BYTES
        body = await _read(response, request.url.host, limit, whole)
    finally:
        await response.aclose()
    if len(body) > limit and whole:
        size = f"more than {limit // 1024} kB"
        raise HttpError(HttpFault.TOO_LARGE, f"{request.url.host} sent {size} in one answer; not read.")
    hide = auth.hide if auth else str
    if not whole:
        body = hide(body.decode("utf-8", "replace")).encode()
    headers = {name.lower(): hide(value) for name, value in response.headers.items()}
    return Reply(response.status_code, headers, body[:limit])


async def _read(response: httpx.Response, host: str, limit: int, whole: bool) -> bytes:
    """The decoded body, at most one byte more than `limit`: decompression stops there too."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip"}:
        problem = f"{host} compressed its answer in a way nobody asked for."
        raise HttpError(HttpFault.GARBLED, problem)
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if coding == "gzip" else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        room = limit + 1 - len(body)
        body += unpacker.decompress(chunk, room) if unpacker else chunk[:room]
        if len(body) > limit:
            break
    else:
        if whole and unpacker and body and not unpacker.eof:
            raise HttpError(HttpFault.GARBLED, f"{host} broke off in the middle of its answer.")
    return bytes(body)
