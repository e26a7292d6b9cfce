"""New error types that become readable long after their first event: told once, and never those of before our start."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.rules.model import Issue, Project
from tests.support.pipeline import World

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP = Project("1", "shop")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    world = World(NOON, interval=120)
    world.run(timedelta(minutes=1))
    return world


def add(world: World, name: str, happened: datetime, readable: datetime) -> None:
    world.source.issues.append(Issue(name, f"SHOP-{name}", "ValueError", "", "error", "", happened, SHOP))
    world.source.late_issues[name] = readable


def told(world: World) -> list[str]:
    """About issues; nobody was there in between, which is told as well where it was long."""
    return [notice.kind.value for notice in world.slack.sent if notice.rule == "new_issue"]


@pytest.mark.parametrize(("hours", "within"), [(0.25, 3), (3, 11), (18, 31)])
def test_an_issue_that_a_client_sends_hours_later_is_told_once(world: World, hours: float, within: int) -> None:
    happened = NOON + timedelta(minutes=5)
    readable = happened + timedelta(hours=hours)
    add(world, "7", happened, readable)
    world.now = readable - timedelta(minutes=2)
    world.run(timedelta(minutes=2 + within))
    assert told(world) == ["first"]
    world.run(timedelta(minutes=35))
    assert told(world) == ["first"]


def test_an_issue_of_before_the_first_start_is_not_told_when_it_comes_late(world: World) -> None:
    add(world, "8", NOON - timedelta(hours=1), NOON + timedelta(minutes=2))
    world.run(timedelta(minutes=40))
    assert world.kinds() == []
