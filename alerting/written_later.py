"""Changes that others wait for, made as soon as the database takes them: a full or locked disk may refuse at the end.

What a process holds in the database ends with that process. One that lives on, because only its last statement was
refused, would keep everybody waiting until the lease is over.
"""

import threading
import time
from collections.abc import Callable

from django.db import Error, connection

PAUSE_SECONDS = 1.0
LONGEST_SECONDS = 90.0  # every lease is over by then


def write(change: Callable[[], object], later: Callable[[], object] | None = None) -> None:
    """Make the change. Raises what the database says, and then a thread makes it, or `later`, as soon as it can."""
    try:
        change()
    except Error:
        threading.Thread(target=_insist, args=(later or change,), name="written-later", daemon=True).start()
        raise


def _insist(change: Callable[[], object]) -> None:
    ends = time.monotonic() + LONGEST_SECONDS
    pause = threading.Event()
    while time.monotonic() < ends:
        pause.wait(PAUSE_SECONDS)
        try:
            change()
        except Error:
            continue
        else:
            return
        finally:
            connection.close()
