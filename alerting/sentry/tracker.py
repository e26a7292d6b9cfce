"""Reports errors, messages and what is known about them by hand; a good guest in every thread and loop.

Nothing here raises, changes its arguments, or needs `init_sentry` to have run.
"""

import sys
import threading
import weakref
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any

import sentry_sdk
from sentry_sdk.utils import capture_internal_exceptions, safe_repr, safe_str

from alerting.sentry.grouping.chain import raised

_LEVELS = {name: name for name in ("fatal", "error", "warning", "info", "debug")}
_LEVELS |= {"critical": "fatal", "warn": "warning"}
# Who a user is, is told by id and name; these never leave, not even to be scrubbed later.
_NEVER_SENT = frozenset({"email", "emailaddress", "mail", "ip", "ipaddress", "remoteaddr"})

# The scope of whatever nobody isolated.
_SHARED = sentry_sdk.get_isolation_scope()
# The scope made here, and the task it was made for, if it was one; what is started from there inherits both.
_made: ContextVar[tuple[Any, Any]] = ContextVar("alerting_sentry_isolation", default=(None, None))

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class ErrorTracker:
    """`ErrorTracker.capture_exception(error, context={"order": 17})` and its kin."""

    @staticmethod
    def capture_exception(
        error: BaseException | ExcInfo | None = None, context: Any = None, level: str = "error"
    ) -> str | None:
        """Report an error with its original traceback; without one, the error being handled.

        The values of `context` are shown on the event; they are scrubbed like everything else. Returns the event id,
        or None where nothing was sent: no `init_sentry`, an ignored error, a sampled-out or an already reported one.
        """
        scope: dict[str, Any] = {}
        with capture_internal_exceptions():
            scope = _scope(level, context)
            if error is None or isinstance(error, BaseException) or raised({"exc_info": error}):
                return sentry_sdk.capture_exception(error, **scope)
            return sentry_sdk.capture_message(safe_str(error), **scope)
        # The SDK asks an error for more than it shows, and some fail to answer.
        with capture_internal_exceptions():
            return sentry_sdk.capture_message(f"{type(error).__qualname__}: <cannot be read>", **scope)
        return None

    @staticmethod
    def capture_message(message: str, level: str = "info", context: Any = None) -> str | None:
        """Report a sentence. Returns the event id, or None where nothing was sent."""
        with capture_internal_exceptions():
            return sentry_sdk.capture_message(safe_str(message), **_scope(level, context))
        return None

    @staticmethod
    def set_user(user: Mapping[str, Any] | str | int | None) -> None:
        """Name who is affected by what follows: a mapping with `id` and `username`, or an id; None forgets.

        E-mail and IP addresses are left out.
        """
        with capture_internal_exceptions():
            _isolate()
            if user is None or isinstance(user, Mapping):
                kept = {key: value for key, value in (user or {}).items() if _plain(key) not in _NEVER_SENT}
                sentry_sdk.set_user(kept or None)
            else:
                sentry_sdk.set_user({"id": user})

    @staticmethod
    def set_tag(key: str, value: Any) -> None:
        """Attach a searchable value to what follows."""
        with capture_internal_exceptions():
            _isolate()
            sentry_sdk.set_tag(str(key), value)

    @staticmethod
    def set_context(name: str, values: Any) -> None:
        """Attach a named group of values to what follows; a value that is no mapping is shown as `value`."""
        with capture_internal_exceptions():
            _isolate()
            sentry_sdk.set_context(str(name), _as_object(values))

    @staticmethod
    def add_breadcrumb(
        message: str | None = None,
        category: str | None = None,
        level: str = "info",
        data: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        """Note a step that led here; the latest ones are shown on the next event."""
        with capture_internal_exceptions():
            crumb = {"message": message, "category": category, "data": _as_object(data) if data is not None else None}
            known = {key: value for key, value in crumb.items() if value is not None}
            sentry_sdk.add_breadcrumb({**known, "level": _level(level, "info"), **fields})


def _scope(level: Any, context: Any) -> dict[str, Any]:
    return {"level": _level(level), **({} if context is None else {"contexts": {"custom": _as_object(context)}})}


def _as_object(values: Any) -> dict[str, Any]:
    # Sentry drops a context that is not an object, without a word. A mapping that fails to be read is shown as text:
    # what was to be reported matters more.
    if isinstance(values, Mapping):
        try:
            return {str(key): value for key, value in values.items()}
        except Exception:  # noqa: BLE001
            return {"value": safe_repr(values)}
    return {"value": values}


def _level(level: Any, fallback: str = "error") -> str:
    return _LEVELS.get(level.lower(), fallback) if isinstance(level, str) else fallback


def _plain(key: Any) -> str:
    return str(key).lower().replace("_", "").replace("-", "")


def _isolate() -> None:
    """Give what runs here a copy of the scope it shares with others; in the program's own thread nothing happens.

    Requests, Celery's tasks and threads have a scope of their own from the SDK. What a program starts by hand in a
    loop shares the process's: the user that one of them sets would stand on the errors of all.

    A task keeps its copy. A callback of the loop, or a function in one of its threads, has nothing to be known by
    later: each of its calls makes a new copy, in its own context, which ends with it.
    """
    task, is_main = _running()
    scope, (made, owner) = sentry_sdk.get_isolation_scope(), _made.get()
    is_anothers = (owner is None or owner() is not task) if scope is made else (scope is _SHARED and not is_main)
    if is_anothers:
        own = scope.fork()
        sentry_sdk.Scope.set_isolation_scope(own)
        _made.set((own, None if task is None else weakref.ref(task)))


def _running() -> tuple[Any, bool]:
    """The running task of a loop, if it is one; whether this is the program's main thread, outside of any loop."""
    asyncio = sys.modules.get("asyncio")  # not imported, no loop
    try:
        if asyncio is not None:
            return asyncio.current_task(), False
    except RuntimeError:
        pass
    return None, threading.current_thread() is threading.main_thread()
