"""A lock on a file that says who holds it; the kernel frees it with the process that holds it."""

import contextlib
import fcntl
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from alerting.commands.failures import CommandError

RETRY_SECONDS = 0.05


class HeldError(CommandError):
    """Somebody else holds the lock."""


class Lock:
    """Exclusive while held, over processes. Entering it waits up to `wait_seconds`, then raises HeldError.

    `held` begins the message for whoever comes second, `advice` ends it.
    """

    def __init__(self, path: Path, held: str, advice: str, *, wait_seconds: float = 0.0) -> None:
        self._path = path
        self._held = held
        self._advice = advice
        self._wait_seconds = wait_seconds
        self._fd = -1

    def __enter__(self) -> Self:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        gives_up_at = time.monotonic() + self._wait_seconds
        while not _try(fd):
            if time.monotonic() >= gives_up_at:
                who = _holder(fd)
                os.close(fd)
                raise HeldError(f"{self._held}: {who}. {self._advice}")
            time.sleep(RETRY_SECONDS)
        self._fd = fd
        os.ftruncate(fd, 0)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        os.pwrite(fd, json.dumps({"pid": os.getpid(), "since": since, "command": command}).encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)


def _try(fd: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _holder(fd: int) -> str:
    """Who wrote itself into the file; only ever shown: a number may be somebody else's by now."""
    try:
        said = json.loads(os.pread(fd, 1000, 0))
        return f"process {int(said['pid'])}, since {said['since']} ({said['command']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
