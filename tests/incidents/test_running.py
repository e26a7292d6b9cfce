"""Ticks that are late, doubled or missed, clocks that jump, what a tick costs, and who notices silence."""

from datetime import timedelta

import pytest

from alerting.incidents.models import Gap, Tick
from alerting.outbox.models import Message
from alerting.pipeline import supervise
from alerting.rules.answers import Measure, Row
from alerting.rules.model import Project, Trust
from tests.support.pipeline import NOON, SHOP, World

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_dead_mans_switch_is_due_after_fully_good_ticks_only_and_once_a_minute(world: World) -> None:
    def due(length: timedelta) -> int:
        ends, found = world.now + length, 0
        while world.now < ends:
            report = world.tick()
            found += report.heartbeat
            assert not (report.heartbeat and report.outcome != "good")
            world.now += timedelta(seconds=15)
        return found

    assert due(timedelta(minutes=5)) == 5
    world.source.broken = {Measure.PERFORMANCE: Trust.PARTIAL}
    assert due(timedelta(minutes=5)) == 0
    world.source.broken = {Measure.ERRORS: Trust.SOURCE_ERROR}
    assert due(timedelta(minutes=5)) == 0
    world.now -= timedelta(hours=1)
    world.source.broken = {}
    assert due(timedelta(minutes=5)) >= 4


def test_supervision_knows_of_every_kind_of_blindness(world: World) -> None:
    world.run(timedelta(minutes=5))
    assert not supervise(world.parts, world.now)
    world.source.broken = dict.fromkeys(Measure, Trust.SOURCE_ERROR)
    world.run(timedelta(minutes=5))
    assert supervise(world.parts, world.now), "Sentry is silent, though ticks go on"
    world.source.broken = {}
    world.run(timedelta(minutes=5))
    assert not supervise(world.parts, world.now)
    world.now += timedelta(minutes=10)
    assert supervise(world.parts, world.now), "no tick for ten minutes"
    world.deliver()
    assert world.kinds() == ["blind", "sighted", "blind"]
    assert "No evaluation has finished" in world.slack.sent[-1].sentence


def test_a_restart_with_open_incidents_says_nothing_new(world: World) -> None:
    for number in range(20):
        world.source.add_errors(Project(str(number), f"app-{number}"), 500, NOON, timedelta(hours=1))
    world.now += timedelta(minutes=5)
    world.run(timedelta(minutes=5))
    before = len(world.slack.sent), len(world.email.sent)
    world.now += timedelta(minutes=10)
    world.run(timedelta(minutes=3))
    assert (len(world.slack.sent), len(world.email.sent)) == before


def test_downtime_leaves_a_gap_and_ordinary_ticks_leave_none(world: World) -> None:
    world.run(timedelta(minutes=2))
    assert not Gap.objects.exists()
    world.now += timedelta(hours=1)
    world.run(timedelta(seconds=30))
    assert Gap.objects.count() == 1


def test_a_tick_at_a_slot_that_is_taken_does_nothing(world: World) -> None:
    assert world.tick() is not None
    asked = len(world.source.asked)
    assert world.tick() is None
    assert len(world.source.asked) == asked
    assert Tick.objects.count() == 1


def test_an_older_tick_that_comes_late_writes_nothing(world: World) -> None:
    late = World(NOON, source=world.source)

    def overtaken(_: object) -> None:
        world.source.before_answer = lambda _: None
        Tick.objects.filter(finished_at=None).update(claimed_at=NOON - timedelta(minutes=5))
        world.now = NOON + timedelta(seconds=15)
        assert world.tick().outcome == "good"

    world.source.add_errors(SHOP, 11, NOON - timedelta(seconds=5))
    world.source.before_answer = overtaken
    assert late.tick().outcome == "fenced"
    assert Message.objects.filter(channel="slack").count() == 1


@pytest.mark.parametrize("ahead", [0, 4], ids=["one clock", "clocks apart"])
def test_two_evaluators_on_one_database_tell_everything_once_in_an_hour(world: World, ahead: int) -> None:
    world.interval = 60
    twin = World(NOON, interval=60, source=world.source, email=world.email, slack=world.slack)
    for minute in range(0, 60, 20):
        world.source.add_errors(SHOP, 15, NOON + timedelta(minutes=minute))
    ends = NOON + timedelta(minutes=75)
    while world.now < ends:
        twin.now = world.now + timedelta(seconds=ahead)
        reports = [each.tick() for each in (world, twin)]
        assert len([report for report in reports if report is not None]) == 1
        for each in (world, twin):
            each.deliver()
        world.now = max(world.now, twin.now - timedelta(seconds=ahead)) + timedelta(seconds=60)
    assert world.kinds("slack") == world.kinds("email") == ["first", "resolved"] * 3
    assert len(set(world.slack.keys)) == len(world.slack.keys)
    assert set(Tick.objects.values_list("outcome", flat=True)) == {"good"}


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)], ids=["forward", "back"])
def test_a_clock_that_jumps_an_hour_does_not_silence_us(world: World, jump: timedelta) -> None:
    world.run(timedelta(minutes=5))
    world.now += jump
    world.run(timedelta(minutes=1))
    world.source.add_errors(SHOP, 11, world.now)
    world.now += timedelta(seconds=15)
    world.run(timedelta(seconds=30))
    assert "first" in world.kinds()


def test_a_tick_costs_five_requests_on_average_and_few_queries(
    world: World, django_assert_max_num_queries: object
) -> None:
    world.source.performance = {SHOP: Row(transactions=80, p95_ms=1500.0)}
    world.source.add_errors(SHOP, 5000, NOON, timedelta(minutes=30))
    costs = []
    for _ in range(120):
        report = world.tick()
        costs.append(report.requests)
        world.now += timedelta(seconds=15)
    assert max(costs) <= 7 and sum(costs) <= 5 * len(costs)
    with django_assert_max_num_queries(40):
        world.tick()
