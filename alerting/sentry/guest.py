"""What is done to an event before the SDK serializes it, so that neither side harms the other."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import capture_internal_exceptions, iter_event_stacktraces

from alerting.sentry.hooks import Hook, LogCrumb

# The sections a scrubber replaces values in whose dictionaries may be the very ones the application passed.
_SECTIONS = ("request", "extra", "user", "spans", "breadcrumbs")
# Deeper than what the SDK keeps of any section; stops its recursion before Python's limit does.
_MAX_DEPTH = 40
_TOO_DEEP = "<nested too deep>"
# What stands between a fault and its report. Their variables hold what was logged or reported, without its names.
_REPORTING = ("logging", "loguru", "structlog", "sentry_sdk", "alerting.sentry")


class GuestScrubber(EventScrubber):
    """The SDK's scrubber, or the application's own, working on copies and failing without losing the event.

    Without the copies `extra={"login": form}` would empty `form` itself. With this package's own rules no second
    scrubber is needed: they see every event, and in Sentry only they say why a value is gone.
    """

    def __init__(self, theirs: Any, scrub: Hook) -> None:
        super().__init__(recursive=True)
        self._scrub = scrub
        is_ours = str(getattr(scrub, "__module__", "")).startswith("alerting.sentry.")
        self._before: Any = theirs or (None if is_ours else EventScrubber(recursive=True))

    def scrub_event(self, event: Any) -> None:
        with capture_internal_exceptions():
            without_reporting_frames(event)
        with capture_internal_exceptions():
            self._complete_crumbs(event)
        if self._before is not None:
            with capture_internal_exceptions():
                event |= {name: _copied(event[name], _MAX_DEPTH, set()) for name in _SECTIONS if name in event}
                self._before.scrub_event(event)

    def _complete_crumbs(self, event: Any) -> None:
        """Take out of finished log lines what their records' parameters say is secret."""
        crumbs = event.get("breadcrumbs")
        values: Any = crumbs.get("values") if isinstance(crumbs, Mapping) else None
        for position, crumb in enumerate(values or ()):
            if isinstance(crumb, LogCrumb):
                values[position] = {**crumb, "message": "[Filtered]"}
                told = {
                    "message": crumb.record.msg,
                    "params": dict(crumb.record.args),
                    "formatted": crumb.get("message"),
                }
                with capture_internal_exceptions():
                    values[position]["message"] = self._scrub({"logentry": told}, {})["logentry"]["formatted"]


def without_reporting_frames(event: Any) -> None:
    """Take the frames of logging, of the SDK and of this package off the event's stack traces."""
    for stacktrace in iter_event_stacktraces(event):
        frames: Any = stacktrace.get("frames") if isinstance(stacktrace, dict) else None
        if isinstance(frames, list) and any(map(_is_reporting, frames)):
            cast("dict[str, Any]", stacktrace)["frames"] = _others(frames)


def _others(frames: Iterable[Any]) -> list[Any]:
    others = [frame for frame in frames if not _is_reporting(frame)]
    # An error that never left them has to be somewhere.
    return others or [{name: value for name, value in frame.items() if name != "vars"} for frame in frames]


def _is_reporting(frame: Any) -> bool:
    module = frame.get("module") if isinstance(frame, Mapping) else None
    return isinstance(module, str) and module.startswith(_REPORTING) and _is_within(module)


def _is_within(module: str) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in _REPORTING)


def _copied(value: Any, depth: int, inside: set[int]) -> Any:
    """The value with its dictionaries and lists copied; leaves are shared, cycles cut."""
    if not isinstance(value, dict | list):
        return value
    # Cut rather than tied again: a recursion into a cycle ends with an error that leaves the rest as it is.
    if depth == 0 or id(value) in inside:
        return _TOO_DEEP
    inside.add(id(value))
    copy: Any
    if isinstance(value, dict):
        copy = {key: _copied(inner, depth - 1, inside) for key, inner in value.items()}
    else:
        copy = [_copied(inner, depth - 1, inside) for inner in value]
    inside.discard(id(value))
    return copy
