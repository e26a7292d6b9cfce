"""Finished log lines repeat the parameters they were made from, without the names that tell which are secret."""

from collections.abc import Callable, Mapping
from typing import Any

Scrub = Callable[[Any, Any], Any]

_TEMPLATE = "sentry.message.template"
_PARAMETER = "sentry.message.parameter."


def without_secret_parameters(
    item: Mapping[str, Any], hint: Any, scrub: Callable[[Any, Any], Any]
) -> Mapping[str, Any]:
    """The log or breadcrumb with its line scrubbed beside its template; the same object where it has none."""
    attributes = item.get("attributes")
    if isinstance(attributes, Mapping) and isinstance(item.get("body"), str):
        parameters = {
            name.removeprefix(_PARAMETER): value
            for name, value in attributes.items()
            if isinstance(name, str) and name.startswith(_PARAMETER)
        }
        return _with_line(item, "body", attributes.get(_TEMPLATE), parameters, scrub)
    record = hint.get("log_record") if isinstance(hint, Mapping) and item.get("type") == "log" else None
    named = getattr(record, "args", None)
    if isinstance(named, Mapping) and isinstance(item.get("message"), str):
        return _with_line(item, "message", getattr(record, "msg", None), named, scrub)
    return item


def _with_line(
    item: Mapping[str, Any], name: str, template: Any, parameters: Mapping[str, Any], scrub: Scrub
) -> Mapping[str, Any]:
    if not isinstance(template, str) or not parameters:
        return item
    counted = all(str(one).isdigit() for one in parameters)
    given = [*parameters.values()] if counted else dict(parameters)
    told = {"message": template, "formatted": item[name], "params": given}
    return {**item, name: scrub({"logentry": told}, {})["logentry"]["formatted"]}
