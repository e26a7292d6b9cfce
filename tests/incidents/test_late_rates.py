"""Rates and percentiles that began and ended while nobody was judging are told afterwards, once, and over."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.rules.answers import Measure, Question, Row
from alerting.rules.model import Project, Trust
from tests.support.pipeline import World

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP, CALM = Project("1", "shop"), Project("2", "calm")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    """A transaction a second; slow, and five in a hundred wrong, from 12:40 to 13:10."""
    world = World(NOON, interval=120)
    world.source.add_errors(SHOP, 90, NOON + 40 * MINUTE, 30 * MINUTE)

    def transactions(question: Question) -> None:
        if question.measure is Measure.PERFORMANCE:
            window, bad = question.window, (NOON + 40 * MINUTE, NOON + 70 * MINUTE)
            slow = (min(window.end, bad[1]) - max(window.start, bad[0])).total_seconds()
            p95 = 2500.0 if slow > window.seconds / 2 else 300.0
            world.source.performance = {
                SHOP: Row(transactions=round(window.seconds), p95_ms=p95),
                CALM: Row(transactions=9),
            }

    world.source.before_answer = transactions
    world.run(3 * MINUTE)
    return world


def told(world: World) -> set[tuple[str, str]]:
    return {
        (notice.rule, notice.kind.value) for notice in world.slack.sent if notice.rule in {"error_rate", "p95_latency"}
    }


def test_what_began_and_ended_during_two_hours_of_downtime_is_told_late(world: World) -> None:
    world.now += 120 * MINUTE
    world.run(25 * MINUTE)
    assert told(world) == {("error_rate", "late"), ("p95_latency", "late")}
    rate = next(notice for notice in world.slack.sent if notice.rule == "error_rate")
    assert rate.headline.startswith("error rate ") and "it has been over for" in rate.sentence
    assert "2026-01-01T12:2" < rate.opened_at < "2026-01-01T12:45" and rate.resolved_at >= "2026-01-01T13:10"
    requests = [len(world.source.asked)]
    world.run(5 * MINUTE)
    assert told(world) == {("error_rate", "late"), ("p95_latency", "late")}
    assert len(world.source.asked) - requests[0] <= 5 * 20


def test_it_is_told_although_late_errors_of_others_never_cease(world: World) -> None:
    """Dating them takes all requests that are left, turn for turn."""
    world.interval = 15
    back = NOON + 123 * MINUTE
    for number in range(60 * 12):
        happened = NOON + (5 + 7 * number % 100) * MINUTE + timedelta(seconds=number % 60)
        world.source.add_late(
            Project(str(10 + number % 12), f"late-{number % 12}"), 3, happened, back + number * 10 * SECOND
        )
    world.now = back
    world.run(40 * MINUTE)
    assert told(world) == {("error_rate", "late"), ("p95_latency", "late")}


def test_what_the_server_could_not_tell_for_an_hour_is_told_late(world: World) -> None:
    world.run(20 * MINUTE)
    world.source.broken = {Measure.PERFORMANCE: Trust.SOURCE_ERROR}
    world.run(60 * MINUTE)
    world.source.broken = {}
    world.run(20 * MINUTE)
    assert ("error_rate", "late") in told(world)


def test_errors_that_are_readable_an_hour_late_make_a_late_rate(world: World) -> None:
    for number in range(40):
        world.source.add_late(SHOP, 1, NOON + 5 * MINUTE + timedelta(seconds=number), NOON + 30 * MINUTE)
    world.run(38 * MINUTE)
    assert ("error_rate", "late") in told(world)
    assert ("critical_errors", "late") in {(each.rule, each.kind.value) for each in world.slack.sent}


def test_errors_that_are_ingested_only_after_the_api_is_back_make_a_late_rate(world: World) -> None:
    for number in range(40):
        readable = NOON + timedelta(minutes=26, seconds=5 * number)
        world.source.add_late(SHOP, 1, NOON + timedelta(minutes=8, seconds=number), readable)
    world.source.broken = dict.fromkeys(Measure, Trust.SOURCE_ERROR)
    world.run(20 * MINUTE)
    world.source.broken = {}
    world.run(20 * MINUTE)
    assert ("error_rate", "late") in told(world)


def test_after_an_outage_a_rate_over_half_of_its_transactions_is_not_told(world: World) -> None:
    """At most 0.83 %, of which the transactions during the outage are readable ten minutes after it."""
    world.source.add_errors(SHOP, 15, NOON + 4 * MINUTE, 50 * MINUTE)
    world.source.add_errors(SHOP, 2, NOON + 24 * MINUTE, 2 * MINUTE)
    away = (NOON + 10 * MINUTE, NOON + 22 * MINUTE)

    def transactions(question: Question) -> None:
        if question.measure is Measure.PERFORMANCE:
            start, end = question.window.start, question.window.end
            hidden = min(end, away[1]) - max(start, away[0]) if world.now < away[1] + 10 * MINUTE else timedelta()
            count = round((end - start - max(timedelta(), hidden)).total_seconds())
            world.source.performance = {SHOP: Row(transactions=count, p95_ms=300.0)} if count else {}

    world.source.before_answer = transactions
    world.run(7 * MINUTE)
    world.source.broken = dict.fromkeys(Measure, Trust.SOURCE_ERROR)
    world.run(12 * MINUTE)
    world.source.broken = {}
    world.run(18 * MINUTE)
    assert told(world) == set()
