"""What quota drops: errors count as errors, transactions make a rate unjudgeable, and nothing is added up untruly."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Incident
from tests.sandbox import Sandbox
from tests.support.pipeline import World
from tests.support.sandboxed import world_on

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(sandbox: Sandbox, transactional_db: None) -> World:
    sandbox.sentry.add_project("shop")
    return world_on(sandbox, World(NOON, interval=30))


def every(world: World, seconds: int, minutes: int, act: Callable[[], None]) -> None:
    for _ in range(4 * minutes):
        for _ in range(0, 15, seconds):
            act()
        world.run(timedelta(seconds=15))


def test_an_error_every_two_seconds_all_dropped_is_told_with_the_numbers(world: World, sandbox: Sandbox) -> None:
    every(world, 2, 8, lambda: sandbox.sentry.add_dropped("shop", 1, reason="project_quota"))
    assert world.kinds()[0] == world.kinds("email")[0] == "first"
    notice = world.slack.sent[0]
    assert notice.project == "shop"
    assert notice.headline.startswith("at least ")
    assert "0 errors that Sentry kept and" in notice.notes[0]
    assert "by project_quota" in notice.notes[0]
    assert world.kinds().count("first") == 1


def test_what_was_kept_and_what_was_dropped_are_added_up_and_ten_stay_silent(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 6, issue=False)
    sandbox.sentry.add_dropped("shop", 4)
    world.run(timedelta(minutes=6))
    assert world.kinds() == []
    sandbox.sentry.add_errors("shop", 6, issue=False)
    sandbox.sentry.add_dropped("shop", 5)
    world.run(timedelta(minutes=3))
    assert [notice.value for notice in world.slack.sent] == ["at least 11 errors"]
    assert world.slack.sent[0].sample == "6 kept and 5 dropped events"


@pytest.mark.parametrize(
    ("outcome", "category"), [("filtered", "error"), ("client_discard", "error"), ("invalid", "error")]
)
def test_what_is_dropped_on_purpose_is_no_error(world: World, sandbox: Sandbox, outcome: str, category: str) -> None:
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_dropped("shop", 500, outcome=outcome)
    world.run(timedelta(minutes=4))
    assert world.kinds() == []


def test_a_rate_of_which_three_transactions_of_four_were_dropped_is_not_judged(world: World, sandbox: Sandbox) -> None:
    """True rate 0.4 %: 24 errors in 6,000 transactions, of which 1,500 are kept. That seems to be 1.6 %."""
    for _ in range(40):
        sandbox.sentry.add_transactions("shop", 75)
        sandbox.sentry.add_dropped("shop", 225, reason="project_quota", category="transaction")
        if world.now.second == 0:
            sandbox.sentry.add_errors("shop", 1, issue=False)
            sandbox.sentry.add_errors("shop", 1, issue=False)
        world.run(timedelta(seconds=30))
    assert world.kinds() == []


def test_with_an_environment_filter_dropping_is_told_once_and_fires_no_rule(
    sandbox: Sandbox, transactional_db: None
) -> None:
    sandbox.sentry.add_errors("shop", 1, issue=False, at=NOON - timedelta(hours=1), environment="production")
    world = world_on(sandbox, World(NOON, environment="production"), environments=("production",))
    every(world, 2, 8, lambda: sandbox.sentry.add_dropped("shop", 1, reason="project_quota"))
    assert world.kinds() == world.kinds("email") == ["first"]
    assert "our counts are too low" in world.slack.sent[0].headline
    said = world.slack.sent[0].sentence
    assert re.search(r"throws events away \(project_quota\): \d+ dropped error events? of shop, ", said)
    assert not Incident.objects.filter(rule="critical_errors").exists()
