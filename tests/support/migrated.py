"""Databases as `alerting migrate` leaves them, made once in a test process and copied for each test."""

import contextlib
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
    folder = Path(tempfile.mkdtemp(prefix="migrated-"))
    _migrate(folder)
    return folder / "alerting.sqlite3"


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[Callable[[], contextlib.AbstractContextManager[str]]]:
    """A PostgreSQL server that lends databases, each for as long as its context lasts."""
    if postgres.binaries() is None:
        pytest.skip(postgres.MISSING)
    with postgres.server() as url, tempfile.TemporaryDirectory(prefix="migrated-") as folder:
        _migrate(Path(folder), DATABASE_URL=url)
        yield lambda: _lent(url)


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
