"""Which beat entries become cron monitors: those whose schedule Sentry can be told as it is. A wrong monitor nags."""

import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
_NAMES = {
    **{name: number for number, name in enumerate("sun mon tue wed thu fri sat".split())},
    **{name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)},
}
_PART = rf"(?:\*|(?P<first>\d+|{'|'.join(_NAMES)})(?:-(?P<last>\d+|{'|'.join(_NAMES)}))?)(?:/\d+)?"


def correct_monitors() -> bool:
    """Have the SDK's Celery integration ask here; whether it has a place for that: without there are no monitors."""
    beat: Any = import_module("sentry_sdk.integrations.celery.beat")
    original = getattr(beat, "_get_monitor_config", None)
    if original is None:
        return False
    if original.__module__ != __name__:
        # The SDK warns of what it cannot tell Sentry; of the rest it may tell something else.
        def config_of(schedule: Any, app: Any, name: str) -> Any:
            return corrected(schedule, original(schedule, app, name))

        beat._get_monitor_config = config_of
    return True


def corrected(schedule: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """The monitor for a schedule, given the one the SDK makes of it; empty for none."""
    if not config:
        return {}
    timezone = str(config["timezone"])
    if config["schedule"]["type"] == "interval":
        told = _interval(schedule.run_every.total_seconds())
        timezone = timezone if _is_known(timezone) else "UTC"  # when an interval ends is the same everywhere
    else:
        told = _crontab(schedule) if _is_known(timezone) else None
    return {**config, "schedule": told, "timezone": timezone} if told else {}


def _interval(seconds: float) -> dict[str, Any] | None:
    """In the largest unit that divides it; Sentry takes whole minutes and more."""
    for unit, length in _UNITS:
        if seconds >= length and seconds % length == 0:
            return {"type": "interval", "value": int(seconds // length), "unit": unit}
    return None


def _crontab(schedule: Any) -> dict[str, Any] | None:
    fields = [_field(getattr(schedule, f"_orig_{name}", None)) for name in _FIELDS]
    # Where both days are limited Celery waits for both to be right, and cron for either.
    if not all(fields) or (fields[2] != "*" and fields[4] != "*"):
        return None
    return {"type": "crontab", "value": " ".join(fields)}


def _field(given: Any) -> str:
    """A field in cron's syntax, empty where it has none: only Celery's ranges may go on past the end (22-2)."""
    listed = sorted(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    text = "".join(",".join(map(str, listed)).lower().split())
    parts = [re.fullmatch(_PART, part) for part in text.split(",")]
    return text if all(part and not _goes_past_the_end(part) for part in parts) else ""


def _goes_past_the_end(part: re.Match[str]) -> bool:
    first, last = (_NAMES[end] if end in _NAMES else int(end or 0) for end in part.group("first", "last"))
    return part["last"] is not None and first > last


def _is_known(timezone: str) -> bool:
    try:
        return timezone == "UTC" or bool(ZoneInfo(timezone))
    except (OSError, ValueError, LookupError):
        return False
