"""Programs that end with the process that started them, however that one ended.

On Linux the kernel does it: a program asks for a signal at its parent's death before it becomes what it is to run.
Elsewhere this file stays in front of the program, and ends both when a pipe closes that only the starter holds open.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
HAS_PARENT_DEATH_SIGNAL = sys.platform == "linux"


def start(argv: Sequence[str | Path], inherited: Sequence[int] = (), **options: Any) -> subprocess.Popen[Any]:
    """Start a program that is killed when this process ends; `options` are those of `subprocess.Popen`.

    It gets a session of its own: Ctrl-C in this process's terminal does not reach it. Call this from a thread that
    lasts, such as the main one: the kernel takes the end of the thread that started a program for its parent's death.
    """
    lifeline = _lifeline()[0]
    wrapper = (sys.executable, "-I", "-S", __file__, str(os.getpid()), str(lifeline))
    return subprocess.Popen([*wrapper, *argv], pass_fds=(lifeline, *inherited), start_new_session=True, **options)


def kill(process: subprocess.Popen[Any]) -> None:
    """Kill a program of `start` at once, with what is left of its session."""
    # Until it has been waited for, its number is nobody else's.
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def end_with_parent(number: int = signal.SIGKILL, parent: int | None = None) -> None:
    """This process gets the signal when its parent ends, or at once where `parent` is no longer that. Linux only."""
    if HAS_PARENT_DEATH_SIGNAL:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if parent is not None and os.getppid() != parent:
            os.kill(os.getpid(), number)


@cache
def _lifeline() -> tuple[int, int]:
    """A pipe whose end for writing is open in this process alone, as long as it lives."""
    return os.pipe()


def _main(parent: int, lifeline: int, argv: Sequence[str]) -> int:
    if HAS_PARENT_DEATH_SIGNAL:
        os.close(lifeline)
        end_with_parent(parent=parent)
        os.execvp(argv[0], list(argv))  # noqa: S606  no shell is what we want
    return _stand_in_front(lifeline, argv)


def _stand_in_front(lifeline: int, argv: Sequence[str]) -> int:
    program = subprocess.Popen(argv, close_fds=False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: program.send_signal(number))

    def end_with_starter() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_with_starter, daemon=True).start()
    status = program.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    raise SystemExit(_main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
