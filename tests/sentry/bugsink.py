"""A real Bugsink: installed in a virtual environment of its own, served on loopback, its database read from outside."""

import contextlib
import os
import shutil
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

from tests.sentry.installed import ROOT, made_once
from tests.support.service import free_port

VERSION = "2.6.2"
DATABASE = "bugsink.sqlite3"
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
    with made_once(folder) as missing:
        if missing:
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
            command = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
            done = subprocess.run(
                [*command, f"bugsink=={VERSION}"], capture_output=True, text=True, timeout=400, check=False
            )
            if done.returncode:
                pytest.skip(f"without network: Bugsink {VERSION} is not installed here: {done.stderr[-300:]}")
            _make_database(folder)
    return folder / "bin"


def _make_database(folder: Path) -> None:
    """An empty database with its tables, which take longest to make."""
    made = folder / "empty"
    shutil.rmtree(made, ignore_errors=True)  # of a run that was interrupted
    made.mkdir()
    _configure(folder / "bin", made, 80)
    _run(folder / "bin", made, "bugsink-manage", "migrate")


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SENTRY_", "DJANGO_", "PYTEST_"))}
    own = {"PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": "bugsink_conf"}
    return {**kept, **own, "DATABASE_PATH": str(folder / DATABASE)}


def _run(found: Path, folder: Path, program: str, *arguments: str) -> str:
    command = [str(found / program), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=_environment(folder), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _configure(found: Path, folder: Path, port: int) -> None:
    _run(found, folder, "bugsink-create-conf", "--template", "local", "--host", "127.0.0.1", "--port", str(port))
    with (folder / "bugsink_conf.py").open("a") as configuration:
        configuration.write(f"\nBUGSINK['INGEST_STORE_BASE_DIR'] = {str(folder / 'ingestion')!r}\n")


@contextlib.contextmanager
def running_bugsink(folder: Path) -> Iterator[Bugsink]:
    """Bugsink with one project, on a port and in a folder of its own."""
    found, port = programs(), free_port()
    for kept in (found.parent / "empty").glob("*.sqlite3*"):
        shutil.copy(kept, folder)
    _configure(found, folder, port)
    told = _run(found, folder, "bugsink-manage", "shell", "-c", _PROJECT).splitlines()
    (dsn,) = (line.split()[1] for line in told if "DSN" in line)
    command = [str(found / "gunicorn"), "--bind", f"127.0.0.1:{port}", "bugsink.wsgi"]
    with (folder / "gunicorn.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=_environment(folder), stdout=log, stderr=log)
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health/ready")
        yield Bugsink(dsn, folder / DATABASE)
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
