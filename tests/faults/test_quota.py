"""Sentry keeps less than was sent, or can be read in part only: nothing is resolved by what is missing."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Decision, Incident
from tests.rules.test_evaluate import Defaults
from tests.sandbox import Fault, Sandbox
from tests.support.pipeline import World
from tests.support.sandboxed import world_on

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def world(sandbox: Sandbox, transactional_db: None) -> World:
    return world_on(sandbox, World(NOON, interval=30, repeat=timedelta(minutes=15)))


def drop_for(world: World, sandbox: Sandbox, minutes: int) -> None:
    for _ in range(minutes):
        sandbox.sentry.add_dropped("shop", 900)
        world.run(timedelta(minutes=1))


def test_while_spike_protection_drops_events_a_silence_does_not_resolve(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 11, issue=False)
    world.now += timedelta(seconds=1)
    world.run(timedelta(minutes=1))
    assert world.kinds() == ["first"]
    world.interval = 60
    drop_for(world, sandbox, 20)
    # What is dropped are errors as well: it gets worse, and nothing is over.
    assert set(world.kinds()) == set(world.kinds("email")) <= {"first", "worse", "repeat"}
    assert "worse" in world.kinds()
    assert Incident.objects.get().state == "firing"
    assert Decision.objects.filter(reason="dropped_by_quota").exists()
    world.run(timedelta(minutes=20))
    assert (world.kinds()[-1], world.kinds().count("resolved")) == ("resolved", 1)


def test_drops_that_began_since_outcomes_were_last_asked_for_keep_an_incident_open(
    sandbox: Sandbox, transactional_db: None
) -> None:
    """Recovery by the shortest settings, within the minute for which an older answer would have held."""
    short = type("Short", (Defaults,), {"SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": 60})
    world = World(NOON, interval=1, settle=0, keep_firing=timedelta(), thresholds=short)
    world = world_on(sandbox, world)
    world.run(timedelta(seconds=5))
    sandbox.sentry.add_errors("shop", 11, issue=False)
    world.now += timedelta(seconds=1)
    world.run(timedelta(seconds=58))
    assert world.kinds() == ["first"]
    sandbox.sentry.add_dropped("shop", 900)
    world.run(timedelta(seconds=40))
    assert world.kinds() == ["first"]
    asked = sum(each.path.endswith("/stats_v2/") for each in sandbox.sentry.requests)
    assert asked == 4, "twice in two minutes, once because the incident was about to end, once beside what was kept"


def test_a_spike_that_is_cut_off_by_quota_fires_and_says_what_is_dropped(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_dropped("shop", 4000, reason="project_quota")
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 11, issue=False)
    world.now += timedelta(seconds=1)
    world.run(timedelta(minutes=1))
    assert world.kinds()[0] == "first"
    said = [*world.slack.sent[0].notes, *world.slack.sent[-1].notes]
    assert any("4000 e" in each and "project_quota" in each for each in said)


def test_what_was_being_dropped_is_remembered_while_outcomes_cannot_be_read(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 11, issue=False)
    world.interval = 60
    drop_for(world, sandbox, 2)
    fault = sandbox.sentry.fault(Fault(match="stats_v2", status=500))
    world.run(timedelta(minutes=14))
    assert "resolved" not in world.kinds()
    fault.remove()
    world.run(timedelta(minutes=15))
    assert world.kinds()[-1] == "resolved"


def test_half_an_answer_neither_fires_nor_resolves(world: World, sandbox: Sandbox) -> None:
    for number in range(120):
        sandbox.sentry.add_project(f"app-{number:03d}")
    world.run(timedelta(minutes=1))
    for number in range(120):
        sandbox.sentry.add_errors(f"app-{number:03d}", 200 - number, issue=False)
    fault = sandbox.sentry.fault(Fault(match="cursor=0:100:0", status=500))
    world.run(timedelta(minutes=1))
    assert not Incident.objects.filter(rule="critical_errors").exists(), "not even for those on the first page"
    fault.remove()
    world.run(timedelta(minutes=1))
    assert Incident.objects.filter(rule="critical_errors", state="firing").count() == 120
