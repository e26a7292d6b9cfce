"""Whatever a test starts ends with the test run, however that ends: passed, interrupted, terminated, killed.

pytest goes on in a grandchild of the process that was started:

    the started process (waits, passes signals on) → the reaper → pytest → xdist workers → servers, workers, browsers

Both of the outer two adopt what loses its parent below them (Linux calls that a child subreaper), so nothing can
leave. Where the started process dies, the kernel tells the reaper (`alerting.parent_death`); where pytest dies, the
reaper is told as its parent; where the reaper dies, the started process is. Whichever it was, the ones left end
everything below them. On other systems than Linux pytest runs as it is.
"""

import contextlib
import ctypes
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from alerting import parent_death
from tests.support import watchdog

PR_SET_CHILD_SUBREAPER = 36
LOOK_SECONDS = 0.5
GRACE_SECONDS = 2.0
KILL_SECONDS = 10.0
FRONT_DIED = signal.SIGUSR1
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--end-with-parent", action="store_true", help="end the run once the process that started it ends")


# Outside of everything else, capturing of output included: two of three processes leave pytest here.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    if sys.platform == "linux" and "PYTEST_XDIST_WORKER" not in os.environ:
        guard(end_with_parent=early_config.known_args_namespace.end_with_parent)
    return (yield)


def guard(*, end_with_parent: bool) -> None:
    """Returns in pytest's process only; its temporary files lie in a folder that is removed with it."""
    folder = Path(tempfile.mkdtemp(prefix="test-run-"))
    # PostgreSQL has a user of its own, who must get to its files.
    folder.chmod(0o711)
    sys.stdout.flush()
    sys.stderr.flush()
    if end_with_parent:
        parent_death.end_with_parent(signal.SIGTERM)
    _adopt_orphans()
    front = os.getpid()
    reaper = os.fork()
    if reaper:
        os._exit(_wait_in_front(reaper))
    _adopt_orphans()
    run = os.fork()
    if run:
        # Neither Ctrl-C nor a signal to the whole process group reaches this one.
        os.setsid()
        os._exit(_reap(run, front, folder))
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
    # The watchdog ends processes with SIGABRT, which is no reason to leave a picture of their memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    watchdog.report_to(folder)


def _wait_in_front(reaper: int) -> int:
    awaited = {*PASSED_ON, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    while True:
        ended, status = os.waitpid(reaper, os.WNOHANG)
        if ended:
            if os.WIFSIGNALED(status):
                _end_descendants()
            return _exit_code(status)
        info = signal.sigtimedwait(awaited, LOOK_SECONDS)
        # What the terminal sends, it sends to pytest itself as well.
        if info is not None and info.si_signo in PASSED_ON and info.si_code <= 0:
            _send(reaper, info.si_signo)


def _reap(run: int, front: int, folder: Path) -> int:
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, FRONT_DIED):
        signal.signal(number, lambda *_: None)
    parent_death.end_with_parent(FRONT_DIED, front)
    for number in PASSED_ON:
        signal.signal(number, lambda number, _: _send(run, number))
    status: int | None = None
    while status is None and os.getppid() == front:
        if select.select([woken], [], [], LOOK_SECONDS)[0]:
            os.read(woken, 4096)
        status = _collect(run)
        watchdog.end_overdue(folder)
    for number in PASSED_ON:
        signal.signal(number, signal.SIG_IGN)
    _end_descendants()
    shutil.rmtree(folder, ignore_errors=True)
    return _exit_code(status) if status is not None else 128 + signal.SIGKILL


def _collect(run: int) -> int | None:
    """Take leave of every child that has ended; pytest's status if it was among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            found = ended[1] if ended[0] == run else found
    return found


def _end_descendants() -> None:
    for end, seconds in ((psutil.Process.terminate, GRACE_SECONDS), (psutil.Process.kill, KILL_SECONDS)):
        deadline = time.monotonic() + seconds
        asked: set[psutil.Process] = set()
        while (left := _descendants()) and time.monotonic() < deadline:
            for process in left - asked:
                with contextlib.suppress(psutil.Error):
                    end(process)
            asked |= left
            time.sleep(0.02)


def _descendants() -> set[psutil.Process]:
    _collect(0)
    return set(psutil.Process().children(recursive=True))


def _adopt_orphans() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _send(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
