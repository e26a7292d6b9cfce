"""The door through which SDKs send: `/api/<project id>/envelope/`, with a DSN's key, compressed or not.

Item types, sampling headers and refusals as in Sentry's develop docs (Envelopes, Dynamic Sampling Context) and Relay.
"""

import json
import re
import uuid
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox import grouping
from tests.sandbox.params import moment
from tests.sandbox.records import EnvelopeItem
from tests.sandbox.sentry import SentryPart
from tests.sandbox.store import Errors, Event, Project, Transactions

MISSING_KEY = "missing authorization information"
# What an SDK compresses with where no Brotli is installed, in the words of zlib.
WINDOW_BITS = {"": 0, "gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
WRONG_PROJECT = "event submission rejected with_reason: ProjectId"

Headers = Mapping[str, Any]


class Unreadable(Exception):  # noqa: N818  the sender's mistake, told to the sender
    """The envelope cannot be read; the message says why."""


def route(sentry: SentryPart) -> Route:
    """The endpoint."""

    async def receive(request: Request) -> Response:
        try:
            body = _unpacked(await request.body(), request.headers.get("content-encoding", ""))
            headers, items = _parsed(body)
        except Unreadable as error:
            return JSONResponse({"detail": "bad envelope", "causes": [str(error)]}, 400)
        sentry.envelopes.add(body)
        key = _key(request)
        if key is None:
            return JSONResponse({"detail": MISSING_KEY}, 401)
        project = sentry.store.project(request.path_params["project"])
        if project is None or key != project.key:
            return JSONResponse({"detail": WRONG_PROJECT}, 403)
        for item_headers, payload in items:
            _take(sentry, project, headers, item_headers, payload)
        return JSONResponse({"id": headers["event_id"]} if headers.get("event_id") else {})

    return Route("/api/{project:int}/envelope/", receive, methods=["POST"])


def _take(sentry: SentryPart, project: Project, envelope: Headers, item: Headers, raw: bytes) -> None:
    kind = str(item.get("type") or "")
    payload = _decoded(raw)
    now = sentry.clock()
    sentry.events.add(EnvelopeItem(now, project.slug, kind, dict(item), payload))
    match kind:
        case "event" if isinstance(payload, dict):
            _store_error(sentry, project, payload, now)
        case "transaction" if isinstance(payload, dict):
            _store_transaction(sentry, project, payload, now, _sample_rate(envelope))


def _store_error(sentry: SentryPart, project: Project, payload: dict[str, Any], now: datetime) -> None:
    at, environment = _time(payload.get("timestamp"), now), _environment(payload)
    name, level, kind = grouping.title_of(payload), grouping.level_of(payload), grouping.type_of(payload)
    issue = sentry.store.issue(
        project,
        grouping.fingerprint(payload),
        title=name,
        culprit=grouping.culprit(payload),
        level=level,
        type=kind,
    )
    sentry.store.add_errors(Errors(at, project.id, environment, 1, level, name, issue.id, kind))
    sentry.store.keep(Event(_event_id(payload), project, payload, issue))


def _store_transaction(
    sentry: SentryPart, project: Project, payload: dict[str, Any], now: datetime, sample_rate: float
) -> None:
    at = _time(payload.get("timestamp"), now)
    duration_ms = max(0.0, at - _time(payload.get("start_timestamp"), now)) * 1000
    name = str(payload.get("transaction") or "")
    sentry.store.add_transactions(
        Transactions(at, project.id, _environment(payload), 1 / sample_rate, 1, duration_ms, name)
    )
    sentry.store.keep(Event(_event_id(payload), project, payload, None))


def _sample_rate(envelope: Headers) -> float:
    """The client's share, from the envelope's sampling context, else 1."""
    try:
        rate = float(str((envelope.get("trace") or {}).get("sample_rate")))
    except ValueError:
        return 1.0
    return rate if 0 < rate <= 1 else 1.0


def _parsed(body: bytes) -> tuple[dict[str, Any], list[tuple[dict[str, Any], bytes]]]:
    first, _, rest = body.partition(b"\n")
    return _header_line(first, "envelope"), list(_items(rest))


def _items(rest: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        if not line.strip():
            continue
        headers = _header_line(line, "item")
        length = headers.get("length")
        if isinstance(length, int):
            if length > len(rest):
                raise Unreadable("unexpected end of file")
            payload, rest = rest[:length], rest[length:].removeprefix(b"\n")
        else:
            payload, _, rest = rest.partition(b"\n")
        yield headers, payload


def _header_line(line: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        raise Unreadable(f"invalid {what} header") from None
    if not isinstance(found, dict):
        raise Unreadable(f"invalid {what} header")
    return found


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding not in WINDOW_BITS:
        raise Unreadable(f"the sandbox does not read content-encoding {encoding}")
    if not encoding:
        return body
    stream = zlib.decompressobj(WINDOW_BITS[encoding])
    try:
        found = stream.decompress(body, SentryPart.most_bytes)
    except zlib.error as error:
        raise Unreadable(f"content-encoding {encoding}: {error}") from None
    if stream.unconsumed_tail:
        raise Unreadable("envelope exceeds the size limit")
    return found


def _key(request: Request) -> str | None:
    """The DSN's public key, from the header that every SDK sends."""
    told = re.search(r"sentry_key\s*=\s*([0-9a-zA-Z]+)", request.headers.get("x-sentry-auth", ""))
    return told[1] if told else None


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _time(told: Any, now: datetime) -> float:
    found = moment(str(told).replace("Z", "+00:00")) if told is not None else None
    return now.astimezone(UTC).timestamp() if found is None else found


def _environment(payload: Headers) -> str:
    return str(payload.get("environment") or "")


def _event_id(payload: Headers) -> str:
    return str(payload.get("event_id") or uuid.uuid4().hex).replace("-", "").lower()
