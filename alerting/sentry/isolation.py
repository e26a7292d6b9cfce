"""Keeps tasks, callbacks and helper threads of an event loop from speaking for each other, where nothing else does.

Requests, Celery's tasks and threads have a scope of their own from the SDK. What a program starts by hand in a loop
shares the process's: the user that one of them sets would stand on the errors of all.
"""

import sys
import threading
import weakref
from contextvars import ContextVar
from typing import Any

import sentry_sdk

# The scope of whatever nobody isolated.
_SHARED = sentry_sdk.get_isolation_scope()
# The scope made here, and the task it was made for, if it was one; what is started from there inherits both.
_made: ContextVar[tuple[Any, Any]] = ContextVar("alerting_sentry_isolation", default=(None, None))


def isolate() -> None:
    """Give what runs here a copy of the scope it shares with others; in the program's own thread nothing happens.

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
