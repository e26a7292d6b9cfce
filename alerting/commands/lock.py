"""A lock on a file that says who holds it and since when; the kernel frees it with its last holder."""

import contextlib
import fcntl
import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from alerting import owner
from alerting.commands.failures import CommandError

RETRY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """Who wrote itself into the lock file last; `since` is ISO 8601 UTC, `name` is `owner.me()`."""

    pid: int
    since: str
    name: str

    @property
    def is_alive(self) -> bool:
        return not owner.is_dead(self.name)


class HeldError(CommandError):
    """Somebody else holds the lock."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        who = f"process {holder.pid} since {holder.since}" if holder else "another process"
        super().__init__(f"{path} is held by {who}.")
        self.path = path
        self.holder = holder


class Lock:
    """Exclusive while held, over processes.

    The file descriptor can be handed to a child (`fileno`): the lock then lasts until both are gone. Acquiring waits
    up to `wait_seconds`; while the holder is dead and only its heirs tidy up, up to `heir_seconds`.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 0.0, heir_seconds: float = 0.0) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._heir_seconds = heir_seconds
        self._fd: int | None = None

    def fileno(self) -> int:
        """The open file descriptor of a lock that is held."""
        if self._fd is None:
            raise ValueError("the lock is not held")
        return self._fd

    def acquire(self) -> None:
        """Take the lock or raise HeldError."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        started = time.monotonic()
        while not _try(fd):
            holder = _read(fd)
            is_orphaned = holder is not None and not holder.is_alive
            patience = max(self._wait_seconds, self._heir_seconds if is_orphaned else 0.0)
            if time.monotonic() - started >= patience:
                os.close(fd)
                raise HeldError(self._path, holder)
            time.sleep(RETRY_SECONDS)
        self._fd = fd
        os.ftruncate(fd, 0)
        since = datetime.now(UTC).isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC")
        os.pwrite(fd, json.dumps({"pid": os.getpid(), "since": since, "name": owner.me()}).encode(), 0)

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _try(fd: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _read(fd: int) -> Holder | None:
    try:
        said = json.loads(os.pread(fd, 1000, 0))
        return Holder(int(said["pid"]), str(said["since"]), str(said["name"]))
    except (ValueError, KeyError, TypeError):
        return None
