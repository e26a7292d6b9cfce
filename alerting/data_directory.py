"""The data directory is its owner's alone, whoever made it and whatever lies in it already."""

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

OWNER_ONLY = 0o077
# What the service and `alerting up` write, in the order in which it is protected: secrets first.
OURS = (
    *("secret_key", "redis.url", "redis", "valkey", "sandbox"),
    *("*.sqlite3", "*.sqlite3-wal", "*.sqlite3-shm", "*.sqlite3-journal"),
    *("log", "*.lock", "celerybeat-schedule*"),
)
BESIDE_A_DATABASE = ("", "-wal", "-shm", "-journal")


def make(folder: Path) -> None:
    """Make the folder where it is missing, and protect it."""
    os.umask(OWNER_ONLY)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    protect(folder)


def protect(folder: Path) -> None:
    """From now on this process makes files for its owner only, and what lies in the folder becomes so too.

    Touched is what is ours by its name; the folder itself only where it holds nothing else: it may have been given
    although it is somebody's home.
    """
    os.umask(OWNER_ONLY)
    if not folder.is_dir():
        return
    with contextlib.suppress(OSError):
        ours = sorted((rank, path) for path in folder.iterdir() if (rank := _rank(path)) is not None)
        for _, path in ours:
            _restrict(path)
            for each in _below(path):
                _restrict(each)
        if all(_rank(path) is not None for path in folder.iterdir()):
            _restrict(folder)


def protect_database(path: Path) -> None:
    """An SQLite file that lies elsewhere, with what SQLite keeps beside it."""
    for suffix in BESIDE_A_DATABASE:
        _restrict(path.with_name(path.name + suffix))


def secret(path: Path) -> str:
    """The secret in this file; of several processes that come when there is none yet, the first makes it for all."""
    with contextlib.suppress(FileNotFoundError):
        if found := path.read_text():
            return found
    # Never removed or replaced: another process may just have made it, and would go on with a secret of its own.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        found = os.read(descriptor, 1_000).decode()
        if not found:
            found = secrets.token_urlsafe(50)
            os.fchmod(descriptor, 0o600)
            if os.write(descriptor, found.encode()) < len(found):
                os.ftruncate(descriptor, 0)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return found
    finally:
        os.close(descriptor)


def _rank(path: Path) -> int | None:
    return next((rank for rank, pattern in enumerate(OURS) if fnmatch(path.name, pattern)), None)


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            yield from (Path(folder, name) for name in (*folders, *files))


def _restrict(path: Path) -> None:
    """Take everything from everybody but the owner. What is not ours to change stays as it is."""
    with contextlib.suppress(OSError):
        found = path.lstat()
        if not stat.S_ISLNK(found.st_mode) and found.st_mode & OWNER_ONLY:
            path.chmod(stat.S_IMODE(found.st_mode) & ~OWNER_ONLY)
