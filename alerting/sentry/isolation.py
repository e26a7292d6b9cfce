"""Keeps tasks of an event loop from speaking for each other, where nothing else does.

Requests, Celery's tasks and threads have a scope of their own from the SDK. Tasks started by hand share the process's:
the user one of them sets would stand on the errors of all.
"""

import sys
import weakref
from contextvars import ContextVar
from typing import Any

import sentry_sdk

# The scope of whatever nobody isolated.
_SHARED = sentry_sdk.get_isolation_scope()
# The scope made here for a task, and that task; what it starts inherits both.
_made: ContextVar[tuple[Any, Any] | None] = ContextVar("alerting_sentry_isolation", default=None)


def isolate_task() -> None:
    """Give the running task of a loop a copy of the scope it shares with others; elsewhere nothing happens."""
    asyncio = sys.modules.get("asyncio")  # not imported, no loop
    try:
        task = asyncio.current_task() if asyncio else None
    except RuntimeError:
        return
    if task is None:
        return
    scope, made = sentry_sdk.get_isolation_scope(), _made.get()
    inherited = made is not None and made[0] is scope and made[1]() is not task
    if inherited or scope is _SHARED:
        own = scope.fork()
        sentry_sdk.Scope.set_isolation_scope(own)
        _made.set((own, weakref.ref(task)))
