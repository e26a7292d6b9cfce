"""What happens to everything on its way out: the application's own hook, then grouping, then scrubbing."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.utils import capture_internal_exceptions

from alerting.sentry.attachments import scrubbed_attachments
from alerting.sentry.guest import LogCrumb
from alerting.sentry.ignored import is_ignored
from alerting.sentry.scrub import Scrubber, scrub_event, without_task_arguments

Hook = Callable[[Any, Any], Any]


@dataclass
class Request:
    """What became of the errors of a request that is being answered."""

    has_event: bool = False
    answered: BaseException | None = None


# Who reports a request by other signs looks whether it has an event already.
current_request: ContextVar[Request | None] = ContextVar("current_request", default=None)

# Without these the SDK cannot send an event, whatever the application's hook made of it.
_ESSENTIAL = ("event_id", "type", "timestamp")

# Every kind of telemetry has one; which of them exist depends on the SDK's version.
HOOKS = tuple(name for name in DEFAULT_OPTIONS if name.startswith("before_"))


def outgoing_hook(theirs: Hook | None, scrub: Hook, ignored: Sequence[str | type] | None = None) -> Hook:
    """A hook that runs the application's own, which may change or drop what it sees, and scrubs what it leaves.

    With `ignored` it is that of error events and check-ins: drops ignored errors, and groups before scrubbing can
    change a group.
    """

    def before(item: Any, hint: Any) -> Any:
        hint = hint or {}
        with capture_internal_exceptions():
            if ignored is not None and is_ignored(item, hint, ignored):
                return None
        item = _consulted(theirs, item, hint)
        if item is None:
            return None
        return _scrubbed(item if ignored is None else _grouped(item, hint), hint, scrub)

    return before


def breadcrumb_hook(theirs: Hook | None) -> Hook:
    """The hook of breadcrumbs, most of which never leave: they are scrubbed with the event that takes them along."""

    def before_breadcrumb(crumb: Any, hint: Any) -> Any:
        if theirs is not None:
            crumb = _consulted(theirs, crumb, hint)
        record = hint.get("log_record") if hint else None
        if record is not None and isinstance(record.args, Mapping) and isinstance(crumb, dict):
            crumb = LogCrumb(crumb)
            crumb.record = record
        return crumb

    return before_breadcrumb


def is_own(scrub: Hook) -> bool:
    """Whether these rules are this package's, taught or not."""
    return scrub is scrub_event or isinstance(scrub, Scrubber)


def _grouped(event: Any, hint: Any) -> Any:
    # Read at the first event: until something fails an application does not pay for it.
    from alerting.sentry.grouping.fingerprint import fingerprint

    with capture_internal_exceptions():
        request = current_request.get()
        if request is not None and ("exception" in event or event.get("level") in ("error", "fatal")):
            request.has_event = True
        if parts := fingerprint(event, hint):
            return {**event, "fingerprint": parts}
    return event


def _scrubbed(item: Any, hint: Any, scrub: Hook) -> Any:
    if hint.get("attachments"):
        hint["attachments"] = scrubbed_attachments(hint["attachments"], scrub)
    with capture_internal_exceptions():
        # No rule of the application's own can know what Celery's tasks were called with.
        return scrub(item if is_own(scrub) else without_task_arguments(item), hint)
    # Rules of the application's own that fail must not lose the event, nor send it as it is.
    return scrub_event(item, hint)


def _consulted(theirs: Hook | None, item: Any, hint: Any) -> Any:
    """What the application's hook made of the item. One that fails or answers nonsense must not lose the event."""
    if theirs is None:
        return item
    needed = {name: item[name] for name in _ESSENTIAL if name in item} if isinstance(item, Mapping) else {}
    answer = item
    with capture_internal_exceptions():
        answer = theirs(item, hint)
    if answer is None:
        return None
    answer = answer if isinstance(answer, Mapping) else item
    return answer if needed.keys() <= answer.keys() else {**needed, **answer}
