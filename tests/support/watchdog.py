"""Ends a pytest process that stands still with the interpreter's lock held, from outside of it, and names the test.

pytest-timeout ends a test that hangs in Python; where no Python runs any more it cannot. So every process writes down
what it does and by when that must be over, and the reaper, which is another process, looks. xdist then reports the
test as failed, starts another worker, and goes on.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

FOLDER = "TEST_RUN_WATCHED"
DYING_SECONDS = 5.0
LOOK_SECONDS = 0.05


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("watchdog_grace", "seconds beyond a test's timeout after which its process is ended", default="30")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    with _watched("collecting the tests", _limit(session.config)):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with _watched(item.nodeid, _limit(item.config, item)):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    # Never taken back: the end of the process belongs to it.
    _write("what comes after the last test", _limit(session.config))


def pytest_enter_pdb() -> None:
    """Whoever looks at a test by hand has all the time in the world."""
    path = _path()
    os.environ.pop(FOLDER, None)
    if path is not None:
        path.unlink(missing_ok=True)


def report_to(folder: Path) -> None:
    """This process and the xdist workers it starts write down here what they do."""
    (folder / "watched").mkdir()
    os.environ[FOLDER] = str(folder / "watched")


def end_overdue(folder: Path) -> None:
    """In the reaper: end every process whose time is over, with all that it started."""
    for path in (folder / "watched").glob("*"):
        with contextlib.suppress(ValueError, OSError, psutil.Error):
            deadline, what = path.read_text().split("\n", 1)
            process = psutil.Process(int(path.name))
            # The number of a process that has ended may be anybody's by now.
            if time.monotonic() > float(deadline) and psutil.Process() in process.parents():
                path.unlink()
                _end(process, what)


def _end(process: psutil.Process, what: str) -> None:
    sys.stderr.write(
        f"\nwatchdog: {what} stood still: not even its timeout could end it. Ending its process {process.pid}.\n"
    )
    sys.stderr.flush()
    family = [process, *process.children(recursive=True)]
    # pytest has faulthandler on, which says on this signal where every thread stands.
    process.send_signal(signal.SIGABRT)
    with contextlib.suppress(psutil.NoSuchProcess):
        _wait_for_the_end(process)
    for each in family:
        with contextlib.suppress(psutil.Error):
            each.kill()


def _wait_for_the_end(process: psutil.Process) -> None:
    gives_up = time.monotonic() + DYING_SECONDS
    # Looked at and not waited for: its parent does that, to hear its status.
    while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < gives_up:
        time.sleep(LOOK_SECONDS)


def _limit(config: pytest.Config, item: pytest.Item | None = None) -> float:
    """Seconds; 0 where there is no timeout at all."""
    marker = item.get_closest_marker("timeout") if item else None
    given = (marker.args[0] if marker and marker.args else None) or config.getoption("timeout", None)
    timeout = float(config.getini("timeout") or 0) if given is None else float(given)
    return timeout + float(config.getini("watchdog_grace")) if timeout else 0.0


@contextlib.contextmanager
def _watched(what: str, limit: float) -> Generator[None]:
    _write(what, limit)
    try:
        yield
    finally:
        path = _path()
        if path is not None:
            path.unlink(missing_ok=True)


def _write(what: str, limit: float) -> None:
    path = _path()
    if path is not None and limit:
        path.write_text(f"{time.monotonic() + limit}\n{what}")


def _path() -> Path | None:
    folder = os.environ.get(FOLDER)
    return Path(folder) / str(os.getpid()) if folder else None
