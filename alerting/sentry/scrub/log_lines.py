"""Finished log lines repeat the parameters they were made from, without the names that tell which are secret."""

from collections.abc import Mapping
from typing import Any

from alerting.sentry.scrub.values import MARKER

_PARAMETER = "sentry.message.parameter."
# A shorter text may stand in the line for something else.
_SHORTEST = 4


def line_beside(attributes: Mapping[Any, Any], cleaned: Mapping[Any, Any], line: str) -> str:
    """A log's line without the parameters that scrubbing took out of its attributes as a whole."""
    for name, value in attributes.items():
        if isinstance(name, str) and name.startswith(_PARAMETER):
            told, now = _value_of(value), _value_of(cleaned.get(name))
            if now == MARKER and isinstance(told, str) and len(told) >= _SHORTEST:
                line = line.replace(told, MARKER)
    return line


def _value_of(attribute: Any) -> Any:
    return attribute.get("value") if isinstance(attribute, Mapping) else attribute
