"""A process of the test run that stands still, the interpreter's lock held, is ended from outside, its test named."""

import sys
from pathlib import Path

import pytest

from tests.support.small_run import small_run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there something stands outside of pytest")
# PyDLL, other than CDLL, keeps the interpreter's lock during the call, and this one waits for itself.
ONE_STANDS_STILL = """
import ctypes
import pytest


@pytest.mark.xdist_group("one")
def test_before():
    pass


@pytest.mark.timeout(2)
@pytest.mark.xdist_group("one")
def test_stands_still():
    lock = ctypes.create_string_buffer(64)
    for _ in range(2):
        ctypes.PyDLL(None).pthread_mutex_lock(lock)


@pytest.mark.xdist_group("one")
def test_after():
    pass
"""
QUICK = ("-p", "no:django", "-o", "watchdog_grace=1")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_run_goes_on_without_the_test_that_stood_still(tmp_path: Path, workers: int) -> None:
    with small_run(tmp_path, ONE_STANDS_STILL, *QUICK, "-n", str(workers), "--dist", "loadgroup") as running:
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "watchdog: test_small.py::test_stands_still" in said
    assert "1 failed, 2 passed" in said and "test_stands_still" in said.rsplit("FAILED", 1)[1]
    assert 'test_small.py", line 16 in test_stands_still' in said


def test_a_run_without_workers_ends_and_names_the_test(tmp_path: Path) -> None:
    with small_run(tmp_path, ONE_STANDS_STILL, *QUICK) as running:
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 134
    assert "watchdog: test_small.py::test_stands_still stood still" in said


def test_a_run_that_does_not_end_after_its_last_test_is_ended(tmp_path: Path) -> None:
    body = "import atexit, ctypes\ndef test_passes():\n    atexit.register(ctypes.PyDLL(None).pause)\n"
    with small_run(tmp_path, body, *QUICK, "-o", "timeout=5") as running:
        said, _ = running.communicate(timeout=60)
    assert "watchdog: what comes after the last test stood still" in said
