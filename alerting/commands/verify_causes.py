"""Why nothing that `alerting verify` sent can be read: refused, not trusted, no such path in the API, not there yet."""

import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from alerting.errors import HttpError, HttpFault, SourceError
from alerting.http import exchange
from alerting.http.exchange import Reply
from alerting.poll.replies import detail

SECONDS = 10.0
KEYS = "Compare SENTRY_DSN with the project's Settings → Client Keys (DSN)."
STEPS = {
    404: "SENTRY_DSN leads to something that takes no events; compare it with the project's client keys.",
    429: "A quota or rate limit is used up: wait, or raise it.",
}


def cause(url: str, dsn: str, dropped: Sequence[str], unreadable: SourceError | None, waited: float) -> str:
    """One sentence with the next step. `dropped`: why the SDK lost all events; `unreadable`: why none can be read."""
    if dropped and (refused := _refused(dsn, dropped)):
        return f"Nothing came through: {refused}"
    if unreadable is not None:
        return (
            f"Nothing could be read back: the API of {url} has no such path, as with Bugsink. It takes events, but "
            "nobody can check there what became of them; look at them in its own pages."
        )
    host, asked = urlsplit(dsn).hostname or "", urlsplit(url).hostname or ""
    said = f"Nothing came through yet: {host} took the events, but within {waited:.0f} s none could be read"
    if host.endswith(asked) or asked.endswith(host):
        return f"{said}. Try again with --timeout 300; if that does not help either, see whether its workers run."
    return f"{said} at {asked}. Is that the same Sentry? SENTRY_DSN and SENTRY_URL name different hosts."


def _refused(dsn: str, dropped: Sequence[str]) -> str:
    """Ask once more with an empty envelope: the SDK tells the kind of refusal, not the words. Empty if it is taken."""
    host = urlsplit(dsn).netloc.rpartition("@")[2]
    try:
        reply = _knock(dsn)
    except HttpError as error:
        known = error.fault in {HttpFault.CERTIFICATE, HttpFault.PROXY}
        return f"{error}" if known else f"{error} Check SENTRY_DSN and the network."
    status = next((int(reason[7:]) for reason in dropped if reason.startswith("status_")), reply.status)
    if status < 300:
        return ""
    said = detail(reply) if reply.status == status else ""
    step = STEPS.get(status, "See its logs: it fails itself." if status >= 500 else KEYS)
    return f"{host} refuses the events ({status}{f': {said}' if said else ''}). {step}"


def _knock(dsn: str) -> Reply:
    parts = urlsplit(dsn)
    prefix, _, project = parts.path.rpartition("/")
    url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{prefix}/api/{project}/envelope/"
    headers = {
        "Content-Type": "application/x-sentry-envelope",
        "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=sentry-alerting, sentry_key={parts.username}",
    }
    return exchange.post(url, json.dumps({"dsn": dsn}).encode() + b"\n", headers, seconds=SECONDS)
