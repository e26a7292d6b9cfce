"""The one event loop of this process: a thread that runs it from the first exchange to the process's end."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on the loop and wait for it; whatever interrupts the waiting ends the work too."""
    running = asyncio.run_coroutine_threadsafe(work, _here.loop())
    try:
        return running.result()
    except BaseException:
        running.cancel()
        raise


class _Lookups(ThreadPoolExecutor):
    """Name lookups, each on a daemon thread: asyncio gives up on one that hangs, and nothing waits for it at exit."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def look_up() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  it belongs to whoever awaits the lookup
                future.set_exception(error)

        threading.Thread(target=look_up, name="name-lookup", daemon=True).start()
        return future


class _Process:
    """A process's loop; its child begins with none, and with a lock that nobody holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                loop.set_default_executor(_Lookups())
                threading.Thread(target=loop.run_forever, name="http", daemon=True).start()
                self._loop = loop
            return self._loop


_here = _Process()
os.register_at_fork(after_in_child=_here.__init__)  # type: ignore[misc]
