"""The programs of `alerting up`: started one after the other, read line by line, ended together."""

import contextlib
import logging
import logging.handlers
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from alerting import parent_death
from alerting.commands.failures import CommandError

LOG_BYTES = 5_000_000
REMEMBERED_LINES = 12
READY_SECONDS = 60.0
STOP_SECONDS = 6.0
LOOK_SECONDS = 0.05

OnLine = Callable[[str, str], None]


class StopAsked(Exception):  # noqa: N818  not an error
    """Somebody wants us to stop."""


class LogFile(logging.handlers.RotatingFileHandler):
    """A log that gives up a line it cannot write: a full disk must not stop us reading, or the program would hang."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        pass


class Programs:
    """Runs programs from `folder` until a signal asks to stop or one of them ends.

    `on_line` gets each line with its program's name, in the caller's thread, while that waits or pumps; `log_dir` gets
    one bounded file for each program.
    """

    def __init__(self, folder: Path, log_dir: Path, on_line: OnLine) -> None:
        self._folder = folder
        self._log_dir = log_dir
        self._on_line = on_line
        self._lines: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._last_lines: dict[str, deque[str]] = {}
        self._readers: dict[str, threading.Thread] = {}
        self.running: dict[str, subprocess.Popen[str]] = {}

    def stop_on_signals(self) -> None:
        """From now on the first signal to end raises StopAsked in the main thread; a second one ends us at once."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            raise StopAsked

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)

    def start(
        self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None, inherited: Sequence[int] = ()
    ) -> None:
        """Start a program; without `env` it gets this process's environment. It keeps the `inherited` descriptors."""
        process = parent_death.start(
            argv,
            inherited,
            cwd=self._folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self.running[name] = process
        self._last_lines[name] = deque(maxlen=REMEMBERED_LINES)
        self._readers[name] = threading.Thread(target=self._read, args=(name, process), name=name, daemon=True)
        self._readers[name].start()

    def wait_for(self, name: str, words: str) -> str:
        """Until this program has printed the words; returns their line. Raises CommandError instead."""
        ends = time.monotonic() + READY_SECONDS
        while time.monotonic() < ends:
            self.check()
            speaker, line = self.pump(LOOK_SECONDS)
            if speaker == name and words in line:
                return line
        raise self.obituary(name, "was not ready in time")

    def pump(self, timeout: float) -> tuple[str, str]:
        """Hand on one line, waiting for it up to `timeout` seconds; ("", "") where none came."""
        try:
            name, line = self._lines.get(timeout=timeout)
        except queue.Empty:
            return "", ""
        self._on_line(name, line)
        return name, line

    def check(self) -> None:
        """Raise CommandError with the last words of a program that has ended: nothing goes on without it."""
        for name, process in self.running.items():
            if (status := process.poll()) is not None:
                how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
                raise self.obituary(name, how)

    def obituary(self, name: str, how: str) -> CommandError:
        """The error that ends everything: which program, how it ended, and what it said last."""
        self._end([name], 0)
        words = "".join(f"\n    {line}" for line in self._last_lines[name])
        said = f" Its last lines (more in {self._log_dir / name}.log):{words}\n" if words else ""
        return CommandError(f"{name} {how}.{said}")

    def end(self, last: Sequence[str] = (), grace_seconds: float = STOP_SECONDS) -> None:
        """Ask all to stop, those named in `last` after the others; whoever has not gone after the grace is killed."""
        self._end([name for name in self.running if name not in last], grace_seconds)
        self._end(last, grace_seconds)

    def _end(self, names: Iterable[str], grace_seconds: float) -> None:
        going = {name: self.running.pop(name) for name in names if name in self.running}
        for process in going.values():
            process.terminate()
        deadline = time.monotonic() + grace_seconds
        for name, process in going.items():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            parent_death.kill(process)
            process.wait()
            self._readers[name].join(timeout=1)

    def _read(self, name: str, process: subprocess.Popen[str]) -> None:
        log = LogFile(self._log_dir / f"{name}.log", maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
        with contextlib.closing(log):
            for line in process.stdout or ():
                text = line.rstrip("\n")
                if text.strip():
                    self._last_lines[name].append(text)
                log.emit(logging.LogRecord(name, logging.INFO, "", 0, text, None, None))
                self._lines.put((name, text))
