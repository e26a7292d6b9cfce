"""Down for five hours in the middle of everything, and back: what is said, what is not, what it costs."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Gap, Incident, Tick
from alerting.poll.plan import MOST_REQUESTS_PER_TICK, REQUESTS_PER_TICK
from tests.sandbox import Sandbox
from tests.support.pipeline import World
from tests.support.sandboxed import world_on

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
# For ticks every 30 seconds and 171 projects, which are two pages of answers.
REQUESTS, MOST_REQUESTS = 2 * 2 * REQUESTS_PER_TICK, 2 * 2 * MOST_REQUESTS_PER_TICK
DOWN, BACK = NOON + timedelta(minutes=10), NOON + timedelta(hours=5, minutes=10)


@pytest.fixture
def world(sandbox: Sandbox, transactional_db: None) -> World:
    return world_on(sandbox, World(NOON, interval=30, repeat=timedelta(0)))


def test_five_hours_away_are_told_in_one_late_notice_and_one_digest(world: World, sandbox: Sandbox) -> None:
    broken = [f"broken-{number:02d}" for number in range(20)]
    for name in broken:
        sandbox.sentry.add_errors(name, 2000, at=BACK + timedelta(minutes=30), spread_seconds=6 * 3600, issue=False)
    for number in range(150):
        sandbox.sentry.add_errors(f"calm-{number:03d}", 60, at=BACK, spread_seconds=5 * 3600, issue=False)
    world.now = DOWN - timedelta(minutes=5)
    world.run(timedelta(minutes=5))
    told_before = len(world.slack.sent), len(world.email.sent)
    assert Incident.objects.filter(state="firing").count() == 20

    sandbox.sentry.add_errors("checkout", 40, at=NOON + timedelta(hours=2), spread_seconds=90, issue=False)
    for number in range(30):
        first_seen = DOWN + timedelta(minutes=5 * number + 1)
        sandbox.sentry.add_issue("search", f"ValueError: kind {number}", first_seen=first_seen)
    world.now, before = BACK, Tick.objects.count()
    asked = len(sandbox.sentry.requests)
    world.run(timedelta(seconds=15))
    ticks = 1
    while not Gap.objects.filter(finished_at__isnull=False).exists():
        world.run(timedelta(seconds=15))
        ticks += 1
    world.run(timedelta(seconds=30))
    ticks += 2
    cost = len(sandbox.sentry.requests) - asked

    news = world.slack.sent[told_before[0] :]
    digest = next(notice for notice in news if notice.kind == "digest")
    # Alone, or in the digest where both were due at once; by mail it is alone in any case.
    told_late = [each for each in (*news, *digest.lines) if each.kind == "late"]
    assert [(each.project, each.value) for each in told_late] == [("checkout", "40 errors")]
    (late,) = world.email.sent[told_before[1] :]
    assert (late.project, late.value) == ("checkout", "40 errors")
    assert "2026-01-01T13:58:30Z" <= late.window_start == late.opened_at < "2026-01-01T14:00:00Z" <= late.window_end
    assert "it has been over for" in late.sentence
    assert {line.title for line in digest.lines if line.kind == "first"} == {
        f"ValueError: kind {number}" for number in range(30)
    }
    assert late.kind == "late"
    spared = sum(
        REQUESTS - each for each in Tick.objects.order_by("window_end").values_list("requests", flat=True)[:before]
    )
    assert cost <= REQUESTS * ticks + spared, "what was left over before may be spent as well"
    assert max(Tick.objects.values_list("requests", flat=True)) <= MOST_REQUESTS
    assert ticks <= 80
    print(f"five hours, 171 projects, 170 suspects: judged after {ticks} ticks, {Gap.objects.get().requests} requests")


def test_a_second_restart_says_nothing_more(world: World, sandbox: Sandbox) -> None:
    sandbox.sentry.add_project("shop")
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 40, at=NOON + timedelta(minutes=30), issue=False)
    for _ in range(3):
        world.now += timedelta(hours=1)
        world.run(timedelta(minutes=10))
    assert world.kinds() == world.kinds("email") == ["late"]
