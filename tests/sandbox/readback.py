"""An event as Sentry gives it back: the SDK's payload, rearranged into entries. Pure.

As `projects/{org}/{project}/events/{id}/` in sentry-docs. Nothing an SDK sent is left out, so that what is looked for
in the answer is looked for in all that was stored.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.sandbox.grouping import culprit, message_of, title_of
from tests.sandbox.store import Event


def event(stored: Event) -> dict[str, Any]:
    """The whole event."""
    payload = stored.payload
    is_transaction = payload.get("type") == "transaction"
    found: dict[str, Any] = {
        "id": stored.id,
        "eventID": stored.id,
        "groupID": str(stored.issue.id) if stored.issue else None,
        "projectID": str(stored.project.id),
        "projectSlug": stored.project.slug,
        "title": title_of(payload),
        "message": message_of(payload),
        "location": None,
        "culprit": culprit(payload),
        "type": "transaction" if is_transaction else "error" if payload.get("exception") else "default",
        "metadata": stored.issue.metadata if stored.issue else {"title": title_of(payload)},
        "platform": payload.get("platform", "other"),
        "size": stored.size,
        "dateReceived": _iso(stored.received),
        "dateCreated": _iso(stored.at),
        "user": payload.get("user"),
        "tags": _tags(payload),
        "contexts": payload.get("contexts") or {},
        "context": payload.get("extra") or {},
        "entries": _entries(payload),
        "packages": payload.get("modules") or {},
        "sdk": payload.get("sdk"),
        "fingerprints": list(stored.fingerprints),
        "release": {"version": payload["release"]} if payload.get("release") else None,
        "dist": payload.get("dist"),
        "errors": [],
        "crashFile": None,
        "userReport": None,
        "previousEventID": None,
        "nextEventID": None,
        "groupingConfig": {"id": "sandbox:2026"},
        "_meta": payload.get("_meta") or {},
    }
    if is_transaction:
        found["startTimestamp"] = payload.get("start_timestamp")
        found["endTimestamp"] = payload.get("timestamp")
        found["measurements"] = payload.get("measurements")
    return found


def _entries(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if payload.get("exception"):
        chain = [_exception(one) for one in _values(payload["exception"])]
        found.append({"type": "exception", "data": {"values": chain, "hasSystemFrames": False, "excOmitted": None}})
    if payload.get("threads"):
        found.append({"type": "threads", "data": {"values": _values(payload["threads"])}})
    if payload.get("logentry") or payload.get("message"):
        entry = payload.get("logentry") or {"formatted": payload["message"]}
        found.append({"type": "message", "data": entry})
    if payload.get("breadcrumbs"):
        found.append({"type": "breadcrumbs", "data": {"values": _values(payload["breadcrumbs"])}})
    if payload.get("request"):
        found.append({"type": "request", "data": payload["request"]})
    if payload.get("spans"):
        found.append({"type": "spans", "data": payload["spans"]})
    return found


def _exception(one: Mapping[str, Any]) -> dict[str, Any]:
    trace = one.get("stacktrace") or {}
    frames = [_frame(frame) for frame in trace.get("frames") or []]
    return {
        "type": one.get("type"),
        "value": one.get("value"),
        "module": one.get("module"),
        "mechanism": one.get("mechanism"),
        "threadId": one.get("thread_id"),
        "rawStacktrace": None,
        "stacktrace": {"frames": frames, "framesOmitted": None, "registers": None, "hasSystemFrames": True},
    }


def _frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    number = frame.get("lineno") or 0
    before, after = frame.get("pre_context") or [], frame.get("post_context") or []
    lines = [*before, frame.get("context_line"), *after]
    return {
        "filename": frame.get("filename"),
        "absPath": frame.get("abs_path"),
        "module": frame.get("module"),
        "function": frame.get("function"),
        "lineNo": number,
        "colNo": None,
        "inApp": bool(frame.get("in_app")),
        "context": [[number - len(before) + offset, line] for offset, line in enumerate(lines) if line is not None],
        "vars": frame.get("vars"),
        "errors": None,
    }


def _tags(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = payload.get("tags") or {}
    pairs = list(given.items()) if isinstance(given, Mapping) else [tuple(pair) for pair in given]
    named = ("environment", "level", "release", "server_name", "transaction", "logger")
    pairs += [(name, payload[name]) for name in named if payload.get(name)]
    return [{"key": str(key), "value": value} for key, value in sorted(pairs, key=lambda pair: str(pair[0]))]


def _values(found: Any) -> list[Any]:
    values = found.get("values") if isinstance(found, Mapping) else found
    return list(values or [])


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat() + "Z"
