"""Outlives `alerting up` by a moment: once its pipe closes, it ends whoever is left of the listed process groups.

Run as a script of its own with nothing but the standard library, so that it is up in milliseconds. A parent-death
signal would need no second process, but only Linux has it and it does not reach grandchildren.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 3.0
LOOK_SECONDS = 0.05


def main() -> None:
    """Read `+<group>` and `-<group>` lines until the pipe closes, then end the groups that are left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        with contextlib.suppress(ValueError):
            group = int(line[1:])
            if line[0] == "+":
                groups.add(group)
            else:
                groups.discard(group)
    end(groups)


def end(groups: set[int]) -> None:
    """Ask the leaders to go, give them a moment, then kill every group whole."""
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(_exists(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main()
