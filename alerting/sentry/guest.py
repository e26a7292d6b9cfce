"""The SDK's own scrubber, kept from writing into the application's objects."""

from typing import Any

from sentry_sdk.scrubber import EventScrubber

# The sections the SDK's scrubber replaces values in whose dictionaries may be the very ones the application passed.
# Breadcrumbs are copies already, made by the hook that scrubs them as they are left.
_SECTIONS = ("request", "extra", "user", "spans")
# Deeper than what the SDK keeps of any section; stops its recursion before Python's limit does.
_MAX_DEPTH = 40
_TOO_DEEP = "<nested too deep>"


class GuestScrubber(EventScrubber):
    """Scrubs by key name, at every depth, on copies: without this, `extra={"login": form}` empties `form` itself."""

    def __init__(self) -> None:
        super().__init__(recursive=True)

    def scrub_event(self, event: Any) -> None:
        for section in _SECTIONS:
            if section in event:
                event[section] = _copied(event[section], _MAX_DEPTH, {})
        super().scrub_event(event)


def _copied(value: Any, depth: int, done: dict[int, Any]) -> Any:
    """The value with its dictionaries and lists copied, cycles kept; leaves are shared."""
    if not isinstance(value, dict | list):
        return value
    if id(value) in done:
        # Cut rather than tied again: the SDK's recursion into a cycle ends with an error that leaves the rest as it is.
        return _TOO_DEEP
    if depth == 0:
        return _TOO_DEEP
    done[id(value)] = value
    copy: Any
    if isinstance(value, dict):
        copy = {key: _copied(inner, depth - 1, done) for key, inner in value.items()}
    else:
        copy = [_copied(inner, depth - 1, done) for inner in value]
    del done[id(value)]
    return copy
