"""One outage is one line when it begins and one when it ends, whichever of a worker's processes notices it."""

import contextlib
import os
import select
import struct
import time

_TIME = struct.Struct("d")


class Outage:
    """Whether something is away, known to this process and to those it forks.

    Two pipes hold one token between them: who takes it out of the first has noticed the beginning, who takes it out of
    the second the end. No lock, so a process that is killed can hold none.
    """

    def __init__(self) -> None:
        self._there, self._away = _pipe(), _pipe()
        os.write(self._there[1], _TIME.pack(0.0))

    def begin(self) -> bool:
        """Note that it is away; true for the first who does."""
        if _take(self._there) is None:
            return False
        os.write(self._away[1], _TIME.pack(time.monotonic()))
        return True

    def end(self) -> float | None:
        """Note that it is there; for the first who does, the seconds it was away."""
        began = _take(self._away)
        if began is None:
            return None
        os.write(self._there[1], _TIME.pack(0.0))
        return time.monotonic() - began

    @property
    def is_on(self) -> bool:
        return bool(select.select([self._away[0]], [], [], 0)[0])


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    return reading, writing


def _take(pipe: tuple[int, int]) -> float | None:
    with contextlib.suppress(BlockingIOError):
        return float(_TIME.unpack(os.read(pipe[0], _TIME.size))[0])
    return None


REDIS = Outage()
BUDGET = Outage()
DATABASE = Outage()
