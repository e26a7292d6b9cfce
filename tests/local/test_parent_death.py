"""A program ends with the process that started it: on Linux by the kernel, elsewhere by a pipe that closes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from alerting import parent_death

BY_SIGNAL = 'sys.platform == "linux"'
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
WITH_CHILD = f"""
import parent_death, sys, time
child = parent_death.start([sys.executable, "-c", {SLEEPER!r}], stdout=-1, text=True)
print(child.stdout.readline(), flush=True)
time.sleep(600)
"""
PARENT = f"""
import parent_death, sys
started = [
    parent_death.start([sys.executable, "-c", code], stdout=-1, text=True)
    for code in {[SLEEPER, STUBBORN, WITH_CHILD]!r}
]
print(*[each.stdout.readline().strip() for each in started], flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=[BY_SIGNAL, "False"], ids=["by the kernel's signal", "by a pipe that closes"])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """An environment in which `parent_death` takes this way."""
    if request.param == BY_SIGNAL and sys.platform != "linux":
        pytest.skip("only Linux has it")
    text = Path(parent_death.__file__).read_text()
    assert BY_SIGNAL in text
    (tmp_path / "parent_death.py").write_text(text.replace(BY_SIGNAL, request.param))
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}


@pytest.fixture
def parent(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "up up up\n"
    yield process
    process.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nobody_outlives_a_parent_that_dies(how: signal.Signals, parent: subprocess.Popen[str]) -> None:
    everybody = psutil.Process(parent.pid).children(recursive=True)
    assert len(everybody) >= 4
    parent.send_signal(how)
    assert parent.wait(20) == -how
    assert psutil.wait_procs(everybody, timeout=20)[1] == []


def test_nobody_outlives_a_parent_that_ends_well(parent: subprocess.Popen[str]) -> None:
    everybody = psutil.Process(parent.pid).children(recursive=True)
    parent.communicate(timeout=20)
    assert parent.returncode == 0
    assert psutil.wait_procs(everybody, timeout=20)[1] == []


def test_it_is_the_program_that_is_signalled_and_whose_status_comes_back(environ: dict[str, str]) -> None:
    code = (
        "import parent_death, sys;"
        "asked = parent_death.start([sys.executable, '-c', 'import signal, sys;"
        "signal.signal(15, lambda *_: sys.exit(7)); print(1, flush=True); signal.pause()'], stdout=-1, text=True);"
        "asked.stdout.readline(); asked.terminate(); sys.exit(asked.wait(20))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environ, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 7


def test_killing_takes_what_is_left_of_the_session_along() -> None:
    process = parent_death.start(["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    grandchild = psutil.Process(int(process.stdout.readline()))
    parent_death.kill(process)
    grandchild.wait(20)
    assert process.wait(20) == -signal.SIGKILL


def test_one_whose_parent_was_gone_before_it_could_ask_ends_at_once() -> None:
    done = subprocess.run([sys.executable, "-I", "-S", parent_death.__file__, "1", "0", "sleep", "600"], timeout=20)
    assert done.returncode == -signal.SIGKILL
