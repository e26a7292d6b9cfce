"""Databases as `alerting migrate` leaves them, made once in a test run and copied for each test."""

import contextlib
import fcntl
import functools
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support import postgres

_numbers = itertools.count(1)


@functools.cache
def sqlite_file() -> Path:
    """An SQLite file to copy."""
    with _made_once("migrated", _migrate) as folder:
        return folder / "alerting.sqlite3"


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[Callable[[], contextlib.AbstractContextManager[str]]]:
    """A PostgreSQL server that lends databases, each for as long as its context lasts."""
    if postgres.binaries() is None:
        pytest.skip(postgres.MISSING)
    with _made_once("migrated-pg", _migrate_cluster) as folder, postgres.server(folder / "cluster") as url:
        yield lambda: _lent(url)


@contextlib.contextmanager
def _made_once(name: str, make: Callable[[Path], None]) -> Iterator[Path]:
    """A folder that `make` has filled: the first worker of a test run to come here does it, the others wait for it."""
    folder = Path(tempfile.gettempdir(), f"{name}-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}")
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            make(folder)
            (folder / "made").touch()
    yield folder


def _migrate_cluster(folder: Path) -> None:
    with postgres.running() as cluster:
        _migrate(folder, DATABASE_URL=cluster.url)
        cluster.keep(folder / "cluster")


@contextlib.contextmanager
def _lent(url: str) -> Iterator[str]:
    name, server = f"lent_{next(_numbers)}", url.rsplit("/", 1)[0]
    # Not connected to the database that is copied, which nobody may use meanwhile.
    with psycopg.connect(f"{server}/template1", autocommit=True) as connection:
        connection.execute(f"create database {name} template postgres")
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/template1", autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")


def _migrate(folder: Path, **variables: str) -> None:
    environ = {"PATH": os.environ["PATH"], "ALERTING_DATA_DIR": str(folder), **variables}
    program = Path(sys.executable).with_name("alerting")
    subprocess.run([program, "migrate"], cwd=folder, env=environ, capture_output=True, check=True, timeout=120)
