"""The clock, the name service and the time a tick takes: nothing is made up, and what is wrong is told."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Incident
from alerting.incidents.stored_facts import DatabaseFacts
from alerting.poll.budget import LocalBudget
from alerting.poll.client import SentryClient
from alerting.poll.sentry import SentrySource
from tests.flow.conftest import MakeService
from tests.sandbox import Fault, Sandbox
from tests.support.pipeline import World
from tests.support.sandboxed import world_on
from tests.support.told import once, wait_until_told

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The database takes no part in these."""
    return ""


@pytest.fixture
def world(sandbox: Sandbox, transactional_db: None) -> World:
    return world_on(sandbox, World(NOON, interval=30))


@pytest.mark.parametrize(
    ("jump", "told"), [(HOUR, "clock is 1 h ahead of"), (-HOUR, "clock is 1 h behind")], ids=["forward", "back"]
)
def test_a_clock_that_jumps_an_hour_resolves_nothing_is_told_at_once_and_caught_up(
    world: World, sandbox: Sandbox, jump: timedelta, told: str
) -> None:
    world.run(timedelta(minutes=2))
    sandbox.sentry.add_errors("shop", 11, issue=False)
    world.run(timedelta(minutes=1))
    assert world.kinds() == ["first"]
    sandbox.sentry.clock = lambda: world.now - jump
    world.now += jump
    sandbox.sentry.add_errors("blog", 20, issue=False)
    world.run(timedelta(minutes=15))
    assert world.kinds() == ["first", "blind"]
    assert told in world.slack.sent[1].sentence
    assert Incident.objects.get(rule="critical_errors").state == "firing"
    sandbox.sentry.clock = lambda: world.now
    world.now -= jump
    world.run(timedelta(minutes=15))
    assert sorted((notice.project, notice.kind) for notice in world.slack.sent[2:]) == [
        ("blog", "late"),
        ("sentry", "sighted"),
        ("shop", "resolved"),
    ]


def test_a_clock_that_was_ahead_at_the_very_first_start_costs_no_new_issue(world: World, sandbox: Sandbox) -> None:
    world.now += HOUR
    sandbox.sentry.clock = lambda: world.now - HOUR
    world.run(timedelta(minutes=5))
    sandbox.sentry.clock = lambda: world.now
    world.now -= HOUR
    world.run(timedelta(minutes=2))
    sandbox.sentry.add_issue("shop", "ValueError: after the clock was set right")
    world.run(timedelta(minutes=2))
    assert [notice.issue["title"] for notice in world.slack.sent if notice.issue] == [
        "ValueError: after the clock was set right"
    ]


def test_a_name_that_is_not_found_is_told_with_the_host_and_the_variable(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    there = world.source
    client = SentryClient("https://sentry.invalid", sandbox.sentry.token, LocalBudget(), sleep=world.pass_time)
    world.source = SentrySource(client, sandbox.sentry.org, facts=DatabaseFacts())
    world.run(timedelta(minutes=5))
    assert world.kinds() == ["blind"]
    assert "sentry.invalid cannot be reached" in world.slack.sent[0].sentence
    assert "SENTRY_URL" in world.slack.sent[0].sentence
    world.source = there
    world.run(timedelta(minutes=2))
    assert world.kinds() == ["blind", "sighted"]


@pytest.mark.faults
def test_ticks_that_take_longer_than_their_interval_do_not_overlap_and_tell_once(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false").up()
    service.wait_for_good_tick()
    slow = sandbox.sentry.fault(Fault(delay=1.5))
    sandbox.sentry.add_errors("checkout", 11)
    wait_until_told(sandbox, "checkout")
    service.wait_for_good_tick()
    slow.remove()
    once(sandbox, "checkout", service.wait_for_good_tick)
    ticks = service.rows("select claimed_at, finished_at from incidents_tick where finished_at is not null order by 1")
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(ticks))
