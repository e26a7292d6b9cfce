"""Child processes that never outlive us: started, read, stopped, and known to a guardian."""

import contextlib
import logging
import logging.handlers
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alerting.local import guardian

LOG_BYTES = 5_000_000
REMEMBERED_LINES = 12
LOOK_SECONDS = 0.05
# Holds a child back until the guardian knows its group: should we be killed in between, it never starts.
HELD_BACK = 'read -r go || exit 1; exec "$@" </dev/null'

OnLine = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """What to run under which name."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    folder: Path


@dataclass
class Child:
    """One running program in a process group of its own."""

    program: Program
    process: subprocess.Popen[str]
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_LINES))
    reader: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


class LogFile(logging.handlers.RotatingFileHandler):
    """A log that gives up a line it cannot write: a full disk must not stop us reading, or the child would hang."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        pass


class Family:
    """All children of this process. `log_dir` gets one bounded file for each; `on_line` sees every line they print.

    `heirloom` is a file descriptor the guardian keeps open until the last child is gone.
    """

    def __init__(self, log_dir: Path, on_line: OnLine, heirloom: int) -> None:
        self._log_dir = log_dir
        self._on_line = on_line
        self._heirloom = heirloom
        self._guardian = self._start_guardian()
        self.children: dict[str, Child] = {}

    def start(self, program: Program) -> Child:
        """Start a program; of the same name only one runs at a time."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", HELD_BACK, program.name, *program.argv],
            cwd=program.folder,
            env=dict(program.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._tell_guardian(f"+{process.pid}")
        child = Child(program, process)
        self.children[program.name] = child
        child.reader = threading.Thread(target=self._read, args=(child,), name=program.name, daemon=True)
        child.reader.start()
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write("go\n")
                process.stdin.close()
        return child

    def stop(self, names: Iterable[str], grace_seconds: float) -> None:
        """Ask these children to go, all at once; kill what is left of their groups after the grace."""
        going = [self.children[name] for name in names if name in self.children]
        for child in going:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while any(child.is_running for child in going) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        for child in going:
            self.bury(child)

    def bury(self, child: Child) -> int:
        """Kill whatever is left of a child's group; returns its exit status (negative: the signal it died of)."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        status = child.process.wait()
        self._tell_guardian(f"-{child.process.pid}")
        if child.reader is not None:
            child.reader.join(timeout=1)
        self.children.pop(child.program.name, None)
        return status

    def close(self) -> None:
        """Let the guardian go; with children left it ends them."""
        if self._guardian.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guardian.stdin.close()
        self._guardian.wait()

    def _start_guardian(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", guardian.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            pass_fds=(self._heirloom,),
            start_new_session=True,
        )

    def _tell_guardian(self, line: str) -> None:
        if self._guardian.poll() is not None:
            self._guardian = self._start_guardian()
            for child in self.children.values():
                self._write(f"+{child.process.pid}")
        self._write(line)

    def _write(self, line: str) -> None:
        if self._guardian.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guardian.stdin.write(f"{line}\n")
                self._guardian.stdin.flush()

    def _read(self, child: Child) -> None:
        name = child.program.name
        log = LogFile(self._log_dir / f"{name}.log", maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
        with contextlib.closing(log):
            for line in child.process.stdout or ():
                text = line.rstrip("\n")
                if text.strip():
                    child.last_lines.append(text)
                log.emit(logging.LogRecord(name, logging.INFO, "", 0, text, None, None))
                self._on_line(name, text)
