"""Whether what came out of the queue is a message of ours. Pure but for the list of tasks.

Anybody who may write to Redis may write anything there, and Celery's worker ends, or fails at length, over much of it.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

Tasks = Mapping[str, Any]


def problem(raw: bytes, tasks: Tasks) -> str:
    """Why this is no message of ours, in words that quote nothing of it but a task's name; empty where it is one."""
    envelope = _json(raw)
    if not isinstance(envelope, dict):
        return "it is no JSON object"
    properties, headers = envelope.get("properties"), envelope.get("headers")
    if not isinstance(properties, dict) or not isinstance(headers, dict):
        return "it has no headers or no properties"
    place = properties.get("delivery_info")
    if not isinstance(properties.get("delivery_tag"), str) or not isinstance(place, dict):
        return "it has no delivery tag or no delivery information"
    if not all(isinstance(place.get(name), str) for name in ("exchange", "routing_key")):
        return "its delivery information names no exchange or no routing key"
    if (envelope.get("content-type"), envelope.get("content-encoding")) != ("application/json", "utf-8"):
        return "its body is not declared as JSON in UTF-8"
    return _problem_of_headers(headers) or _problem_of_task(headers, envelope.get("body"), properties, tasks)


def _problem_of_headers(headers: Mapping[str, Any]) -> str:
    """Headers that Celery reads before it looks whether it can."""
    number = (int, float)
    kinds: dict[str, tuple[type, ...]] = {
        "id": (str,),
        "task": (str,),
        "eta": (str, type(None)),
        "expires": (str, *number, type(None)),
        "retries": (int, type(None)),
        "root_id": (str, type(None)),
        "parent_id": (str, type(None)),
        "group": (str, type(None)),
        "compression": (type(None),),
    }
    for name, kind in kinds.items():
        if not isinstance(headers.get(name), kind):
            return f"its header {name} is missing or of the wrong kind"
    match headers.get("timelimit"):
        case None | [int() | float() | None, int() | float() | None]:
            return ""
    return "its header timelimit is of the wrong kind"


def _problem_of_task(headers: Mapping[str, Any], body: Any, properties: Mapping[str, Any], tasks: Tasks) -> str:
    name = headers["task"]
    if name not in tasks:
        shown = "".join(char if char.isprintable() else "?" for char in name[:60])
        return f"there is no task {shown!r}"
    decoded = _json(_body(body, properties.get("body_encoding")))
    match decoded:
        case [list() as arguments, dict() as named, dict() as embedded]:
            pass
        case _:
            return f"its body holds no arguments for {name}"
    if any(embedded.values()):
        return f"its body wants more to be done after {name}"
    try:
        tasks[name].__header__(*arguments, **named)
    except TypeError:
        return f"its arguments do not fit {name}"
    return ""


def _body(body: Any, encoding: Any) -> bytes:
    if not isinstance(body, str):
        return b""
    if encoding is None:
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True) if encoding == "base64" else b""
    except ValueError:
        return b""


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
