"""`alerting up`: the whole service on one machine, told as one story."""

import os
import sys
import time
from pathlib import Path

from alerting import config, data_directory
from alerting.commands import database, serve
from alerting.commands.failures import CommandError
from alerting.commands.lock import locked
from alerting.commands.probes import broker
from alerting.config_values import is_loopback
from alerting.local import demonstration, redis_server
from alerting.local.programs import Programs, StopAsked
from alerting.local.screen import Screen
from alerting.notifiers.render import view
from alerting.rules.units import counted

LOOK_SECONDS = 0.4
BIND = "ALERTING_STATUS_BIND"


def up() -> None:
    """Run everything here; without SENTRY_AUTH_TOKEN on a sandbox. Ctrl-C stops all of it."""
    if config.current().SENTRY_AUTH_TOKEN is None:
        demonstration.require()
    folder = config.current().data_dir
    data_directory.make(folder)
    with locked(
        folder / "up.lock",
        f"`alerting up` already runs on {folder}",
        "Stop it first, or set ALERTING_DATA_DIR to another directory.",
    ):
        Up(folder).run()


class Up:
    """One run, from the first program to the last."""

    def __init__(self, folder: Path) -> None:
        self._is_demonstration = config.current().SENTRY_AUTH_TOKEN is None
        self._data_dir = folder / "sandbox" if self._is_demonstration else folder
        self._log_dir = folder / "log"
        self._log_dir.mkdir(mode=0o700, exist_ok=True)
        self._environ = dict(os.environ)
        self._boxed = (
            {each.name for each in demonstration.untouched(self._environ)} if self._is_demonstration else set[str]()
        )
        self._ready: dict[str, str] = {}
        self._page_note = ""
        self._shown_whole: set[str] = set()
        self._told_the_end = False
        self._screen = Screen()
        self._programs = Programs(demonstration.ROOT, self._log_dir, self._on_line)

    def run(self) -> None:
        """Start, follow until asked to stop, and stop everything whatever happens."""
        self._programs.stop_on_signals()
        try:
            self._start()
            self._follow()
        except StopAsked:
            # A console that the signal interrupted while it printed would print the same again.
            self._screen = Screen()
            self._screen.plain("", "Stopping…")
        finally:
            self._programs.end(last=("redis", "sandbox"))
        self._screen.plain("Everything has stopped.")

    def _start(self) -> None:
        settings = config.current()
        if self._is_demonstration:
            self._screen.heading(demonstration.TITLE)
            demonstration.begin_afresh(self._data_dir)
        else:
            self._screen.heading(f"Watching {settings.SENTRY_ORG} on {settings.SENTRY_URL}. Times are UTC.")
        self._screen.plain("")
        self._place_page()
        self._screen.step("data", f"{self._data_dir} (logs in {self._log_dir})")
        # For the programs and for ourselves: we read the database they write to.
        os.environ |= {"ALERTING_DATA_DIR": str(self._data_dir), "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"}
        self._start_redis()
        if self._is_demonstration:
            self._start_sandbox()
        config.current.cache_clear()
        config.load(need_source=True)
        self._migrate()
        self._start_celery()
        self._start_page()
        from alerting.local.watch import Watch  # its models need the settings that are complete only now

        self._watch = Watch()
        self._say_what_to_expect()
        if self._is_demonstration:
            self._programs.start("shop", *demonstration.shop(os.environ, self._ready["dsn"]))

    def _start_redis(self) -> None:
        if config.origin("CELERY_BROKER_URL") != "default":
            self._use_broker()
            return
        server = redis_server.prepare(self._data_dir)
        self._programs.start("redis", server.argv)
        version = redis_server.wait_until_ready(server, self._programs.check)
        os.environ["CELERY_BROKER_URL"] = server.url
        self._screen.step("redis", f"{server.kind} {version} on 127.0.0.1:{server.port}")

    def _use_broker(self) -> None:
        """The server of CELERY_BROKER_URL; one that is away now is a mistake rather than a minute of waiting."""
        try:
            found = broker.judge(*broker.ask(config.current()))
        except broker.RefusedError as error:
            raise CommandError(f"{error}. {error.advice}") from None
        self._screen.step("redis", found.said)
        if found.advice:
            self._screen.event("redis", found.advice, "yellow")

    def _start_sandbox(self) -> None:
        self._programs.start("sandbox", demonstration.SANDBOX)
        self._ready = demonstration.said(self._programs.wait_for("sandbox", '"ready"'))["ready"]
        environ = demonstration.environment(os.environ, self._ready)
        os.environ.clear()
        os.environ.update(environ)
        where = f"read what they get at {self._ready['page']}"
        self._screen.step("sandbox", f"a Sentry, a Slack and a mail server; {where}")

    def _migrate(self) -> None:
        database.ready()
        applied = database.migrate()
        done = f", {counted(len(applied), 'migration')} applied" if applied else ""
        self._screen.step("database", f"{database.name()}{done}")

    def _start_celery(self) -> None:
        celery = (sys.executable, "-m", "celery", "-A", "worker")
        self._programs.start("worker", (*celery, "worker", "-l", "info", "--without-gossip", "--without-mingle"))
        self._programs.wait_for("worker", " ready.")
        self._screen.step("worker", "celery -A worker worker")
        self._programs.start("beat", (*celery, "beat", "-l", "info"))
        self._programs.wait_for("beat", "beat: Starting")
        interval = config.current().SENTRY_POLL_INTERVAL_SECONDS
        self._screen.step("beat", f"celery -A worker beat, a tick every {interval} s")

    def _place_page(self) -> None:
        """Before anything else: what people are told here links to the page here, and nobody may take its port."""
        wanted, is_default = config.current().ALERTING_STATUS_BIND, config.origin(BIND) == "default"
        self._listener = serve.listen_nearby(wanted) if is_default else serve.listen(wanted)
        bind = f"{wanted.rpartition(':')[0]}:{self._listener.getsockname()[1]}"
        self._page_note = f" (another program has {wanted})" if is_default and bind != wanted else ""
        os.environ[BIND] = bind
        if not config.current().ALERTING_STATUS_URL and is_loopback(bind.rpartition(":")[0]):
            os.environ["ALERTING_STATUS_URL"] = f"http://{bind}"

    def _start_page(self) -> None:
        place = self._listener.fileno()
        program = str(Path(sys.executable).with_name("alerting"))
        self._programs.start("page", (program, "serve", "--listener", str(place)), inherited=(place,))
        self._listener.close()
        self._programs.wait_for("page", "The page is at")
        self._screen.step("page", f"http://{os.environ[BIND]}/{self._page_note}")

    def _say_what_to_expect(self) -> None:
        channels = " and ".join(config.current().channels) or "nobody: no channel is enabled"
        lines = [f"Notices go to {channels}. `alerting check` tries every part. Ctrl-C stops everything."]
        if self._is_demonstration:
            lines = list(demonstration.introduction(self._environ))
        self._screen.plain("", *lines, "")

    def _follow(self) -> None:
        look_at = 0.0
        while True:
            self._programs.check()
            if time.monotonic() >= look_at:
                self._look()
                self._conclude()
                look_at = time.monotonic() + LOOK_SECONDS
            self._programs.pump(LOOK_SECONDS)

    def _look(self) -> None:
        for event in self._watch.look():
            style = "red" if event.is_bad else "green"
            if event.notice is None:
                self._screen.event(event.name, event.text, style)
            elif event.channel not in self._boxed:
                self._screen.event(event.channel, view(event.notice).subject, style)

    def _conclude(self) -> None:
        """After the demonstration's incident: what to do next, once."""
        if self._is_demonstration and not self._told_the_end and self._watch.is_over():
            self._told_the_end = True
            self._screen.plain("", *demonstration.conclusion(self._data_dir, self._ready["page"]), "")

    def _on_line(self, name: str, line: str) -> None:
        if name in {"worker", "beat"}:
            self._screen.log_line(name, line)
        elif name == "shop":
            self._screen.event("shop", line, "magenta")
        elif name == "sandbox" and "arrived" in (said := demonstration.said(line)):
            self._show_arrival(said["arrived"], said["subject"], said["text"].strip().splitlines())

    def _show_arrival(self, channel: str, subject: str, lines: list[str]) -> None:
        """A message in the demonstration; the first one of each channel is shown whole."""
        self._look()
        self._screen.event(channel, subject, "yellow")
        if channel not in self._shown_whole:
            self._shown_whole.add(channel)
            self._screen.quote([line for line in lines if line and line != subject])
