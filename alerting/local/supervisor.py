"""Keeps the programs of `alerting up` running: waits for them, starts again what dies, stops all of them."""

import os
import queue
import signal
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from alerting.commands.failures import CommandError
from alerting.local.processes import Child, Family, OnLine, Program

READY_SECONDS = 60.0
STOP_SECONDS = 6.0
# A program that keeps dying is not helped by starting it for ever; its last words are.
MOST_RESTARTS = 3
RESTARTS_WITHIN_SECONDS = 600.0

OnDeath = Callable[[str, str, Sequence[str]], None]


class StopAsked(Exception):  # noqa: N818  not an error
    """Somebody wants us to stop."""


class Supervisor:
    """Runs programs until a signal asks to stop.

    Lines are handed to `on_line` in the caller's thread, while it waits or pumps. `on_death` hears of a program that
    was started again: its name, how it ended, its last lines. `mortal` names those that cannot be started again.
    """

    def __init__(
        self, log_dir: Path, heirloom: int, on_line: OnLine, on_death: OnDeath, mortal: Sequence[str] = ()
    ) -> None:
        self._log_dir = log_dir
        self._on_line = on_line
        self._on_death = on_death
        self._mortal = frozenset(mortal)
        self._lines: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._family = Family(log_dir, lambda name, line: self._lines.put((name, line)), heirloom)
        self._stop = threading.Event()
        self._deaths: dict[str, deque[float]] = defaultdict(deque)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    def start(self, program: Program) -> Child:
        """Start a program, which is watched from now on."""
        return self._family.start(program)

    def wait_for(self, child: Child, is_ready: Callable[[str], bool], look_seconds: float = 0.4) -> str:
        """The first line of this child that says it is ready. Raises CommandError with its last words instead."""
        ends = time.monotonic() + READY_SECONDS
        while time.monotonic() < ends:
            self.check_stop()
            name, line = self.pump(look_seconds)
            if name == child.program.name and is_ready(line):
                return line
            if not name and not child.is_running:
                break
        raise self.obituary(child)

    def pump(self, timeout: float) -> tuple[str, str]:
        """Hand on one line, waiting for it up to `timeout` seconds; ("", "") where none came."""
        try:
            name, line = self._lines.get(timeout=timeout)
        except queue.Empty:
            return "", ""
        if name:
            self._on_line(name, line)
        return name, line

    def look_after(self) -> None:
        """Start again whatever has died, or raise CommandError where that has happened too often."""
        for child in [child for child in self._family.children.values() if not child.is_running]:
            name, now = child.program.name, time.monotonic()
            deaths = self._deaths[name]
            deaths.append(now)
            while deaths[0] < now - RESTARTS_WITHIN_SECONDS:
                deaths.popleft()
            how = self._bury(child)
            if len(deaths) > MOST_RESTARTS or name in self._mortal:
                raise self.obituary(child, how)
            self._family.start(child.program)
            self._on_death(name, f"{how}: started again ({len(deaths)} of {MOST_RESTARTS})", list(child.last_lines))

    def obituary(self, child: Child, how: str = "") -> CommandError:
        """The error that ends everything: who died, how, and what it said last."""
        name = child.program.name
        how = how or self._bury(child)
        words = "".join(f"\n    {line}" for line in child.last_lines)
        said = f" Its last lines (more in {self._log_dir / name}.log):{words}\n" if words else ""
        return CommandError(f"{name} {how}.{said}")

    def check_stop(self) -> None:
        """Raise StopAsked once a signal has come."""
        if self.is_stopping:
            raise StopAsked

    def end(self, last: Sequence[str] = ()) -> None:
        """Stop everything, those named in `last` after the others."""
        self._stop.set()
        names = set(self._family.children)
        self._family.stop(names - set(last), STOP_SECONDS)
        self._family.stop(names, STOP_SECONDS)
        self._family.close()

    def _bury(self, child: Child) -> str:
        """How it ended, in words."""
        is_late = child.is_running
        status = self._family.bury(child)
        if is_late:
            return "was not ready in time"
        return f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._stop.is_set():
            # Asked twice: the guardian ends what is left.
            os._exit(128 + number)
        self._stop.set()
        self._lines.put(("", ""))
