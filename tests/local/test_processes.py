"""Children are read, stopped and never orphaned, whatever happens to their parent."""

import os
import queue
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from alerting.local.processes import Family, Program

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
WITH_CHILD = (
    "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(c.pid, flush=True); time.sleep(600)"
)


class Watched:
    """A family whose lines can be waited for."""

    def __init__(self, folder: Path) -> None:
        self.lines: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._folder = folder
        self._heirloom = os.open(folder, os.O_RDONLY)
        self.family = Family(folder, lambda name, line: self.lines.put((name, line)), self._heirloom)

    def start(self, name: str, code: str) -> psutil.Process:
        program = Program(name, (sys.executable, "-c", code), dict(os.environ), self._folder)
        return psutil.Process(self.family.start(program).process.pid)

    def line(self) -> str:
        return self.lines.get(timeout=20)[1]

    def close(self) -> None:
        self.family.stop(list(self.family.children), 0)
        self.family.close()
        os.close(self._heirloom)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.close()


def test_lines_are_told_and_kept_in_a_file(watched: Watched, tmp_path: Path) -> None:
    watched.start("talker", "print('one'); print('two')")
    assert [watched.line(), watched.line()] == ["one", "two"]
    watched.family.bury(watched.family.children["talker"])
    assert (tmp_path / "talker.log").read_text() == "one\ntwo\n"


def test_a_log_that_cannot_be_written_does_not_stop_the_reading(
    watched: Watched, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "talker.log").mkdir()
    watched.start("talker", "print('one'); print('two')")
    assert [watched.line(), watched.line()] == ["one", "two"]
    assert capfd.readouterr().err == ""


def test_bytes_that_are_no_text_do_not_stop_the_reading(watched: Watched) -> None:
    watched.start("talker", r"import sys; sys.stdout.buffer.write(b'\xff\xfe\nafter\n')")
    assert watched.line() and watched.line() == "after"


def test_a_child_that_died_leaves_its_status_and_last_words(watched: Watched) -> None:
    watched.start("dier", "import sys; print('because'); sys.exit(7)")
    assert watched.line() == "because"
    child = watched.family.children["dier"]
    child.process.wait(20)
    assert watched.family.bury(child) == 7
    assert list(child.last_lines) == ["because"]
    assert watched.family.children == {}


def test_stopping_asks_first_and_kills_who_does_not_go(watched: Watched) -> None:
    polite, stubborn = watched.start("polite", SLEEPER), watched.start("stubborn", STUBBORN)
    assert [watched.line(), watched.line()] == ["up", "up"]
    watched.family.stop(["polite", "stubborn"], grace_seconds=0.3)
    assert not polite.is_running() and not stubborn.is_running()


def test_grandchildren_go_with_their_parent(watched: Watched) -> None:
    watched.start("parent", WITH_CHILD)
    grandchild = psutil.Process(int(watched.line()))
    watched.family.stop(["parent"], grace_seconds=5)
    grandchild.wait(20)


def test_a_killed_guardian_is_replaced_and_knows_everybody(watched: Watched) -> None:
    first = watched.start("first", SLEEPER)
    watched.line()
    guardian = watched.family._guardian
    guardian.kill()
    guardian.wait()
    second = watched.start("second", SLEEPER)
    watched.line()
    watched.family.close()
    for orphan in (first, second):
        orphan.wait(20)


PARENT = """
import os, pathlib, sys
from alerting.local.processes import Family, Program
folder = pathlib.Path(sys.argv[1])
family = Family(folder, lambda name, line: print(name, line, flush=True), os.open(folder, os.O_RDONLY))
for name, code in {"sleeper": SLEEPER, "stubborn": STUBBORN, "parent": WITH_CHILD}.items():
    family.start(Program(name, (sys.executable, "-c", code), dict(os.environ), folder))
    print("started", family.children[name].process.pid, flush=True)
print("guardian", family._guardian.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nobody_outlives_a_parent_that_dies(how: signal.Signals, tmp_path: Path) -> None:
    constants = f"SLEEPER, STUBBORN, WITH_CHILD = {SLEEPER!r}, {STUBBORN!r}, {WITH_CHILD!r}\n"
    parent = subprocess.Popen(
        [sys.executable, "-c", constants + textwrap.dedent(PARENT), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pids: list[int] = []
    ups = 0
    while len(pids) < 5 or ups < 2:
        name, said = parent.stdout.readline().split()
        if said == "up":
            ups += 1
        elif name in {"started", "guardian", "parent"}:
            pids.append(int(said))
    everybody = [psutil.Process(pid) for pid in pids]
    parent.send_signal(how)
    parent.wait(20)
    _, left = psutil.wait_procs(everybody, timeout=20)
    assert left == []
