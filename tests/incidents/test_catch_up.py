"""After downtime: what began and ended meanwhile is told once, dated and late, for few requests."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.gaps import waiting
from alerting.incidents.models import Gap, Incident
from alerting.pipeline import catch_up
from alerting.poll.catch_up import search
from alerting.poll.model import Measure
from alerting.rules.model import Issue, Project, Trust, Window
from tests.rules.test_evaluate import COUNT
from tests.support.pipeline import World
from tests.support.source import FakeSource

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP, BLOG, CALM = Project("1", "shop"), Project("2", "blog"), Project("3", "calm")
database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World(NOON)


def come_back_after(world: World, length: timedelta) -> None:
    """Run for a minute, be away for `length`, and come back."""
    world.run(timedelta(minutes=1))
    world.now += length
    world.run(timedelta(seconds=30))
    while waiting(world.now):
        catch_up(world.parts, world.now)
    world.deliver()


@database
def test_a_spike_during_downtime_is_told_once_dated_late_and_over(world: World) -> None:
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=30), timedelta(minutes=2))
    come_back_after(world, timedelta(hours=2))
    come_back_after(world, timedelta(minutes=10))
    assert world.kinds("slack") == world.kinds("email") == ["late"]
    notice = world.slack.sent[0]
    assert (notice.project, notice.value, notice.threshold) == ("shop", "40 errors", "10 errors")
    assert notice.window_start <= "2026-01-01T12:30:00Z" <= notice.window_end <= "2026-01-01T12:40:00Z"
    assert Incident.objects.get().state == "ok"


@database
def test_errors_spread_thinly_over_the_downtime_are_no_breach(world: World) -> None:
    world.source.add_errors(SHOP, 60, NOON, timedelta(hours=3))
    come_back_after(world, timedelta(hours=3))
    assert world.kinds() == []


@database
def test_a_spike_that_is_still_going_on_is_told_as_usual_and_not_again_as_late(world: World) -> None:
    world.source.add_errors(SHOP, 3600, NOON + timedelta(minutes=30), timedelta(hours=2))
    come_back_after(world, timedelta(hours=1))
    assert world.kinds() == ["first"]


@database
def test_an_incident_that_was_open_before_is_not_told_again(world: World) -> None:
    world.source.add_errors(SHOP, 720, NOON - timedelta(minutes=5), timedelta(minutes=40))
    come_back_after(world, timedelta(minutes=25))
    assert world.kinds() == ["first"]


@database
def test_sentry_away_is_caught_up_like_our_own_absence(world: World) -> None:
    world.run(timedelta(minutes=1))
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=10))
    world.source.broken = dict.fromkeys(Measure, Trust.SOURCE_ERROR)
    world.run(timedelta(minutes=40))
    world.source.broken = {}
    world.run(timedelta(seconds=30))
    catch_up(world.parts, world.now)
    world.deliver()
    assert world.kinds() == ["blind", "sighted", "late"]


@database
def test_a_search_that_breaks_off_is_repeated_and_tells_nothing_twice(world: World) -> None:
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=30))
    world.source.add_errors(BLOG, 40, NOON + timedelta(minutes=50))
    world.run(timedelta(minutes=1))
    world.now += timedelta(hours=1, minutes=30)
    world.run(timedelta(seconds=15))
    asked = len(world.source.asked)

    def fail_late(_: object) -> None:
        if len(world.source.asked) > asked + 3:
            world.source.broken = {Measure.ERRORS: Trust.SOURCE_ERROR}

    world.source.before_answer = fail_late
    assert catch_up(world.parts, world.now) == 0
    assert Gap.objects.get().finished_at is None
    world.source.before_answer, world.source.broken = lambda _: None, {}
    world.now += timedelta(minutes=2)
    assert catch_up(world.parts, world.now) == 2
    assert catch_up(world.parts, world.now) == 0
    world.deliver()
    assert world.kinds() == ["late", "late"]


@database
def test_two_spikes_of_one_project_in_a_long_busy_gap_are_both_told(world: World) -> None:
    world.source.add_errors(BLOG, 8 * 72, NOON, timedelta(hours=6))
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=30))
    world.source.add_errors(SHOP, 50, NOON + timedelta(hours=5))
    come_back_after(world, timedelta(hours=6))
    assert Gap.objects.count() > 1, "it took more than one turn"
    assert [notice.value for notice in world.slack.sent] == ["40 errors", "50 errors"]
    late = Incident.objects.order_by("id").first()
    assert (late.opened_at, late.closed_at) < (NOON + timedelta(minutes=30), NOON + timedelta(minutes=36))


@database
def test_a_sentry_that_stays_away_for_hours_is_asked_again_until_it_answers(world: World) -> None:
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=30))
    world.run(timedelta(minutes=1))
    world.now += timedelta(hours=1)
    world.run(timedelta(seconds=15))
    world.source.broken = {Measure.ERRORS: Trust.SOURCE_ERROR}
    asked = len(world.source.asked)
    for _ in range(3 * 60):
        catch_up(world.parts, world.now)
        world.now += timedelta(minutes=1)
    assert len(world.source.asked) - asked <= 30, "further and further apart"
    world.source.broken = {}
    world.now += timedelta(minutes=10)
    assert catch_up(world.parts, world.now) == 1


@database
def test_downtime_beyond_the_limit_is_judged_as_far_back_as_the_limit(world: World) -> None:
    world.catch_up = 3600
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=30))
    come_back_after(world, timedelta(hours=3))
    assert world.kinds() == []
    assert Gap.objects.get().end - Gap.objects.get().start <= timedelta(hours=1)


@database
def test_issues_new_during_downtime_are_all_told_in_one_digest(world: World) -> None:
    world.run(timedelta(minutes=1))
    world.source.issues = [
        Issue(str(n), f"SHOP-{n}", f"ValueError {n}", "", "error", "", NOON + timedelta(minutes=5 + n), SHOP)
        for n in range(40)
    ]
    world.now += timedelta(hours=2)
    world.run(timedelta(minutes=2))
    assert world.kinds() == ["digest"]
    assert len(world.slack.sent[0].lines) == 40


def test_a_quiet_gap_of_six_hours_costs_one_request() -> None:
    source = FakeSource()
    source.add_errors(CALM, 9, NOON, timedelta(hours=6))
    assert search(source, COUNT, Window(NOON, NOON + timedelta(hours=6))).requests == 1


@pytest.mark.parametrize("minute", [1, 3, 77, 180, 181, 299, 356])
def test_one_spike_in_six_hours_is_found_exactly_for_few_requests(minute: int) -> None:
    source = FakeSource()
    source.add_errors(SHOP, 11, NOON + timedelta(minutes=minute), timedelta(seconds=100))
    source.add_errors(BLOG, 80, NOON, timedelta(hours=6))
    result = search(source, COUNT, Window(NOON, NOON + timedelta(hours=6)))
    assert {missed.project.slug: missed.value for missed in result.found.values()} == {"shop": 11}
    assert result.requests <= 50


def test_a_busy_project_costs_a_request_a_minute_and_hides_no_spike_of_another() -> None:
    source = FakeSource()
    source.add_errors(CALM, 8 * 72, NOON, timedelta(hours=6))
    source.add_errors(BLOG, 4000, NOON + timedelta(hours=2), timedelta(hours=2))
    source.add_errors(SHOP, 11, NOON + timedelta(minutes=347))
    requests, found, start = 0, {}, NOON
    while start < NOON + timedelta(hours=6) - timedelta(minutes=5):
        result = search(source, COUNT, Window(start, NOON + timedelta(hours=6)))
        requests += result.requests
        found |= {missed.project.slug: missed.value for missed in result.found.values()}
        assert result.judged_until > start + timedelta(minutes=5)
        start = result.judged_until - timedelta(minutes=5)
    assert found == {"blog": 167, "shop": 11}
    assert requests <= 400


def test_no_window_is_cut_by_halving() -> None:
    gap = Window(NOON, NOON + timedelta(hours=1))
    for second in range(0, 3300, 97):
        source = FakeSource()
        source.add_errors(SHOP, 11, NOON + timedelta(seconds=second), timedelta(seconds=230))
        assert "1" in search(source, COUNT, gap).found, f"missed the spike at second {second}"
