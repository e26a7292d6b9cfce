"""The lock says who holds it, and lasts exactly as long as the process that took it."""

import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from alerting import parent_death
from alerting.commands.lock import HeldError, locked


def lock(path: Path) -> AbstractContextManager[None]:
    return locked(path, "It is busy", "Come back later.")


def test_the_second_one_learns_who_holds_it_since_when_and_what_to_do(tmp_path: Path) -> None:
    with lock(tmp_path / "lock"), pytest.raises(HeldError) as caught, lock(tmp_path / "lock"):
        pass
    told = rf"It is busy: process {os.getpid()}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(.+\)\. Come back later\."
    assert caught.match(told)


def test_it_can_be_taken_again_after_release(tmp_path: Path) -> None:
    for _ in range(2):
        with lock(tmp_path / "lock"):
            pass


def test_a_killed_holder_leaves_nothing_behind_although_its_child_lives_on(tmp_path: Path) -> None:
    holder = _hold(tmp_path / "lock", "subprocess.Popen(['sleep', '600'], stdin=-3, stdout=-3)")
    holder.kill()
    holder.wait()
    with lock(tmp_path / "lock"):
        pass


def test_a_file_full_of_nonsense_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"\xff{not json")
    with lock(tmp_path / "lock"):
        pass


def test_a_holder_that_wrote_nothing_is_somebody_all_the_same(tmp_path: Path) -> None:
    with lock(tmp_path / "lock"):
        (tmp_path / "lock").write_bytes(b"")
        with pytest.raises(HeldError, match="It is busy: another process"), lock(tmp_path / "lock"):
            pass


def _hold(path: Path, then: str) -> subprocess.Popen[str]:
    code = (
        "import sys, pathlib, subprocess; from alerting.commands.lock import locked;"
        f"held = locked(pathlib.Path({str(path)!r}), '', ''); held.__enter__(); {then};"
        "print('held', flush=True); sys.stdin.read()"
    )
    process = parent_death.start([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True, bufsize=1)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process
