"""Redis behind real Sentinels: found, used by every part of the service, and found again after a failover."""

from collections.abc import Iterator

import pytest

from alerting.errors import AlertingError
from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox
from tests.support.sentinels import PASSWORD, SENTINEL_PASSWORD, Watched, watched_redis
from tests.support.service import wait_until
from tests.support.told import once

pytestmark = [pytest.mark.faults]


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The database takes no part in these."""
    return ""


@pytest.fixture
def watched() -> Iterator[Watched]:
    try:
        with watched_redis() as running:
            yield running
    except AlertingError as error:
        pytest.skip(str(error))


def is_budget_shared(watched: Watched) -> bool:
    """What a request takes out of the budget is kept for seconds only."""
    return any(watched.master().scan_iter("alerting:budget:*"))


def test_a_failover_costs_seconds_and_every_part_finds_the_new_redis(
    make_service: MakeService, sandbox: Sandbox, watched: Watched
) -> None:
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false")
    service.broker_url = watched.url
    service.up().wait_for_good_tick()
    assert wait_until(lambda: is_budget_shared(watched), 20), "the request budget is shared there too"
    watched.fail_over()
    sandbox.sentry.add_errors("checkout", 11)
    once(sandbox, "checkout", service.wait_for_good_tick)
    assert wait_until(lambda: is_budget_shared(watched), 20)
    checked = service.command("check")
    assert "watched by the Sentinels 127.0.0.1:" in " ".join(checked.stdout.split())
    assert checked.returncode == 0, checked.stdout
    everything = service.logs() + checked.stdout
    assert "Traceback" not in everything
    assert not [secret for secret in (PASSWORD, SENTINEL_PASSWORD) if secret in everything]
