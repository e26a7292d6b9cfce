"""A lock on a file that says who holds it; the kernel frees it with the process that holds it."""

import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from alerting.commands.failures import CommandError

RETRY_SECONDS = 0.05


class HeldError(CommandError):
    """Somebody else holds the lock."""


@contextlib.contextmanager
def locked(path: Path, held: str, advice: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock, alone among all processes. Waits up to `wait_seconds` for it, then raises HeldError.

    `held` begins the message for whoever comes second, `advice` ends it.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        gives_up_at = time.monotonic() + wait_seconds
        while not _try(fd):
            if time.monotonic() >= gives_up_at:
                raise HeldError(f"{held}: {_holder(fd)}. {advice}")
            time.sleep(RETRY_SECONDS)
        os.ftruncate(fd, 0)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        os.pwrite(fd, json.dumps({"pid": os.getpid(), "since": since, "command": command}).encode(), 0)
        yield
    finally:
        os.close(fd)


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
