"""`alerting up`: the whole service on one machine, told as one story."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alerting import config
from alerting.commands import database, migrate, place, serve
from alerting.commands.failures import CommandError
from alerting.commands.lock import HeldError, Lock
from alerting.config import Settings
from alerting.config_values import is_loopback
from alerting.local import demo, redis_server
from alerting.local.processes import Program
from alerting.local.story import Story
from alerting.local.supervisor import StopAsked, Supervisor
from alerting.notifiers.render import view

if TYPE_CHECKING:
    from alerting.local.watch import Event

LOOK_SECONDS = 0.4
HEIR_SECONDS = 10.0
SHOWN_LINES = 3


def up() -> None:
    """Run everything here; without SENTRY_AUTH_TOKEN on a sandbox. Ctrl-C stops all of it."""
    settings = config.current()
    if settings.SENTRY_AUTH_TOKEN is None:
        demo.require()
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
        self._is_demo = settings.SENTRY_AUTH_TOKEN is None
        self._data_dir = settings.data_dir / "sandbox" if self._is_demo else settings.data_dir
        self._log_dir = settings.data_dir / "log"
        self._log_dir.mkdir(mode=0o700, exist_ok=True)
        self._own = dict(os.environ)
        self._env = {
            **self._own,
            "ALERTING_DATA_DIR": str(self._data_dir),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
        }
        self._boxed: tuple[str, ...] = demo.untouched(os.environ) if self._is_demo else ()
        self._bind = ""
        self._ready: dict[str, str] = {}
        self._shown_whole: set[str] = set()
        self._told_the_end = False
        self._programs = Supervisor(
            self._log_dir, lock.fileno(), self._on_line, self._on_death, mortal=("sandbox", "shop")
        )

    def run(self) -> None:
        """Start, follow until asked to stop, and stop everything whatever happens."""
        try:
            self._start()
            self._follow()
        except StopAsked:
            self._story.blank()
            self._story.plain("Stopping…")
        finally:
            self._programs.end(last=("redis", "sandbox"))
        self._story.plain("Everything has stopped.")

    def _start(self) -> None:
        self._story.heading(self._title())
        self._story.blank()
        if self._is_demo:
            demo.begin_afresh(self._data_dir)
        self._story.step("data", f"{self._data_dir} (logs in {self._log_dir})")
        self._start_redis()
        if self._is_demo:
            self._ready = self._start_sandbox()
        os.environ.clear()
        os.environ.update(self._env)
        config.current.cache_clear()
        self._settings = config.load(need_source=True)
        self._migrate()
        self._place_page()
        self._start_celery()
        self._start_page()
        from alerting.local.watch import Watch  # its models need the settings that are complete only now

        self._watch = Watch()
        self._say_what_to_expect()
        if self._is_demo:
            self._programs.start(demo.shop(self._env, self._ready["dsn"], self._root))

    def _title(self) -> str:
        if self._is_demo:
            return "SENTRY_AUTH_TOKEN is not set, so this is a demonstration with a pretend shop. Times are UTC."
        return f"Watching {self._settings.SENTRY_ORG} on {self._settings.SENTRY_URL}. Times are UTC."

    def _start_redis(self) -> None:
        if config.origin("CELERY_BROKER_URL") != "default":
            self._use_broker()
            return
        server = redis_server.prepare(self._data_dir)
        child = self._programs.start(Program("redis", server.argv, self._env, self._root))
        try:
            version = redis_server.wait_until_ready(server, lambda: child.is_running and not self._programs.is_stopping)
        except CommandError:
            self._programs.check_stop()
            raise self._programs.obituary(child) from None
        self._env["CELERY_BROKER_URL"] = server.url
        self._story.step("redis", f"{server.kind} {version} on 127.0.0.1:{server.port}")

    def _use_broker(self) -> None:
        """The server of CELERY_BROKER_URL; one that is away now is a mistake rather than a minute of waiting."""
        from alerting.commands.probes import broker

        try:
            found = broker.judge(*broker.ask(self._settings))
        except broker.RefusedError as error:
            raise CommandError(f"{error}. {error.advice}") from None
        self._story.step("redis", found.said)
        if found.advice:
            self._story.event("redis", found.advice, "yellow")

    def _start_sandbox(self) -> dict[str, str]:
        child = self._programs.start(demo.sandbox(self._env, self._root, self._data_dir))
        line = self._programs.wait_for(child, lambda line: "ready" in demo.said(line))
        ready: dict[str, str] = demo.said(line)["ready"]
        self._env = demo.environment(self._env, ready)
        self._story.step("sandbox", f"a Sentry, a Slack and a mail server; read what they get at {ready['page']}")
        return ready

    def _migrate(self) -> None:
        database.ready()
        applied = database.migrate()
        done = f", {len(applied)} migrations applied" if applied else ""
        self._story.step("database", f"{database.name()}{done}")

    def _start_celery(self) -> None:
        worker = self._programs.start(self._celery("worker", "--without-gossip", "--without-mingle"))
        self._programs.wait_for(worker, lambda line: " ready." in line)
        self._story.step("worker", "celery -A worker worker")
        beat = self._programs.start(self._celery("beat"))
        self._programs.wait_for(beat, lambda line: "beat: Starting" in line)
        interval = self._settings.SENTRY_POLL_INTERVAL_SECONDS
        self._story.step("beat", f"celery -A worker beat, a tick every {interval} s")

    def _place_page(self) -> None:
        """Before anything tells of it: what people are told here links to the page here."""
        self._bind = serve.free_bind(self._settings.ALERTING_STATUS_BIND)
        if not self._settings.ALERTING_STATUS_URL and is_loopback(self._bind.rpartition(":")[0]):
            self._env["ALERTING_STATUS_URL"] = f"http://{self._bind}"

    def _start_page(self) -> None:
        env = {**self._env, "ALERTING_STATUS_BIND": self._bind}
        page = self._programs.start(
            Program("page", (str(Path(sys.executable).with_name("alerting")), "serve"), env, self._root)
        )
        self._programs.wait_for(page, lambda line: "The page is at" in line)
        self._story.step("page", f"http://{self._bind}/")

    def _celery(self, name: str, *options: str) -> Program:
        argv = (sys.executable, "-m", "celery", "-A", "worker", name, "-l", "info", *options)
        return Program(name, argv, self._env, self._root)

    def _say_what_to_expect(self) -> None:
        self._story.blank()
        if self._is_demo:
            self._story.paragraphs(demo.introduction(self._own))
        else:
            channels = " and ".join(self._settings.channels) or "nobody: no channel is enabled"
            self._story.plain(f"Notices go to {channels}. `alerting check` tries every part. Ctrl-C stops everything.")
        self._story.blank()

    def _follow(self) -> None:
        look_at = 0.0
        while True:
            self._programs.check_stop()
            self._programs.look_after()
            if time.monotonic() >= look_at:
                self._look()
                self._conclude()
                look_at = time.monotonic() + LOOK_SECONDS
            self._programs.pump(LOOK_SECONDS)

    def _look(self) -> None:
        for event in self._watch.look():
            self._tell(event)

    def _tell(self, event: "Event") -> None:
        style = "red" if event.is_bad else "green"
        if event.notice is None:
            self._story.event(event.name, event.text, style)
        elif event.channel not in self._boxed:
            self._story.event(event.channel, view(event.notice).subject, style)

    def _conclude(self) -> None:
        """After the demonstration's incident: what to do next, once."""
        if self._is_demo and not self._told_the_end and self._watch.is_over():
            self._told_the_end = True
            self._story.blank()
            self._story.paragraphs(demo.conclusion(self._data_dir, self._ready["page"]))
            self._story.blank()

    def _on_line(self, name: str, line: str) -> None:
        if name in {"worker", "beat"}:
            self._story.log_line(name, line)
        elif name == "shop":
            self._story.event("shop", line, "magenta")
        elif name == "sandbox" and "arrived" in (said := demo.said(line)):
            self._show_arrival(said["arrived"], said["subject"], said["text"].strip().splitlines())

    def _on_death(self, name: str, how: str, last_lines: Sequence[str]) -> None:
        self._story.event(name, f"{name} {how}", "red")
        self._story.quote(last_lines[-SHOWN_LINES:])

    def _show_arrival(self, channel: str, subject: str, lines: Sequence[str]) -> None:
        """A message in the demonstration; the first one of each channel is shown whole."""
        self._look()
        self._story.event(channel, subject, "yellow")
        if channel not in self._shown_whole:
            self._shown_whole.add(channel)
            self._story.quote([line for line in lines if line and line != subject])
