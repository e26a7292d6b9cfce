"""A test run that is killed leaves nothing running, whoever was killed, and whatever its tests had started."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support import postgres
from tests.support.service import ROOT
from tests.support.small_run import everything, small_run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's child subreapers")
ENDED_SECONDS = 15.0
Processes = list[psutil.Process]
# A child, one that has left its parent and its session as daemons do, and one that hears no request to end.
STARTS_THREE = """
import os, pathlib, signal, subprocess


def test_waits():
    for command in ("exec sleep 601", "setsid sleep 602 & exit", "trap '' TERM; while :; do sleep 603; done"):
        subprocess.Popen(["sh", "-c", command])
    (pathlib.Path(os.environ["FOLDER"]) / "ready").touch()
    signal.pause()
"""
TELLS_ITS_FOLDER = """
import os, pathlib


def test_passes():
    pathlib.Path(os.environ["FOLDER"], "tmp").write_text(os.environ["TMPDIR"])
"""
STARTS_THE_SERVICE = """
import os, pathlib, signal

from tests.flow.conftest import database_url, make_service, sandbox


def test_waits(make_service):
    make_service().up()
    (pathlib.Path(os.environ["FOLDER"]) / "ready").touch()
    signal.pause()
"""


def still_running(processes: Processes) -> Processes:
    return psutil.wait_procs(processes, ENDED_SECONDS)[1]


def kill_the_group(run: Processes) -> None:
    os.killpg(run[0].pid, signal.SIGKILL)


WAYS: dict[str, Callable[[Processes], None]] = {
    "the started process is killed": lambda run: run[0].kill(),
    "the reaper is killed": lambda run: run[1].kill(),
    "pytest itself is killed": lambda run: run[2].kill(),
    "the process group is killed": kill_the_group,
    "the started process is terminated": lambda run: run[0].terminate(),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_test_started_ends_with_the_run(tmp_path: Path, way: str) -> None:
    with small_run(tmp_path, STARTS_THREE, "-p", "no:django") as running:
        run = everything(running, tmp_path)
        assert {process.name() for process in run} >= {"sleep", "sh"} and len(run) >= 7
        WAYS[way](run)
        assert still_running(run) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_under_make_ends_with_make(tmp_path: Path, how: int) -> None:
    with small_run(tmp_path, STARTS_THREE, "-p", "no:django", "--end-with-parent", with_make=True) as running:
        run = everything(running, tmp_path)
        run[0].send_signal(how)
        assert still_running(run) == []


def test_make_test_ends_with_make() -> None:
    assert "-m pytest -n 6 --dist loadgroup --durations=25 --end-with-parent" in (ROOT / "Makefile").read_text()


@pytest.mark.skipif(postgres.binaries() is None, reason=postgres.MISSING)
def test_a_killed_run_takes_its_worker_beat_broker_and_database_along(tmp_path: Path) -> None:
    with small_run(tmp_path, STARTS_THE_SERVICE, "-k", "postgres", "-n", "1") as running:
        run = everything(running, tmp_path)
        commands = " ".join(" ".join(process.cmdline()) for process in run)
        assert "valkey" in commands and "postgres" in commands
        # The server that programs are forked from, the worker, its two children, and the beat.
        assert commands.count("multiprocessing.forkserver") >= 5
        running.kill()
        assert still_running(run) == []


def test_a_run_that_passes_leaves_neither_processes_nor_files(tmp_path: Path) -> None:
    with small_run(tmp_path, TELLS_ITS_FOLDER, "-p", "no:django") as running:
        run = [psutil.Process(running.pid)]
        assert running.wait(60) == 0
    assert still_running(run) == [] and not Path((tmp_path / "tmp").read_text()).exists()
