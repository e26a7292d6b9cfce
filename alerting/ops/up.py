"""`alerting up`: the whole service on one machine, and nothing left behind when it stops."""

import os
import queue
import signal
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from alerting import config
from alerting.config import Settings
from alerting.notifiers.render import view
from alerting.ops import database, migrate, place, redis_server
from alerting.ops.failures import CommandError
from alerting.ops.lock import HeldError, Lock
from alerting.ops.processes import Child, Family, Program
from alerting.ops.story import Story

if TYPE_CHECKING:
    from alerting.ops.watch import Event

READY_SECONDS = 60.0
STOP_SECONDS = 6.0
LOOK_SECONDS = 0.4
HEIR_SECONDS = 10.0
# A program that keeps dying is not helped by starting it for ever; its last words are.
MOST_RESTARTS = 3
RESTARTS_WITHIN_SECONDS = 600.0
SHOWN_LINES = 3


class StopAsked(Exception):  # noqa: N818  not an error
    """Somebody wants us to stop."""


def up() -> None:
    """Run everything on this machine; without SENTRY_AUTH_TOKEN against a local sandbox. Ctrl-C stops all of it."""
    settings = config.current()
    migrate.prepare_data_dir()
    try:
        with Lock(settings.data_dir / "up.lock", heir_seconds=HEIR_SECONDS) as lock:
            Up(settings, lock, Story()).run()
    except HeldError as held:
        who = f"process {held.holder.pid}, since {held.holder.since}" if held.holder else "another process"
        raise CommandError(
            f"`alerting up` already runs on {settings.data_dir}: {who}. "
            "Stop it first, or set ALERTING_DATA_DIR to another directory."
        ) from None


