"""Late data is judged when it comes: found by looking again, told once, dated, within the requests of a tick."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import CountedBlock, Incident, Tick
from alerting.rules.model import Project
from tests.support.pipeline import World

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP, BLOG = Project("1", "shop"), Project("2", "blog")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    world = World(NOON, interval=120)
    world.run(MINUTE)
    return world


def test_twelve_errors_in_every_five_minutes_readable_a_minute_late_are_told_and_ten_are_not(world: World) -> None:
    world.source.add_late(SHOP, 4 * 12, NOON + MINUTE, MINUTE, 20 * MINUTE)
    world.source.add_late(BLOG, 4 * 10, NOON + MINUTE, MINUTE, 20 * MINUTE)
    world.run(20 * MINUTE)
    assert [(notice.project, notice.kind) for notice in world.slack.sent] == [("shop", "first")]
    assert Incident.objects.get().opened_at <= NOON + 9 * MINUTE


@pytest.mark.parametrize("minutes", [6, 8, 40])
def test_forty_errors_in_ten_seconds_that_are_readable_late_are_told_once_and_dated(world: World, minutes: int) -> None:
    happened = NOON + 5 * MINUTE + 7 * SECOND
    world.source.add_late(SHOP, 40, happened, happened + minutes * MINUTE, 10 * SECOND)
    world.run((5 + minutes + 5) * MINUTE)
    if minutes == 6:
        assert world.kinds()[0] == "first", "the settled twin still held them"
        return
    assert world.kinds() == world.kinds("email") == ["late"]
    assert Incident.objects.get().opened_at == happened
    notice = world.slack.sent[0]
    assert (notice.first_error_at, notice.value) == ("2026-01-01T12:05:07Z", "40 errors")
    assert "it has been over for" in notice.sentence


def test_eleven_errors_over_290_seconds_are_found_wherever_they_lie(world: World) -> None:
    for number in range(12):
        project = Project(str(10 + number), f"blip-{number}")
        for error in range(11):
            world.source.add_errors(project, 1, NOON + 2 * MINUTE + (7 * number + 29 * error) * SECOND)
    world.run(15 * MINUTE)
    assert {incident.project for incident in Incident.objects.all()} == {f"blip-{number}" for number in range(12)}


def test_looking_back_stays_within_the_requests_and_tells_nothing_of_ten(world: World) -> None:
    """Twenty projects, each with six errors in five minutes on time and twenty an hour at every age."""
    world.interval = 15
    for number in range(20):
        project = Project(str(10 + number), f"app-{number}")
        world.source.add_late(project, 6 * 9, NOON, timedelta(seconds=25), 45 * MINUTE)
        world.source.add_late(project, 15, NOON, (2 + 2 * number) * MINUTE, 45 * MINUTE)
    asked = []
    for _ in range(4 * 45):
        before = len(world.source.asked)
        world.tick()
        asked.append(len(world.source.asked) - before)
        world.now += timedelta(seconds=15)
    assert max(asked) <= 7
    # What the minute before has left over is spent as well.
    assert len(world.source.asked) / Tick.objects.count() <= 5
    assert not Incident.objects.exists()
    assert CountedBlock.objects.count() <= 60
    print(f"requests a tick: {sum(asked) / len(asked):.2f} on average, {max(asked)} at most")
