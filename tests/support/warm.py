"""Our programs, started from a process that has read their libraries already.

Reading Celery, Django, pydantic and the rest takes a worker, a beat or a command between one and two seconds of
processor time, and a test run starts hundreds of them. Here they are forked from one process (`multiprocessing`'s fork
server) that has read everything which does not depend on the environment (`warm_libraries`). From there they go on as
their entry points do: in a session of their own, with their own environment, folder and output. The worker's
application, Django's settings and the models are read after the fork.
"""

import atexit
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path
from typing import Any, Protocol

from alerting import parent_death

# Where a program's way begins, by the name it has in .venv/bin.
ENTRY_POINTS = {"alerting": "alerting.cli", "celery": "celery.__main__"}
APPENDED = os.O_WRONLY | os.O_CREAT | os.O_APPEND
# Read by Python and by Celery before any line of ours: who sets them starts the program as a shell does.
READ_FIRST = ("PYTHON", "CELERY_LOADER", "CELERY_CONFIG_MODULE", "CELERY_CUSTOM_WORKER_POOL", "DJANGO_SETTINGS_MODULE")


class Started(Protocol):
    """A running program: what tests use of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


def start(argv: Sequence[str], *, environ: Mapping[str, str], folder: Path, log: Path) -> Started:
    """Start a program in a session of its own that ends with this process; what it prints is added to `log`."""
    if not _is_cold(environ):
        return Program(argv, environ, folder, log, log)
    with log.open("ab") as out:
        options: dict[str, Any] = {"cwd": folder, "env": environ, "stdin": subprocess.DEVNULL}
        return parent_death.start([_file(argv[0]), *argv[1:]], stdout=out, stderr=out, **options)


def _is_cold(environ: Mapping[str, str]) -> bool:
    return any(name.startswith(READ_FIRST) for name in environ)


def _file(program: str) -> Path:
    return Path(sys.executable).with_name(program)


class Program:
    """One that was forked."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], folder: Path, out: Path, err: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.support.warm_libraries"])
        self.args = tuple(argv)
        arguments = (self.args, dict(environ), str(folder), str(out), str(err))
        self._process = context.Process(target=_go_on_as, args=arguments)
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """How it ended: its status, or a signal's number below zero; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Until it has ended; raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return status


def run(
    argv: Sequence[str], *, environ: Mapping[str, str], folder: Path, timeout: float
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` with what it printed, as text."""
    if _is_cold(environ):
        options: dict[str, Any] = {"cwd": folder, "env": environ, "stdin": subprocess.DEVNULL, "timeout": timeout}
        return subprocess.run([_file(argv[0]), *argv[1:]], capture_output=True, text=True, **options)
    with tempfile.TemporaryDirectory(prefix="warm-") as place:
        out, err = Path(place) / "out", Path(place) / "err"
        program = Program(argv, environ, folder, out, err)
        try:
            status = program.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
            raise
        return subprocess.CompletedProcess(argv, status, out.read_text(), err.read_text())


def _go_on_as(argv: tuple[str, ...], environ: dict[str, str], folder: str, out: str, err: str) -> None:
    """In the forked process: become the program, and end as it ends."""
    os.setsid()
    parent_death.end_with_parent()
    # Open in a child, it would keep the fork server running after everybody it serves has gone.
    os.close(forkserver._forkserver._forkserver_alive_fd)
    for path, flags, number in ((os.devnull, os.O_RDONLY, 0), (out, APPENDED, 1), (err, APPENDED, 2)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(folder)
    sys.argv = [str(_file(argv[0])), *argv[1:]]
    sys.path[:] = [each for each in sys.path if each]
    status = 0
    try:
        importlib.import_module(ENTRY_POINTS[argv[0]]).main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  as the interpreter does
        traceback.print_exc()
        status = 1
    # The end of an interpreter, which a forked process does not come to by itself.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
