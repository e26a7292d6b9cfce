"""One whole service per test, on SQLite and on PostgreSQL."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox import Sandbox
from tests.support.service import Service, broker

MakeService = Callable[..., Service]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        # A token that sees no project at all is a fault of its own.
        running.sentry.add_project("quiet")
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database, empty for SQLite's file in the data directory."""
    if request.param == "sqlite":
        yield ""
        return
    with request.getfixturevalue("migrated_postgres")() as url:
        yield url


@pytest.fixture
def make_service(sandbox: Sandbox, database_url: str, tmp_path: Path) -> Iterator[MakeService]:
    """Build a service with some variables overridden; it is gone after the test, its logs shown if that failed."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(broker())

        def make(**overrides: str) -> Service:
            folder = tmp_path / f"data-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            service = Service(sandbox, folder, server.connection_url, database_url, overrides)
            service.is_migrated = bool(database_url)
            stack.callback(service.close)
            return service

        yield make
