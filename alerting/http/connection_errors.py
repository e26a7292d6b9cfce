"""What an exchange that ended without an answer is called, and what people are told about it. Pure."""

import socket
import ssl
from collections.abc import Iterator

import httpx

from alerting.errors import HttpError, HttpFault
from alerting.http.certificates import OWN_AUTHORITY
from alerting.http.proxies import Proxy


def named(error: httpx.HTTPError, host: str, proxy: Proxy | None, connected: bool) -> HttpError:
    """The error for what httpx raised. `connected` tells whether a connection stood (to the proxy, where there is one).

    The proxy is shown without its user and password.
    """
    causes = list(_causes(error))
    through = f" through the proxy {proxy}" if proxy else ""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = str(cause.verify_message or "not verified")[:120]
            said = f"The TLS certificate of {host}{through} is not trusted ({why}). {OWN_AUTHORITY}"
            return HttpError(HttpFault.CERTIFICATE, said)
        if isinstance(cause, ssl.SSLError):
            return HttpError(HttpFault.TLS, f"The TLS conversation with {host}{through} failed ({_text(cause)}).")
    if proxy is not None and (isinstance(error, httpx.ProxyError) or not connected):
        return HttpError(HttpFault.PROXY, _proxy_problem(error, causes, host, proxy))
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return HttpError(HttpFault.DNS, f"{host} cannot be reached: its name could not be resolved.")
        if isinstance(cause, ConnectionRefusedError):
            return HttpError(HttpFault.REFUSED, f"{host} cannot be reached: it refused the connection.")
    if isinstance(error, httpx.TimeoutException):
        return HttpError(HttpFault.TIMEOUT, f"{host}{through} took no connection in time.")
    if not connected:
        return HttpError(HttpFault.UNREACHABLE, f"{host} cannot be reached ({_text(causes[-1])}).")
    return HttpError(HttpFault.LOST, f"The connection to {host}{through} broke off ({_text(error)}).")


def _proxy_problem(error: httpx.HTTPError, causes: list[BaseException], host: str, proxy: Proxy) -> str:
    name = f"The proxy {proxy}, which {proxy.variable} names,"
    said = _text(error)
    if not isinstance(error, httpx.ProxyError):
        if isinstance(error, httpx.TimeoutException):
            return f"{name} took no connection in time."
        unknown = any(isinstance(cause, socket.gaierror) for cause in causes)
        return f"{name} cannot be reached: {'its name could not be resolved' if unknown else _text(causes[-1])}."
    if said.startswith("407") or "username/password" in said or "from proxy server, but got" in said:
        return f"{name} does not accept our login for {host} ({said}): put user and password into its URL."
    return f"{name} refuses to connect us to {host} ({said})."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it came from, and so on; of several at once (one per address) the last."""
    seen: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in seen:
        seen.append(at)
        yield at
        at = at.exceptions[-1] if isinstance(at, BaseExceptionGroup) else at.__cause__ or at.__context__


def _text(error: BaseException) -> str:
    text = "".join(char if char.isprintable() else " " for char in str(error))
    return " ".join(text.split())[:200].rstrip(".") or type(error).__name__
