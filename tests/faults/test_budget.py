"""One token, one budget: all workers together stay under Sentry's limit, and spend it on what matters most."""

import time
from itertools import pairwise

import pytest

from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox
from tests.sandbox.records import RecordedRequest
from tests.support.told import in_slack, once

pytestmark = [pytest.mark.faults]
LIMIT = 3
# What one tick may ask besides, and a page that its plan could not know of.
MOST_BETWEEN = 5


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The budget is kept in Redis."""
    return ""


def test_several_workers_stay_under_three_requests_a_second_and_see_errors_first(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    sandbox.sentry.rate_limit = LIMIT
    service = make_service()
    service.migrate()
    for number in range(3):
        service.start_worker(f"worker-{number}")
    service.start_beat()
    service.wait_for_good_tick()
    for number in range(250):
        sandbox.sentry.add_issue("search", f"ValueError: kind {number}")
    sandbox.sentry.add_errors("checkout", 11, issue=False)
    began = time.monotonic()
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "checkout"))
    assert time.monotonic() - began < 20, "seconds, though three pages of new issues wait as well"
    once(sandbox, "checkout", service.wait_for_good_tick)
    requests = list(sandbox.sentry.requests)
    refused = [each for each in requests if each.status == 429]
    assert refused == []
    assert most_within_a_second(requests) <= LIMIT
    assert longest_without_errors(requests) <= MOST_BETWEEN


def most_within_a_second(requests: list[RecordedRequest]) -> int:
    """The fullest second anywhere, on the server's side."""
    times = [each.at.timestamp() for each in requests]
    return max(sum(start <= other < start + 1.0 for other in times) for start in times)


def longest_without_errors(requests: list[RecordedRequest]) -> int:
    """How many other requests at most lie between two for counts of errors."""
    asked = [number for number, each in enumerate(requests) if ("dataset", "errors") in each.query]
    return max(after - before - 1 for before, after in pairwise(asked))
