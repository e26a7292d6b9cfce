"""The lock says who holds it, lasts as long as its last holder, and not a moment longer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alerting.commands.lock import HeldError, Lock


def test_the_second_one_learns_who_holds_it_and_since_when(tmp_path: Path) -> None:
    with Lock(tmp_path / "lock"), pytest.raises(HeldError) as caught:
        Lock(tmp_path / "lock").acquire()
    assert caught.value.holder is not None and caught.value.holder.pid == os.getpid()
    assert caught.value.holder.since.endswith(" UTC")


def test_it_can_be_taken_again_after_release(tmp_path: Path) -> None:
    for _ in range(2):
        with Lock(tmp_path / "lock"):
            pass


def test_a_killed_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    holder = _hold(tmp_path / "lock")
    holder.kill()
    holder.wait()
    Lock(tmp_path / "lock").acquire()


def test_an_heir_keeps_it_and_only_then_is_the_dead_holder_waited_for(tmp_path: Path) -> None:
    holder = _hold(tmp_path / "lock", heir="subprocess.Popen(['cat'], stdin=0, pass_fds=(lock.fileno(),));")
    holder.kill()
    # Nobody has waited for it yet: a process that is killed and not yet buried is dead all the same.
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(HeldError) as caught:
        Lock(tmp_path / "lock", heir_seconds=0.2).acquire()
    assert caught.value.holder is not None and not caught.value.holder.is_alive
    holder.wait()
    assert holder.stdin is not None
    holder.stdin.close()
    with Lock(tmp_path / "lock", heir_seconds=10):
        pass


def test_a_file_full_of_nonsense_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"\xff{not json")
    with Lock(tmp_path / "lock"):
        pass


def _hold(path: Path, heir: str = "") -> subprocess.Popen[str]:
    code = (
        "import sys, pathlib, subprocess; from alerting.commands.lock import Lock;"
        f"lock = Lock(pathlib.Path({str(path)!r})); lock.acquire(); {heir}"
        "print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process
