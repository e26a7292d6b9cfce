"""Which beat entries become cron monitors: those whose schedule Sentry can be told as it is. A wrong monitor nags."""

import re
from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


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
    fields = [_field(getattr(schedule, f"_orig_{name}"), getattr(schedule, name)) for name in _FIELDS]
    # Where both days are limited Celery waits for both to be right, and cron for either.
    if fields[2] != "*" and fields[4] != "*":
        return None
    return {"type": "crontab", "value": " ".join(fields)}


def _field(given: Any, meant: Collection[int]) -> str:
    """A field as given where cron reads it alike, else as the numbers Celery reads: its ranges may wrap (22-2)."""
    return str(given) if re.fullmatch(r"\*(/\d+)?", str(given)) else ",".join(map(str, sorted(meant)))


def _is_known(timezone: str) -> bool:
    try:
        return timezone == "UTC" or bool(ZoneInfo(timezone))
    except (OSError, ValueError, LookupError):
        return False
