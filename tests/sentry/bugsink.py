"""A real Bugsink: installed in a virtual environment of its own, served on loopback, its database read from outside."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sentry.installed import ROOT
from tests.support.service import free_port

VERSION = "2.6.2"
_PROJECT = "from projects.models import Project; print('DSN', Project.objects.create(name='shop', slug='shop').dsn)"


@dataclass
class Bugsink:
    """Where to send to, and what was kept of it."""

    dsn: str
    database: Path

    def issues(self) -> list[tuple[str, int]]:
        """Each issue's type, with how many events it holds."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            query = "SELECT calculated_type, digested_event_count FROM issues_issue ORDER BY 1, 2"
            return list(connection.execute(query))

    def everything(self) -> str:
        """Every row of every table."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return "\n".join(connection.iterdump())

    def wait_for(self, events: int, seconds: float = 60) -> None:
        ends = time.monotonic() + seconds
        while (held := sum(count for _, count in self.issues())) < events:
            assert time.monotonic() < ends, f"waited for {events} events, {held} arrived: {self.issues()}"
            time.sleep(0.1)


def programs() -> Path:
    """Where Bugsink's programs are; skips the test, saying so, where it cannot be fetched."""
    folder = ROOT / f"bugsink-{VERSION}"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
        command = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, f"bugsink=={VERSION}"], capture_output=True, text=True, timeout=400, check=False
        )
        if done.returncode:
            pytest.skip(f"without network: Bugsink {VERSION} is not installed here and cannot be: {done.stderr[-300:]}")
        (folder / "ready").touch()
    return folder / "bin"


@contextlib.contextmanager
def running_bugsink(folder: Path) -> Iterator[Bugsink]:
    """Bugsink with one project, on a port and in a folder of its own."""
    found, port = programs(), free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SENTRY_", "DJANGO_", "PYTEST_"))}
    environment = {**kept, "PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": "bugsink_conf"}
    environment["DATABASE_PATH"] = str(folder / "bugsink.sqlite3")

    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(found / program), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    run("bugsink-create-conf", "--template", "local", "--host", "127.0.0.1", "--port", str(port))
    with (folder / "bugsink_conf.py").open("a") as configuration:
        configuration.write(f"\nBUGSINK['INGEST_STORE_BASE_DIR'] = {str(folder / 'ingestion')!r}\n")
    run("bugsink-manage", "migrate")
    (dsn,) = (line.split()[1] for line in run("bugsink-manage", "shell", "-c", _PROJECT).splitlines() if "DSN" in line)
    command = [str(found / "gunicorn"), "--bind", f"127.0.0.1:{port}", "bugsink.wsgi"]
    with (folder / "gunicorn.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health/ready")
        yield Bugsink(dsn, folder / "bugsink.sqlite3")
    finally:
        server.terminate()
        server.wait(30)


def _wait_until_it_answers(url: str, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not _answers(url):
        assert time.monotonic() < ends, "Bugsink does not answer"
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:  # any answer is one
        return True
    except OSError:
        return False
    return True
