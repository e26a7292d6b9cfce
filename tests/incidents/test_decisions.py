"""Which decisions are written while an incident is open, and which are left when it has closed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents import decisions
from alerting.incidents.models import Decision, Incident
from alerting.rules.model import Project
from tests.support.pipeline import World

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP = Project("1", "shop")
HALF_AN_HOUR = timedelta(minutes=30)
# Errors added at each tick: each makes the count of five minutes differ from tick to tick.
CHANGING: dict[str, Callable[[int], int]] = {
    "up and down": lambda tick: 12 + tick % 7,
    "ever more": lambda tick: 12 + tick,
    "around the threshold": lambda tick: (4 if tick % 40 < 20 else 0) if tick > 20 else 12,
}


@pytest.fixture
def world() -> World:
    return World(NOON, interval=30)


def break_shop(world: World, length: timedelta, more: Callable[[int], int]) -> None:
    for tick in range(length // timedelta(seconds=15)):
        world.source.add_errors(SHOP, more(tick), world.now - timedelta(seconds=1))
        world.tick()
        world.now += timedelta(seconds=15)


@pytest.mark.parametrize("more", CHANGING.values(), ids=CHANGING.keys())
def test_a_changing_count_writes_a_few_rows_an_hour_and_not_one_a_tick(
    world: World, more: Callable[[int], int]
) -> None:
    break_shop(world, HALF_AN_HOUR, more)
    assert Incident.objects.filter(closed_at=None).count() == 1
    assert Decision.objects.count() <= 40, "of 240 readings"


def test_what_is_left_of_a_closed_incident_tells_its_story(world: World) -> None:
    break_shop(world, timedelta(minutes=12), CHANGING["ever more"])
    world.run(timedelta(minutes=10))
    incident = Incident.objects.get()
    left = list(incident.decisions.all())
    assert left[0].told == "first" and left[-1].told == "resolved" and incident.closed_at is not None
    assert max(row.value for row in left if row.value is not None) == incident.peak
    assert [row.told for row in left if row.told] == ["first", "worse", "resolved"]
    for reason in ("first_breach", "value_doubled", "still_breached", "recovery_started", "recovered"):
        assert reason in [row.reason for row in left]


def test_of_readings_that_changed_nothing_the_peak_the_first_and_the_last_are_left(world: World) -> None:
    break_shop(world, timedelta(seconds=15), lambda tick: 12)
    incident = Incident.objects.get()
    Decision.objects.all().delete()
    rows = [
        Decision(
            incident=incident, at=NOON, window_end=NOON, settled=False, trust="value", outcome="breached",
            verdict_reason="over_threshold", reason=reason, value=value, told=told,
        )
        for value, reason, told in (
            (11, "first_breach", "first"), (12, "still_breached", ""), (13, "still_breached", ""),
            (99, "still_breached", ""), (14, "still_breached", ""), (28, "value_doubled", "worse"),
            (15, "still_breached", ""), (16, "still_breached", ""), (17, "still_breached", ""),
        )
    ]  # fmt: skip
    Decision.objects.bulk_create(rows)
    assert decisions.thin([incident.pk]) == 3
    assert list(incident.decisions.values_list("value", flat=True)) == [11, 12, 99, 28, 15, 17]


def test_an_incident_that_changed_thousands_of_times_keeps_its_beginning_and_its_end(world: World) -> None:
    break_shop(world, timedelta(seconds=15), lambda tick: 12)
    first = Decision.objects.get()
    for number in range(2000):
        first.pk, first.told, first.reason = None, "", f"reason_{number % 2}"
        first.save()
    decisions.thin([first.incident_id])
    assert decisions.KEPT_CHANGES <= Decision.objects.count() <= decisions.KEPT_CHANGES + 3
    assert Decision.objects.first().told == "first"


def test_a_peak_between_two_written_readings_is_written_with_the_next(world: World) -> None:
    break_shop(world, timedelta(minutes=4), lambda tick: 12)
    break_shop(world, timedelta(seconds=30), lambda tick: 50)
    assert not Decision.objects.filter(value=Incident.objects.get().peak).exists()
    break_shop(world, timedelta(minutes=4), lambda tick: tick % 3)
    peak = Decision.objects.get(value=Incident.objects.get().peak)
    assert peak.pk < Decision.objects.latest("id").pk


def test_a_count_that_stays_is_written_once(world: World) -> None:
    break_shop(world, timedelta(minutes=11), lambda tick: 12)
    before = Decision.objects.count()
    break_shop(world, timedelta(minutes=9), lambda tick: 12)
    assert Decision.objects.count() == before
