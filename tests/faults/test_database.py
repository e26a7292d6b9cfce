"""The database locked, away, restarted, full or migrated under living workers: everything is told, once."""

import contextlib
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox
from tests.support import postgres
from tests.support.service import Service, wait_until
from tests.support.told import once, wait_until_told

pytestmark = [pytest.mark.faults]
COUNTS_ONLY = {"SENTRY_NEW_ISSUE_ALERTS_ENABLED": "false"}


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """Where the database itself is the fault, the test brings its own."""
    return ""


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server that the test may stop and start."""
    binaries = postgres.binaries()
    if binaries is None:
        pytest.skip(postgres.MISSING)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    made = postgres.Cluster(binaries, folder, postgres.free_port())
    try:
        made.create()
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_database_that_stays_locked_longer_than_anyone_waits_is_caught_up(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(**COUNTS_ONLY)
    service.overrides = {
        **service.overrides,
        "DATABASE_URL": f"sqlite:///{service.folder / 'alerting.sqlite3'}?timeout=1",
    }
    service.up().wait_for_good_tick()
    with contextlib.closing(sqlite3.connect(service.folder / "alerting.sqlite3", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        sandbox.sentry.add_errors("checkout", 11)
        service.wait_for_log("worker", "database is locked", timeout=30)
        lock.execute("ROLLBACK")
    once(sandbox, "checkout", service.wait_for_good_tick)


def test_a_database_that_is_away_and_comes_back_is_waited_for(
    make_service: MakeService, sandbox: Sandbox, cluster: postgres.Cluster
) -> None:
    service = make_service(**COUNTS_ONLY)
    service.database_url = cluster.url
    service.up().wait_for_good_tick()
    cluster.stop()
    service.wait_for_log("worker", "the database is away", timeout=30)
    health = service.command("health")
    assert health.returncode == 1
    sandbox.sentry.add_errors("checkout", 11)
    cluster.start()
    once(sandbox, "checkout", service.wait_for_good_tick)
    assert service.command("health").returncode == 0
    log = service.wait_for_log("worker", "the database answers again after")
    assert (log.count("the database is away"), log.count("Traceback")) == (1, 0), log


def test_a_full_disk_is_survived_and_caught_up(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    with contextlib.closing(sqlite3.connect(service.folder / "alerting.sqlite3")) as reader:
        # While somebody reads, SQLite appends to this file; it soon outgrows the log, which can still be written.
        log = service.folder / "alerting.sqlite3-wal"
        reader.execute("select 1 from incidents_tick").fetchone()
        assert wait_until(lambda: log.exists() and log.stat().st_size > 100_000, 30)
        limit_files(service, log.stat().st_size)
        sandbox.sentry.add_errors("checkout", 11)
        service.wait_for_log("worker", "disk I/O error")
        assert sandbox.slack.messages == []
        limit_files(service, resource.RLIM_INFINITY)
    once(sandbox, "checkout", service.wait_for_good_tick)


def limit_files(service: Service, size: int) -> None:
    """Let the kernel refuse the workers' writes beyond `size` bytes of a file, as it does where a disk is full."""
    master = psutil.Process(service.processes["worker"].pid)
    for process in (master, *master.children(recursive=True)):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_an_unmigrated_database_is_named_at_start(make_service: MakeService) -> None:
    service = make_service()
    process = service.start("worker", "worker")
    assert process.wait(30) == 2
    assert "run `alerting migrate` first" in service.log("worker")


def test_a_migration_of_the_next_version_disturbs_no_living_worker(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY).up()
    sandbox.sentry.add_errors("search", 11)
    wait_until_told(sandbox, "search")
    service.migrate()
    for table in ("incidents_incident", "incidents_tick", "outbox_message", "incidents_decision"):
        service.execute(f"alter table {table} add column of_the_next_version integer null")
    once(sandbox, "search", service.wait_for_good_tick)
    sandbox.sentry.add_errors("checkout", 11)
    once(sandbox, "checkout", service.wait_for_good_tick)
