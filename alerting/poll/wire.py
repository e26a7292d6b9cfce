"""One HTTP exchange under a wall-clock limit: no other side can drip, hang or swell for longer than we allow.

httpx limits each read, not the whole; a server that sends one byte a second is never too slow for it. So its transport
is ours: the network stream below it cuts every operation to what is left of the exchange.
"""

import os
import ssl
import threading
import time
import urllib.request
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from alerting.errors import SourceError, SourceFault

CONNECT_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 75.0
MAX_BYTES = 20 * 1024 * 1024
ERROR_BYTES = 64 * 1024

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, body decoded. Header names are lower case. Bodies of failures are cut to 64 kB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Bearer(httpx.Auth):
    """The token, put on a request at the last moment and shown nowhere."""

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


class Wire:
    """Connections of this process, opened when first needed and anew after a fork."""

    def __init__(self, auth: Bearer, *, max_bytes: int = MAX_BYTES) -> None:
        self._auth = auth
        self._max_bytes = max_bytes
        self._clock = _Clock()
        self._http: httpx.Client | None = None
        self._pid = 0

    def get(self, url: str, params: Params, seconds: float) -> Reply:
        """GET within `seconds`; raises SourceError UNREACHABLE, TIMEOUT, GARBLED or TOO_LARGE, never follows."""
        self._clock.start(seconds)
        host = urlsplit(url).netloc
        try:
            try:
                return self._exchange(url, params)
            except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
                # An idle connection may have been closed by the other side just as we took it up again.
                if self._clock.connected:
                    raise
                return self._exchange(url, params)
        except httpcore.TimeoutException:
            problem = SourceError(SourceFault.TIMEOUT, f"{host} did not answer in full within {seconds:.0f} seconds.")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, OSError) as error:
            problem = SourceError(SourceFault.UNREACHABLE, self._auth.hide(_unreachable(host, error)))
        except zlib.error:
            problem = SourceError(SourceFault.GARBLED, f"{host} sent a body whose compression is broken.")
        # Raised outside of the handlers: as its context a library's exception would travel along, headers and all.
        raise problem

    def _exchange(self, url: str, params: Params) -> Reply:
        with self._client().stream("GET", url, params=params, auth=self._auth) as response:
            good = response.status_code == httpx.codes.OK
            limit = self._max_bytes if good else ERROR_BYTES
            body = _read(response, limit)
            if len(body) > limit and good:
                size = f"more than {limit // 1024} kB"
                raise SourceError(SourceFault.TOO_LARGE, f"{response.url.host} sent {size} in one answer; not read.")
            if not good:
                body = self._auth.hide(body.decode("utf-8", "replace")).encode()
            headers = {name.lower(): self._auth.hide(value) for name, value in response.headers.items()}
            return Reply(response.status_code, headers, body[:limit])

    def _client(self) -> httpx.Client:
        # No lock: one held by another thread at the moment of a fork would never be released in the child.
        if self._http is None or self._pid != os.getpid():
            self._http = httpx.Client(
                transport=_Transport(self._clock),
                timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "sentry-alerting"},
                follow_redirects=False,
            )
            self._pid = os.getpid()
        return self._http


class _Clock(threading.local):
    """When this thread's exchange must be over, and whether it has opened a connection of its own."""

    ends = 0.0
    connected = False

    def start(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self.connected = False

    def left(self, kind: type[httpcore.TimeoutException], most: float | None = None) -> float:
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise kind
        return seconds if most is None else min(seconds, most)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(httpcore.ReadTimeout, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(httpcore.WriteTimeout, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._clock.left(httpcore.ConnectTimeout, timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def __init__(self, clock: _Clock) -> None:
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self._clock.connected = True
        left = self._clock.left(httpcore.ConnectTimeout, timeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options), self._clock)


class _Transport(httpx.BaseTransport):
    """httpx's own transport in short, with our streams below it, and a proxy from the environment where one is set."""

    def __init__(self, clock: _Clock) -> None:
        tls = httpx.create_ssl_context()
        backend = _Backend(clock)
        self._direct = httpcore.ConnectionPool(tls, keepalive_expiry=KEEP_ALIVE_SECONDS, network_backend=backend)
        self._proxied = None
        if address := urllib.request.getproxies().get("https"):
            proxy = httpx.Proxy(address)
            self._proxied = httpcore.HTTPProxy(
                str(proxy.url),
                proxy_auth=proxy.raw_auth,
                ssl_context=tls,
                keepalive_expiry=KEEP_ALIVE_SECONDS,
                network_backend=backend,
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        inner = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            extensions=request.extensions,
        )
        response = self._pool(url).handle_request(inner)
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def _pool(self, url: httpx.URL) -> httpcore.ConnectionPool:
        # Plain http means loopback (config.py lets nothing else pass), and that is no matter for a proxy.
        if self._proxied is None or url.scheme != "https" or urllib.request.proxy_bypass(url.host):
            return self._direct
        return self._proxied

    def close(self) -> None:
        self._direct.close()
        if self._proxied is not None:
            self._proxied.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def _read(response: httpx.Response, limit: int) -> bytes:
    """The decoded body, at most one byte more than `limit`: decompression stops there too."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip"}:
        problem = f"{response.url.host} compressed its answer in a way nobody asked for."
        raise SourceError(SourceFault.GARBLED, problem)
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if coding == "gzip" else None
    body = bytearray()
    for chunk in response.iter_raw():
        room = limit + 1 - len(body)
        body += unpacker.decompress(chunk, room) if unpacker else chunk[:room]
        if len(body) > limit:
            break
    else:
        if unpacker and body and not unpacker.eof:
            raise SourceError(SourceFault.GARBLED, f"{response.url.host} broke off in the middle of its answer.")
    return bytes(body)


def _unreachable(host: str, error: Exception) -> str:
    text = " ".join(str(error).split())[:200] or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return (
            f"The TLS certificate of {host} is not trusted ({text}). If it is your own authority's, name its file in "
            "SSL_CERT_FILE."
        )
    if isinstance(error, httpcore.ConnectError):
        return f"{host} cannot be reached ({text}). Check SENTRY_URL and the network."
    return f"The connection to {host} broke off ({text})."
