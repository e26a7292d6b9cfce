"""After downtime: what began and ended meanwhile is told once, dated and late, for few requests."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Gap, Incident
from alerting.rules.answers import Measure, Question
from alerting.rules.model import Issue, Project, Trust
from tests.rules.test_evaluate import Defaults
from tests.support.pipeline import World

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP, BLOG, CALM = Project("1", "shop"), Project("2", "blog"), Project("3", "calm")
database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World(NOON, interval=60)


def come_back_after(world: World, length: timedelta) -> None:
    """Run for a minute, be away for `length`, and come back for six minutes."""
    world.run(timedelta(minutes=1))
    world.now += length
    world.run(timedelta(minutes=6))


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
    world.run(timedelta(minutes=6))
    # Counts can be read before the rest can: what was missed may be told before we see everything again.
    assert (world.kinds()[0], sorted(world.kinds()[1:])) == ("blind", ["late", "sighted"])


@database
def test_looking_back_that_breaks_off_is_repeated_and_tells_nothing_twice(world: World) -> None:
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=30))
    world.source.add_errors(BLOG, 40, NOON + timedelta(minutes=50))
    world.run(timedelta(minutes=1))
    world.now += timedelta(hours=1, minutes=30)

    def fail_every_other_long_one(question: Question) -> None:
        long = question.measure is Measure.ERRORS and question.window.seconds > 700
        failing = long and len(world.source.asked) % 2
        world.source.broken = {Measure.ERRORS: Trust.SOURCE_ERROR} if failing else {}

    world.source.before_answer = fail_every_other_long_one
    world.run(timedelta(minutes=15))
    assert world.kinds() == ["late", "late"]


@database
def test_two_spikes_of_one_project_in_a_long_busy_gap_are_both_told(world: World) -> None:
    world.interval = 15
    world.source.add_errors(BLOG, 8 * 72, NOON, timedelta(hours=6))
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=30))
    world.source.add_errors(SHOP, 50, NOON + timedelta(hours=5))
    come_back_after(world, timedelta(hours=6))
    assert [notice.value for notice in world.slack.sent] == ["40 errors", "50 errors"]
    late = Incident.objects.order_by("id").first()
    assert (late.opened_at, late.closed_at) < (NOON + timedelta(minutes=30), NOON + timedelta(minutes=36))


@database
def test_downtime_beyond_the_limit_is_judged_as_far_back_as_the_limit(world: World) -> None:
    world.catch_up = 3600
    world.source.add_errors(SHOP, 40, NOON + timedelta(minutes=30))
    come_back_after(world, timedelta(hours=3))
    assert Gap.objects.get().end - Gap.objects.get().start <= timedelta(hours=1)
    assert world.kinds() == world.kinds("email") == ["sighted"]
    said = world.slack.sent[0].sentence
    assert "from 2026-01-01T12:00:00Z to 2026-01-01T14:01:00Z is not judged" in said
    assert "SENTRY_CATCH_UP_SECONDS (1 h)" in said


@database
def test_what_of_a_long_outage_of_sentry_is_not_judged_is_said_when_it_is_back(world: World) -> None:
    world.catch_up = 1800
    world.interval = 60
    world.run(timedelta(minutes=2))
    world.source.broken = dict.fromkeys(Measure, Trust.SOURCE_ERROR)
    world.run(timedelta(minutes=50))
    world.source.broken = {}
    world.run(timedelta(minutes=4))
    assert world.kinds() == ["blind", "sighted"]
    assert "to 2026-01-01T12:22:00Z is not judged" in world.slack.sent[-1].sentence


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


@database
def test_a_quiet_gap_of_six_hours_costs_next_to_nothing(world: World) -> None:
    world.source.add_errors(CALM, 9, NOON, timedelta(hours=6))
    come_back_after(world, timedelta(hours=6))
    assert Gap.objects.get().requests <= 8, "until all of it has settled"


@database
@pytest.mark.parametrize("minute", [6, 181])
def test_one_spike_in_six_hours_is_found_exactly_for_few_requests(world: World, minute: int) -> None:
    world.source.add_errors(SHOP, 11, NOON + timedelta(minutes=minute), timedelta(seconds=319))
    world.source.add_errors(BLOG, 80, NOON, timedelta(hours=6))
    come_back_after(world, timedelta(hours=5, minutes=50))
    assert [(notice.project, notice.value) for notice in world.slack.sent] == [("shop", "11 errors")]
    assert Gap.objects.get().requests <= 60


@database
def test_a_busy_project_hides_no_spike_of_another(world: World) -> None:
    world.interval = 15
    world.source.add_errors(CALM, 8 * 72, NOON, timedelta(hours=6))
    world.source.add_errors(BLOG, 4000, NOON + timedelta(hours=2), timedelta(hours=2))
    world.source.add_errors(SHOP, 11, NOON + timedelta(minutes=347))
    world.run(timedelta(minutes=1))
    world.now += timedelta(hours=6)
    world.run(timedelta(minutes=20))
    assert sorted(notice.project for notice in world.slack.sent) == ["blog", "shop"]
    assert Incident.objects.get(project="shop").opened_at == NOON + timedelta(minutes=347)
    blog = Incident.objects.get(project="blog")
    assert timedelta(minutes=115) <= blog.closed_at - blog.opened_at <= timedelta(hours=2)


@database
def test_a_burst_soon_after_an_incident_was_resolved_is_no_part_of_it(world: World) -> None:
    """Window 60 s: it fires, resolves just before 18:06:08, we stop, 14 errors at 18:06:19, we start at 18:07:34."""
    short = type("Short", (Defaults,), {"SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": 60})
    evening = datetime(2026, 1, 1, 18, 4, 30, tzinfo=UTC)
    world = World(evening, interval=1, settle=0, keep_firing=timedelta(), thresholds=short)
    world.source.add_errors(SHOP, 14, evening + timedelta(seconds=35))
    world.run(timedelta(seconds=98))
    assert world.now == datetime(2026, 1, 1, 18, 6, 8, tzinfo=UTC)
    assert world.kinds() == ["first", "resolved"]
    world.source.add_errors(SHOP, 14, datetime(2026, 1, 1, 18, 6, 19, tzinfo=UTC))
    world.now = datetime(2026, 1, 1, 18, 7, 34, tzinfo=UTC)
    world.run(timedelta(seconds=20))
    assert world.kinds() == ["first", "resolved", "late"]
    assert world.slack.sent[-1].opened_at == "2026-01-01T18:06:19Z"


@database
def test_events_that_are_ingested_only_after_the_api_is_back_are_told_all_the_same(world: World) -> None:
    """The API is away for half an hour, and what happened meanwhile is readable over the ten minutes after it."""
    world.run(timedelta(minutes=1))
    for number in range(40):
        readable = NOON + timedelta(minutes=36, seconds=15 * number)
        world.source.add_late(SHOP, 1, NOON + timedelta(minutes=20, seconds=number), readable)
    world.source.broken = dict.fromkeys(Measure, Trust.SOURCE_ERROR)
    world.run(timedelta(minutes=30))
    world.source.broken = {}
    world.run(timedelta(minutes=25))
    assert world.kinds() == ["blind", "sighted", "late"]
    assert world.slack.sent[-1].opened_at == "2026-01-01T12:20:00Z"


@database
def test_a_gap_that_could_not_be_judged_before_it_was_too_long_ago_is_said(world: World) -> None:
    world.run(timedelta(minutes=1))
    lost = (world.now - timedelta(hours=7), world.now - timedelta(hours=6, minutes=30))
    Gap.objects.create(start=lost[0], end=lost[1], noticed_at=lost[1], outcome="being judged")
    world.run(timedelta(minutes=2))
    assert world.kinds() == ["sighted"]
    assert "from 2026-01-01T05:01:00Z to 2026-01-01T05:31:00Z is not judged" in world.slack.sent[0].sentence
    assert Gap.objects.get().outcome == "too long ago"