class Up:
    """One run, from the first process to the last."""

    def __init__(self, settings: Settings, lock: Lock, story: Story) -> None:
        self._settings = settings
        self._story = story
        self._root = place.root()
        self._data_dir = settings.data_dir
        self._log_dir = settings.data_dir / "log"
        self._log_dir.mkdir(mode=0o700, exist_ok=True)
        self._lines: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._family = Family(self._log_dir, lambda name, line: self._lines.put((name, line)), lock.fileno())
        self._env = {
            **os.environ,
            "ALERTING_DATA_DIR": str(self._data_dir),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
        }
        self._server: redis_server.Server | None = None
        self._deaths: dict[str, deque[float]] = defaultdict(deque)

    def run(self) -> None:
        """Start, follow until asked to stop, and stop everything whatever happens."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._start()
            self._follow()
        except StopAsked:
            self._story.blank()
            self._story.plain("Stopping…")
        finally:
            self._end()
        self._story.plain("Everything has stopped.")

    def _start(self) -> None:
        self._story.heading(self._title())
        self._story.blank()
        self._story.step("data", f"{self._data_dir} (logs in {self._log_dir})")
        self._start_redis()
        os.environ.update(self._env)
        config.current.cache_clear()
        self._settings = config.load(need_source=True)
        self._migrate()
        self._start_celery()
        from alerting.ops.watch import Watch  # its models need the settings that are complete only now

        self._watch = Watch()

    def _title(self) -> str:
        return f"Watching {self._settings.SENTRY_ORG} on {self._settings.SENTRY_URL}. Times are UTC."

    def _start_redis(self) -> None:
        if config.origin("CELERY_BROKER_URL") != "default":
            from alerting.ops.probes import broker

            self._story.step("redis", broker.probe(self._settings).said)
            return
        self._server = redis_server.prepare(self._data_dir)
        child = self._family.start(Program("redis", self._server.argv, self._env, self._root))
        try:
            version = redis_server.wait_until_ready(self._server, lambda: child.is_running and not self._stop.is_set())
        except CommandError:
            self._check_stop()
            raise self._obituary(child) from None
        self._env["CELERY_BROKER_URL"] = self._server.url
        self._story.step("redis", f"{self._server.kind} {version} on 127.0.0.1:{self._server.port}")

    def _migrate(self) -> None:
        database.ready()
        applied = database.migrate()
        done = f", {len(applied)} migrations applied" if applied else ""
        self._story.step("database", f"{database.name()}{done}")

    def _start_celery(self) -> None:
        worker = self._family.start(self._celery("worker", "--without-gossip", "--without-mingle"))
        self._wait_for(worker, lambda line: " ready." in line)
        self._story.step("worker", "celery -A worker worker")
        beat = self._family.start(self._celery("beat"))
        self._wait_for(beat, lambda line: "beat: Starting" in line)
        self._story.step("beat", f"celery -A worker beat, a tick every {self._settings.SENTRY_POLL_INTERVAL_SECONDS} s")

    def _celery(self, name: str, *options: str) -> Program:
        argv = (sys.executable, "-m", "celery", "-A", "worker", name, "-l", "info", *options)
        return Program(name, argv, self._env, self._root)

    def _follow(self) -> None:
        look_at = 0.0
        while True:
            self._check_stop()
            self._look_after_children()
            if time.monotonic() >= look_at:
                for event in self._watch.look():
                    self._tell(event)
                look_at = time.monotonic() + LOOK_SECONDS
            self._show_line(LOOK_SECONDS)

    def _tell(self, event: "Event") -> None:
        style = "red" if event.is_bad else "green"
        if event.notice is None:
            self._story.event(event.name, event.text, style)
        else:
            shown = view(event.notice)
            self._story.event(event.channel, shown.subject, style)

    def _show_line(self, timeout: float) -> str:
        try:
            name, line = self._lines.get(timeout=timeout)
        except queue.Empty:
            return ""
        if name in {"worker", "beat"}:
            self._story.log_line(name, line)
        return line

    def _wait_for(self, child: Child, is_ready: Callable[[str], bool]) -> None:
        ends = time.monotonic() + READY_SECONDS
        while time.monotonic() < ends:
            self._check_stop()
            if is_ready(self._show_line(LOOK_SECONDS)):
                return
            if not child.is_running and self._lines.empty():
                break
        raise self._obituary(child)

    def _look_after_children(self) -> None:
        for child in [child for child in self._family.children.values() if not child.is_running]:
            name, now = child.program.name, time.monotonic()
            deaths = self._deaths[name]
            deaths.append(now)
            while deaths[0] < now - RESTARTS_WITHIN_SECONDS:
                deaths.popleft()
            how = self._bury(child)
            if len(deaths) > MOST_RESTARTS:
                raise self._obituary(child, how)
            self._family.start(child.program)
            self._story.event(name, f"{name} {how}: started again ({len(deaths)} of {MOST_RESTARTS})", "red")
            for line in list(child.last_lines)[-SHOWN_LINES:]:
                self._story.quote(line)

    def _bury(self, child: Child) -> str:
        """How it ended, in words."""
        is_late = child.is_running
        status = self._family.bury(child)
        if is_late:
            return "was not ready in time"
        return f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"

    def _obituary(self, child: Child, how: str = "") -> CommandError:
        """The error that ends everything: who died, how, and what it said last."""
        name = child.program.name
        words = "".join(f"\n    {line}" for line in child.last_lines)
        said = f" Its last lines (more in {self._log_dir / name}.log):{words}\n" if words else ""
        return CommandError(f"{name} {how or self._bury(child)}.{said}")

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise StopAsked

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._stop.is_set():
            # Asked twice: the guardian ends what is left.
            os._exit(128 + number)
        self._stop.set()
        self._lines.put(("", ""))

    def _end(self) -> None:
        self._stop.set()
        names = set(self._family.children)
        self._family.stop(names - {"redis", "sandbox"}, STOP_SECONDS)
        self._family.stop(names, STOP_SECONDS)
        self._family.close()
