"""Keeps a Celery task's positional arguments out of its event.

Celery's own frames hold them as `args` and inside the request's text, where a value has no name to be judged by. The
SDK leaves them out of the task's description for the same reason; in the task's own frame they stand under their names.
"""

from collections.abc import Mapping
from typing import Any

# What the SDK itself puts where it leaves the arguments of a task out.
_FILTERED = "[Filtered]"
_CARRIERS = frozenset({"args", "kwargs", "req", "request", "task_request", "message", "body"})


def without_task_arguments(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event with those variables of Celery's frames replaced; the same object where there are none."""
    section = event.get("exception")
    values = section.get("values") if isinstance(section, Mapping) else None
    if not isinstance(section, Mapping) or not isinstance(values, list):
        return event
    if not any(_is_celery(frame) for value in values for frame in _frames(value)):
        return event
    return {**event, "exception": {**section, "values": [_cleaned(value) for value in values]}}


def _cleaned(exception: Any) -> Any:
    frames = _frames(exception)
    if not frames:
        return exception
    cleaned = [_without_carriers(frame) if _is_celery(frame) else frame for frame in frames]
    return {**exception, "stacktrace": {**exception["stacktrace"], "frames": cleaned}}


def _without_carriers(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    variables = frame.get("vars")
    if not isinstance(variables, Mapping):
        return frame
    kept = {name: _FILTERED if name in _CARRIERS else value for name, value in variables.items()}
    return {**frame, "vars": kept}


def _frames(exception: Any) -> list[Any]:
    stacktrace = exception.get("stacktrace") if isinstance(exception, Mapping) else None
    frames = stacktrace.get("frames") if isinstance(stacktrace, Mapping) else None
    return frames if isinstance(frames, list) else []


def _is_celery(frame: Any) -> bool:
    return isinstance(frame, Mapping) and str(frame.get("module")).partition(".")[0] == "celery"
