"""While Sentry's ingestion is behind nothing recovers and no ratio is judged; afterwards everything is as it was."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Decision, Incident
from alerting.rules.answers import Measure, Question, Row
from alerting.rules.model import Project
from tests.support.pipeline import World

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP = Project("1", "shop")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    world = World(NOON, interval=120)
    world.run(MINUTE)
    return world


def half_an_hour_late(world: World, project: Project, every: timedelta, from_minute: int, length: int) -> None:
    """Errors from noon on, of which those of some minutes are readable fifteen minutes late."""
    for number in range(int(110 * MINUTE / every)):
        happened = NOON + number * every
        is_late = from_minute <= (happened - NOON) / MINUTE < from_minute + length
        world.source.add_late(project, 1, happened, 15 * MINUTE if is_late else 20 * SECOND)


def test_with_others_to_compare_an_incident_stays_open_while_everything_is_late(world: World) -> None:
    half_an_hour_late(world, SHOP, 5 * SECOND, 45, 30)
    for number in range(2, 8):
        half_an_hour_late(world, Project(str(number), f"app-{number}"), 70 * SECOND, 45, 30)
    world.run(100 * MINUTE)
    assert "resolved" not in world.kinds()
    assert Incident.objects.filter(rule="critical_errors").count() == 1
    assert Decision.objects.filter(reason="ingestion_behind").exists()


def test_a_lonely_project_that_was_resolved_too_early_opens_again_as_late(world: World) -> None:
    half_an_hour_late(world, SHOP, 5 * SECOND, 20, 30)
    world.run(45 * MINUTE)
    assert [kind for kind in world.kinds() if kind != "worse"] == ["first", "resolved", "late"]


def test_what_sentry_has_accepted_and_does_not_show_yet_keeps_an_incident_open(world: World) -> None:
    half_an_hour_late(world, SHOP, 5 * SECOND, 20, 30)

    def accept(_: object) -> None:
        world.source.dropped = {SHOP: Row(accepted=180, dropped=0)}

    world.source.before_answer = accept
    world.run(40 * MINUTE)
    assert world.kinds()[0] == "first" and set(world.kinds()) <= {"first", "worse"}


def test_after_an_outage_of_all_projects_a_true_recovery_is_told(world: World) -> None:
    for number in range(2, 12):
        world.source.add_errors(Project(str(number), f"app-{number}"), 20, NOON, 100 * MINUTE)
        world.source.add_errors(Project(str(number), f"app-{number}"), 300, NOON + 60 * MINUTE, 20 * MINUTE)
    world.run(95 * MINUTE)
    assert not Incident.objects.filter(closed_at__isnull=True, rule="critical_errors").exists()


def test_transactions_alone_five_minutes_late_make_no_page_at_a_true_rate_below_the_threshold(world: World) -> None:
    """0.83 %: five errors in six hundred transactions every ten minutes."""
    world.source.add_late(SHOP, 30, NOON - 10 * MINUTE, 20 * SECOND, 60 * MINUTE)

    def transactions(question: Question) -> None:
        if question.measure is Measure.PERFORMANCE:
            late = 5 * MINUTE if world.now >= NOON + 20 * MINUTE else timedelta()
            end = min(question.window.end, world.now - late)
            count = max(0, round((end - question.window.start).total_seconds()))
            world.source.performance = {SHOP: Row(transactions=count, p95_ms=100.0)} if count else {}

    world.source.before_answer = transactions
    world.run(45 * MINUTE)
    assert world.kinds() == []


@pytest.mark.parametrize(("interval", "minutes", "lag"), [(60, 10, 5), (120, 10, 5), (60, 9, 7)])
def test_when_transactions_are_punctual_again_those_still_missing_make_no_page(
    world: World, interval: int, minutes: int, lag: int
) -> None:
    """0.97 %: what is sent once the lag is over comes in at once, and before the last of what was late."""
    world.interval = interval
    world.source.add_late(SHOP, 35, NOON - 10 * MINUTE, 20 * SECOND, 60 * MINUTE)
    late = (NOON + 20 * MINUTE, NOON + (20 + minutes) * MINUTE)

    def transactions(question: Question) -> None:
        if question.measure is Measure.PERFORMANCE:
            start, end = question.window.start, min(question.window.end, world.now)
            missing = min(end, late[1]) - max(start, late[0], world.now - lag * MINUTE)
            count = max(0, round((end - start - max(timedelta(), missing)).total_seconds()))
            world.source.performance = {SHOP: Row(transactions=count, p95_ms=100.0)} if count else {}

    world.source.before_answer = transactions
    world.run(45 * MINUTE)
    assert world.kinds() == []


def test_five_percent_are_told_although_fewer_transactions_come_in_than_before(world: World) -> None:
    world.source.add_errors(SHOP, 600, NOON, 40 * MINUTE)

    def transactions(question: Question) -> None:
        if question.measure is Measure.PERFORMANCE:
            share = 0.5 if question.window.seconds < 600 else 1.0
            count = round(question.window.seconds * share)
            world.source.performance = {SHOP: Row(transactions=count, p95_ms=100.0)}

    world.source.before_answer = transactions
    world.run(20 * MINUTE)
    assert "error_rate" in {notice.rule for notice in world.slack.sent}


def test_where_the_transactions_of_most_projects_stop_at_once_nothing_recovers(world: World) -> None:
    """Nobody else has errors; everything of half an hour is readable fifteen minutes late."""
    half_an_hour_late(world, SHOP, 5 * SECOND, 20, 30)
    late = (NOON + 20 * MINUTE, NOON + 50 * MINUTE)

    def transactions(question: Question) -> None:
        if question.measure is Measure.PERFORMANCE:
            start, end = question.window.start, question.window.end
            unreadable = min(end, late[1]) - max(start, late[0], world.now - 15 * MINUTE)
            count = max(0, round((end - start - max(timedelta(), unreadable)).total_seconds()))
            row = Row(transactions=count, p95_ms=100.0)
            world.source.performance = dict.fromkeys((Project(str(n), f"app-{n}") for n in range(2, 6)), row)

    world.source.before_answer = transactions
    world.run(55 * MINUTE)
    assert Decision.objects.filter(reason="ingestion_behind").exists()
    assert set(world.kinds()) <= {"first", "worse"}


def test_where_one_project_of_four_falls_silent_its_recovery_is_told(world: World) -> None:
    world.source.add_errors(SHOP, 60, NOON, 5 * MINUTE)

    def transactions(question: Question) -> None:
        if question.measure is Measure.PERFORMANCE:
            row = Row(transactions=round(question.window.seconds), p95_ms=100.0)
            apps = {Project(str(n), f"app-{n}"): row for n in range(2, 5)}
            is_up = question.window.end < NOON + 5 * MINUTE
            world.source.performance = {**apps, **({SHOP: row} if is_up else {})}

    world.source.before_answer = transactions
    world.run(15 * MINUTE)
    assert "resolved" in world.kinds()


def test_the_questions_before_an_end_do_not_keep_a_rate_from_recovering(world: World) -> None:
    """Rates are judged in the fullest tick of a minute, in which there is no room for all of them."""
    world.source.add_errors(SHOP, 30, NOON - 5 * MINUTE, 5 * MINUTE)

    def transactions(question: Question) -> None:
        if question.measure is Measure.PERFORMANCE:
            row = Row(transactions=round(question.window.seconds), p95_ms=100.0)
            world.source.performance = {SHOP: row, **{Project(str(n), f"app-{n}"): row for n in range(2, 5)}}

    world.source.before_answer = transactions
    world.run(18 * MINUTE)
    ends = {notice.rule: notice.resolved_at for notice in world.slack.sent if notice.kind.value == "resolved"}
    assert set(ends) == {"critical_errors", "error_rate"}
    assert ends["error_rate"] < "2026-01-01T12:17"
