"""Keeps application and SDK from harming each other: copies, guards, and nothing of reporting itself on an event."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import capture_internal_exceptions, iter_event_stacktraces, safe_repr

# The sections a scrubber replaces values in whose dictionaries may be the very ones the application passed.
_SECTIONS = ("request", "extra", "user", "spans", "breadcrumbs")
# What stands between a fault and its report. Their variables hold what was logged or reported, without its names.
_REPORTING = ("logging.", "loguru.", "structlog.", "sentry_sdk.", "alerting.sentry.")


class LogCrumb(dict[str, Any]):
    """A breadcrumb of a log line, with the record it was made from: its parameters' names are not in the line."""

    record: Any = None


def guarded(theirs: Callable[..., Any], otherwise: Any) -> Callable[..., Any]:
    """A function of the application's that the SDK calls unguarded: one that raises answers `otherwise`."""

    @wraps(theirs, updated=())
    def call(*arguments: Any) -> Any:
        with capture_internal_exceptions():
            return theirs(*arguments)
        return otherwise

    return call


def with_field_names(value: Any, _hints: Any) -> Any:
    """A NamedTuple as the SDK shall write it: with the names of its fields, by which their secrets are found."""
    if not isinstance(value, tuple):  # asked of every value the SDK writes
        return NotImplemented
    fields = getattr(value, "_fields", None)
    if not isinstance(fields, tuple) or len(fields) != len(value):
        return NotImplemented
    return {
        str(name): item if item is None or type(item) in (str, int, float, bool) else safe_repr(item)
        for name, item in zip(fields, value, strict=True)
    }


class GuestScrubber(EventScrubber):
    """The SDK's scrubber, or the application's own, working on copies and failing without losing the event.

    Without the copies `extra={"login": form}` would empty `form` itself. With this package's own rules no second
    scrubber is needed: they see every event, and in Sentry only they say why a value is gone.
    """

    def __init__(self, theirs: Any, scrub: Callable[[Any, Any], Any]) -> None:
        super().__init__(recursive=True)
        self._scrub = scrub
        self._before = theirs

    def scrub_event(self, event: Any) -> None:
        with capture_internal_exceptions():
            _without_reporting_frames(event)
        with capture_internal_exceptions():
            self._complete_crumbs(event)
        if self._before is not None:
            with capture_internal_exceptions():
                event |= {name: _copied(event[name], ()) for name in _SECTIONS if name in event}
                self._before.scrub_event(event)

    def _complete_crumbs(self, event: Any) -> None:
        """Take out of finished log lines what their records' parameters say is secret."""
        crumbs = event.get("breadcrumbs")
        values: Any = crumbs.get("values") if isinstance(crumbs, Mapping) else None
        for position, crumb in enumerate(values or ()):
            if isinstance(crumb, LogCrumb):
                values[position] = {**crumb, "message": "[Filtered]"}
                record, line = crumb.record, crumb.get("message")
                told = {"message": record.msg, "params": dict(record.args), "formatted": line}
                with capture_internal_exceptions():
                    values[position]["message"] = self._scrub({"logentry": told}, {})["logentry"]["formatted"]


def _without_reporting_frames(event: Any) -> None:
    stacktraces: Any = iter_event_stacktraces(event)
    for stacktrace in stacktraces:
        frames = stacktrace.get("frames") if isinstance(stacktrace, dict) else None
        others = [frame for frame in frames or () if not f"{frame.get('module')}.".startswith(_REPORTING)]
        if frames and len(others) < len(frames):
            # An error that never left them has to be somewhere.
            stacktrace["frames"] = others or [{**frame, "vars": {}} for frame in frames]


def _copied(value: Any, within: tuple[int, ...]) -> Any:
    """The value with its dictionaries and lists copied; leaves are shared, and cycles cut rather than tied again."""
    if not isinstance(value, dict | list):
        return value
    if id(value) in within:
        return "<cyclic>"
    within = (*within, id(value))
    if isinstance(value, dict):
        return {key: _copied(inner, within) for key, inner in value.items()}
    return [_copied(inner, within) for inner in value]
