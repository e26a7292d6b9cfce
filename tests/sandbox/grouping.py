"""Which issue an event belongs to, by its fingerprint or, without one, as Sentry would roughly do it. Pure."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")
LEVELS = frozenset({"fatal", "error", "warning", "info", "debug"})
VARYING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|\d+", re.IGNORECASE)


def fingerprint(payload: Mapping[str, Any]) -> str:
    """The md5 that names the group."""
    given = [str(part) for part in payload.get("fingerprint") or ["{{ default }}"]]
    parts = [_default(payload) if DEFAULT.fullmatch(part.strip()) else part for part in given]
    return hashlib.md5("\0".join(parts).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def title_of(payload: Mapping[str, Any]) -> str:
    """As the issue list shows it: type and value of the last exception, else the message, else the transaction."""
    last = exception(payload)
    if last:
        value = str(last.get("value") or "").split("\n")[0]
        return f"{last.get('type') or 'Error'}: {value}" if value else str(last.get("type") or "Error")
    return message_of(payload).split("\n")[0] or str(payload.get("transaction") or "<unlabeled event>")


def message_of(payload: Mapping[str, Any]) -> str:
    entry = payload.get("logentry") or {}
    found = payload.get("message") or entry.get("formatted") or entry.get("message")
    return str(found or "")


def culprit(payload: Mapping[str, Any]) -> str:
    """Where it came from: the transaction, else the innermost frame of the application's own code."""
    if payload.get("transaction"):
        return str(payload["transaction"])
    frames = _frames(payload)
    if not frames:
        return ""
    return f"{frames[-1].get('module') or frames[-1].get('filename') or '?'} in {frames[-1].get('function') or '?'}"


def exception(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The last of a chain: the one that was raised to the top."""
    found = payload.get("exception") or {}
    values = found.get("values") if isinstance(found, Mapping) else found
    return values[-1] if values else None


def type_of(payload: Mapping[str, Any]) -> str:
    """As Relay infers it: what has an exception is an error."""
    return "error" if exception(payload) else "default"


def level_of(payload: Mapping[str, Any]) -> str:
    """An event without a level, or with one that nobody knows, is an error."""
    level = str(payload.get("level") or "").lower()
    return level if level in LEVELS else "error"


def _default(payload: Mapping[str, Any]) -> str:
    last = exception(payload)
    if last is None:
        return VARYING.sub("<n>", message_of(payload) or title_of(payload))
    frames = [f"{frame.get('module')}.{frame.get('function')}" for frame in _frames(payload)]
    return "\0".join([str(last.get("type")), *(frames or [VARYING.sub("<n>", str(last.get("value") or ""))])])


def _frames(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    trace = (exception(payload) or {}).get("stacktrace") or {}
    frames = list(trace.get("frames") or [])
    return [frame for frame in frames if frame.get("in_app")] or frames
