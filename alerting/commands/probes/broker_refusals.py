"""Why Redis cannot be used: it is away, or it answers and refuses us; each cause with the one next step. Pure."""

import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from kombu.exceptions import OperationalError
from redis import exceptions

VARIABLE = "CELERY_BROKER_URL"
AWAY = (
    f"Start it, or correct {VARIABLE}: without Redis nothing is scheduled. "
    f"(`alerting up` brings a server of its own where {VARIABLE} is not set.)"
)
TLS_ADVICE = f"Begin {VARIABLE} with rediss:// where the server speaks TLS, and with redis:// where it does not."


def explain(error: Exception, place: str, url: str, said: str) -> tuple[str, str]:
    """What happened, and what to do. `said` is the error's text on one line, without secrets."""
    causes = list(_causes(error))
    # redis-py puts the command of a pipeline before the server's words.
    said = said.rpartition("caused error: ")[2].rstrip(".")
    user = _user(url)
    if "NOAUTH" in said or "Authentication required" in said:
        return f"{place} wants a password", f"Put it into {VARIABLE}: redis://:password@host:6379/0."
    if "without any password configured" in said:
        return (
            f"{place} has no password set, and {VARIABLE} holds one",
            f"Leave it out of {VARIABLE}, or set requirepass there.",
        )
    if any(isinstance(cause, exceptions.NoPermissionError) for cause in causes) or "NOPERM" in said:
        what = f"{place} lets the user {user} in, but not do everything a queue needs ({said})"
        return what, f"Give the user of {VARIABLE} all commands on all keys and channels: +@all ~* &*."
    if any(isinstance(cause, exceptions.AuthenticationError) for cause in causes) or "WRONGPASS" in said:
        return (
            f"{place} refuses the login of the user {user}: wrong password, or no such user",
            f"Correct user and password in {VARIABLE}; it runs, so do not start another.",
        )
    if any(isinstance(cause, exceptions.ReadOnlyError) for cause in causes):
        return f"{place} is a read-only replica: nothing can be queued there", f"Set {VARIABLE} to the primary."
    if any(isinstance(cause, exceptions.OutOfMemoryError) for cause in causes):
        return f"{place} is full and takes nothing more", "Raise its maxmemory, or make room in it."
    if any(isinstance(cause, exceptions.BusyLoadingError) for cause in causes):
        return f"{place} is still loading its data", "Wait until it has; nothing is lost meanwhile."
    if "DB index is out of range" in said or "invalid DB index" in said:
        return f"{place} has no database {urlsplit(url).path.strip('/')}", f"Choose another number in {VARIABLE}."
    return _connection(causes, place, url, said)


def _connection(causes: list[BaseException], place: str, url: str, said: str) -> tuple[str, str]:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = str(cause.verify_message or "not verified")[:120]
            advice = "If it is your own authority's, name a file with its certificate in SSL_CERT_FILE."
            return f"the TLS certificate of {place} is not trusted ({why})", advice
        if isinstance(cause, ssl.SSLError):
            return f"{place} does not speak TLS as {VARIABLE} asks ({_reason(cause)})", TLS_ADVICE
        if isinstance(cause, socket.gaierror):
            return f"the name of {place} could not be resolved", f"Correct {VARIABLE}."
    closed = any(isinstance(cause, ConnectionResetError | exceptions.ConnectionError) for cause in causes)
    if closed and re.search(r"closed by server|reset by peer", said, re.IGNORECASE):
        return f"{place} takes the connection and closes it again", TLS_ADVICE
    if url.startswith("rediss") and any(isinstance(cause, TimeoutError | exceptions.TimeoutError) for cause in causes):
        return f"{place} does not begin a TLS conversation", TLS_ADVICE
    return f"{place} does not answer: {said}", AWAY


def _user(url: str) -> str:
    try:
        return urlsplit(url).username or "default"
    except ValueError:
        return "default"


def _reason(error: ssl.SSLError) -> str:
    return str(error.reason or "no TLS").replace("_", " ").lower()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from; kombu wraps redis, which wraps the socket's."""
    seen: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in seen:
        seen.append(at)
        yield at
        inner = next((each for each in at.args if isinstance(each, BaseException)), None)
        at = at.__cause__ or (inner if isinstance(at, OperationalError) else None) or at.__context__
