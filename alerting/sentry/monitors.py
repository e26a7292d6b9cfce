"""Which beat entries become cron monitors: those whose schedule Sentry can be told as it is. A wrong monitor nags."""

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
_FIELD = re.compile(r"(?:\*|[a-z0-9]+(?:-[a-z0-9]+)?)(?:/\d+)?(?:,(?:\*|[a-z0-9]+(?:-[a-z0-9]+)?)(?:/\d+)?)*")
_RANGE = re.compile(r"(\w+)-(\w+)")
_NAMES = {
    **{name: number for number, name in enumerate("sun mon tue wed thu fri sat".split())},
    **{name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)},
}
_TIMEZONE = "timezone"


def correct_monitors() -> None:
    """Have the SDK's Celery integration ask here. Raises where it has no such place: then there are no monitors."""
    beat: Any = import_module("sentry_sdk.integrations.celery.beat")
    original: Callable[..., Any] = beat._get_monitor_config
    if getattr(original, "__module__", "") == __name__:
        return

    def config_of(schedule: Any, app: Any, name: str) -> Any:
        # The SDK warns of what it cannot tell Sentry; of the rest it may tell something else.
        return corrected(schedule, original(schedule, app, name))

    beat._get_monitor_config = config_of


def corrected(schedule: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """The monitor for a schedule, given the one the SDK makes of it; empty for none."""
    kind = config.get("schedule", {}).get("type") if config else None
    timezone = str(config.get(_TIMEZONE, "UTC")) if config else ""
    if kind == "interval":
        told = _interval(schedule.run_every.total_seconds())
        # When an interval ends is the same everywhere.
        timezone = timezone if _is_known(timezone) else "UTC"
    else:
        told = _crontab(schedule) if kind == "crontab" and _is_known(timezone) else None
    return {**config, "schedule": told, _TIMEZONE: timezone} if told else {}


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
    text = given if isinstance(given, str) else None
    if isinstance(given, int):
        text = str(given)
    elif text is None and isinstance(given, Iterable):
        text = ",".join(map(str, sorted(given)))
    text = "".join((text or "").lower().split())
    if not _FIELD.fullmatch(text) or any(name not in _NAMES for name in re.findall("[a-z]+", text)):
        return ""
    wraps = any(_number(first) > _number(last) for first, last in _RANGE.findall(text))
    return "" if wraps else text


def _number(value: str) -> int:
    return int(value) if value.isdigit() else _NAMES[value]


def _is_known(timezone: str) -> bool:
    try:
        return timezone == "UTC" or bool(ZoneInfo(timezone))
    except (OSError, ValueError, LookupError):
        return False
