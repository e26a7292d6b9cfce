"""Who holds something: a name for this process that another one on the same host can test for life."""

import os
import socket
from functools import lru_cache
from pathlib import Path


def me() -> str:
    """`host:pid:start` of this process; `start` tells a reused pid from the process that had it before."""
    return _name(os.getpid())


@lru_cache(maxsize=2)
def _name(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_dead(owner: str) -> bool:
    """True only where the owner ran on this host and is certainly gone; unknown is not dead."""
    return _known(owner) and not is_alive(owner)


def is_alive(owner: str) -> bool:
    """True only where the owner runs on this host, stopped (SIGSTOP) or not."""
    if not _known(owner):
        return False
    _, pid, started = owner.rsplit(":", 2)
    return _started(int(pid)) == started


def _known(owner: str) -> bool:
    host, _, rest = owner.partition(":")
    return host == socket.gethostname() and rest.count(":") == 1 and rest.split(":")[0].isdigit()


def _started(pid: int) -> str:
    """The kernel's start time of a live process, empty where there is none (zombies count as gone)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return _started_without_proc(pid)
    return "" if fields[0] == "Z" else fields[19]


def _started_without_proc(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"
