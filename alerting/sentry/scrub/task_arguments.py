"""Keeps a Celery task's positional arguments out of what is sent: a value has no name there to be judged by.

Celery's own frames hold them as `args` and inside the request's text, its worker logs them beside the task's id and
as the body of a message it cannot run, and older SDKs attach them to the task's event. In the task's own frame they
stand under their names.
"""

from collections.abc import Mapping
from typing import Any

# What the SDK itself puts where it leaves the arguments of a task out.
_FILTERED = "[Filtered]"
_PACKAGES = frozenset({"celery", "kombu"})
_LOGGED = frozenset({"args", "kwargs", "argsrepr", "kwargsrepr"})
_CARRIERS = _LOGGED | {"req", "request", "task_request", "message", "body", "payload"}
# The worker's messages about a delivery it cannot run: what they were told first is the task, the rest its content.
_BODY = "message body"
_PARAMETER = "sentry.message.parameter."


def without_task_arguments(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event, log or breadcrumb without them; the same object where there are none."""
    changed: dict[str, Any] = {}
    for name, clean in _CLEANED.items():
        if name in item and (cleaned := clean(item[name], item)) is not item[name]:
            changed[name] = cleaned
    return {**item, **changed} if changed else item


def _exception(section: Any, _item: Mapping[str, Any]) -> Any:
    values = section.get("values") if isinstance(section, Mapping) else None
    if not isinstance(section, Mapping) or not isinstance(values, list):
        return section
    if not any(_is_celery(frame) for value in values for frame in _frames(value)):
        return section
    return {**section, "values": [_of_exception(value) for value in values]}


def _of_exception(exception: Any) -> Any:
    frames = _frames(exception)
    if not frames:
        return exception
    cleaned = [_without_carriers(frame) if _is_celery(frame) else frame for frame in frames]
    return {**exception, "stacktrace": {**exception["stacktrace"], "frames": cleaned}}


def _without_carriers(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    variables = frame.get("vars")
    return {**frame, "vars": _filtered(variables, _CARRIERS)} if isinstance(variables, Mapping) else frame


def _extra(section: Any, item: Mapping[str, Any]) -> Any:
    if not isinstance(section, Mapping):
        return section
    job = section.get("celery-job")
    if isinstance(job, Mapping) and job.get("args"):
        section = {**section, "celery-job": _filtered(job, {"args"})}
    return _data(section, {"category": item.get("logger")})


def _breadcrumbs(section: Any, _item: Mapping[str, Any]) -> Any:
    values = section.get("values") if isinstance(section, Mapping) else None
    if not isinstance(section, Mapping) or not isinstance(values, list):
        return section
    # Most events carry many and none of these: the cheap question first.
    if not any(type(crumb) is dict and _is_of_celery(crumb.get("category")) for crumb in values):
        return section
    cleaned = [without_task_arguments(crumb) if isinstance(crumb, Mapping) else crumb for crumb in values]
    return {**section, "values": cleaned}


def _data(section: Any, crumb: Mapping[str, Any]) -> Any:
    """What the worker logs beside a task: a breadcrumb's data."""
    logged = section.get("data") if isinstance(section, Mapping) else None
    if not isinstance(logged, Mapping) or not _is_of_celery(crumb.get("category")):
        return section
    return {**section, "data": _filtered(logged, _LOGGED)}


def _message(text: Any, crumb: Mapping[str, Any]) -> Any:
    """A breadcrumb's text: the message it was made from is not known, so what follows the body's announcement goes."""
    if not isinstance(text, str) or _BODY not in text or not _is_of_celery(crumb.get("category")):
        return text
    return f"{text.partition(_BODY)[0]}{_BODY}: {_FILTERED}"


def _logentry(section: Any, event: Mapping[str, Any]) -> Any:
    template = section.get("message") if isinstance(section, Mapping) else None
    if not isinstance(template, str) or _BODY not in template or not _is_of_celery(event.get("logger")):
        return section
    given = section.get("params")
    parameters = [*given[:1], *(_FILTERED for _ in given[1:])] if isinstance(given, list) and len(given) > 1 else []
    return {**section, "params": parameters, "formatted": _formatted(template, parameters)}


def _attributes(section: Any, log: Mapping[str, Any]) -> Any:
    """A log's attributes: the parameters of its message, and what was logged beside it as one text."""
    if not isinstance(section, Mapping) or not _is_of_celery(section.get("logger.name")):
        return section
    told = str(section.get("sentry.message.template") or log.get("body"))
    names = {name for name in section if name in {"data", *(f"{_PARAMETER}{one}" for one in _LOGGED)}}
    if _BODY in told:
        names |= {name for name in section if str(name).startswith(_PARAMETER) and name != f"{_PARAMETER}0"}
    return _filtered(section, names) if names else section


def _log_body(text: Any, log: Mapping[str, Any]) -> Any:
    attributes = log.get("attributes")
    logger = attributes.get("logger.name") if isinstance(attributes, Mapping) else None
    return _message(text, {"category": logger})


_CLEANED = {
    "exception": _exception,
    "extra": _extra,
    "logentry": _logentry,
    "breadcrumbs": _breadcrumbs,
    "data": _data,
    "message": _message,
    "attributes": _attributes,
    "body": _log_body,
}


def _formatted(template: str, parameters: list[Any]) -> str:
    try:
        return template % tuple(parameters)
    except (TypeError, ValueError):
        return template


def _filtered(values: Mapping[str, Any], names: Any) -> dict[str, Any]:
    return {name: _FILTERED if name in names else value for name, value in values.items()}


def _frames(exception: Any) -> list[Any]:
    stacktrace = exception.get("stacktrace") if isinstance(exception, Mapping) else None
    frames = stacktrace.get("frames") if isinstance(stacktrace, Mapping) else None
    return frames if isinstance(frames, list) else []


def _is_celery(frame: Any) -> bool:
    return isinstance(frame, Mapping) and str(frame.get("module")).partition(".")[0] in _PACKAGES


def _is_of_celery(logger: Any) -> bool:
    return isinstance(logger, str) and logger.partition(".")[0] in _PACKAGES
