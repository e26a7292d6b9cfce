"""Silenced, acknowledged, escalated: what people are told and what waits, over simulated time."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from alerting.actions import perform, scope
from alerting.actions.maintenance import Recurrence
from alerting.errors import DeliveryError
from alerting.incidents.models import Incident
from alerting.outbox import queue
from alerting.outbox.models import Message
from alerting.rules.answers import Measure
from alerting.rules.model import Issue, Project, Trust
from tests.support.pipeline import World

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP, BLOG = Project("1", "shop"), Project("2", "blog")
ANN = perform.Actor("ann", "cli")


@pytest.fixture
def world() -> World:
    return World(NOON, interval=120)


def break_for(world: World, length: timedelta, project: Project = SHOP, step: int = 20) -> None:
    """An error every `step` seconds from now on, for so long."""
    for seconds in range(0, int(length.total_seconds()), step):
        world.source.add_errors(project, 1, world.now + timedelta(seconds=seconds))


def silence(world: World, length: timedelta, **about: str) -> None:
    perform.silence(scope.About(**about), world.now + length, "deploy", ANN, world.now)


def told(world: World) -> list[str]:
    """What people read on Slack; an edit of the card that names who has it is no notice."""
    return [each.kind.value for each in world.slack.sent if not each.edit_only]


def test_what_is_silenced_is_evaluated_and_told_to_nobody(world: World) -> None:
    silence(world, timedelta(hours=1), project="shop")
    break_for(world, timedelta(minutes=10))
    world.run(timedelta(minutes=30))
    assert world.kinds("slack") == world.kinds("email") == []
    assert [each.state for each in Incident.objects.all()] == ["ok"]
    assert set(Message.objects.values_list("state", flat=True)) == {"silenced"}


def test_what_is_still_broken_when_the_silence_ends_is_told_then(world: World) -> None:
    silence(world, timedelta(minutes=20), rule="critical_errors")
    break_for(world, timedelta(minutes=40))
    world.run(timedelta(minutes=20))
    assert world.kinds() == []
    world.run(timedelta(minutes=1))
    (told,) = world.slack.sent
    assert (told.kind, told.reason) == ("first", "silence_ended") and "The silence is over" in told.sentence
    world.run(timedelta(minutes=40))
    assert world.kinds() == ["first", "resolved"]


def test_an_incident_told_before_the_silence_is_told_again_after_it_and_its_end_is_told_within(world: World) -> None:
    break_for(world, timedelta(minutes=50))
    break_for(world, timedelta(minutes=15), BLOG)
    world.run(timedelta(minutes=5))
    assert world.kinds() == ["first", "first"]
    silence(world, timedelta(minutes=30))
    world.run(timedelta(minutes=29))
    assert [(each.kind, each.project) for each in world.slack.sent[2:]] == [("resolved", "blog")]
    world.run(timedelta(minutes=2))
    assert (world.slack.sent[-1].kind, world.slack.sent[-1].reason) == ("repeat", "silence_ended")


def test_others_are_told_meanwhile(world: World) -> None:
    silence(world, timedelta(hours=1), project="shop")
    break_for(world, timedelta(minutes=10))
    break_for(world, timedelta(minutes=10), BLOG)
    world.run(timedelta(minutes=5))
    assert [each.project for each in world.slack.sent] == ["blog"]


def test_maintenance_mutes_while_it_is_open(world: World) -> None:
    schedule = Recurrence(frozenset(range(1, 8)), time(12, 0), 20, "UTC")
    perform.plan_maintenance(scope.About(), schedule, "backups", ANN, NOON)
    break_for(world, timedelta(minutes=40))
    world.run(timedelta(minutes=19))
    assert world.kinds() == []
    world.run(timedelta(minutes=3))
    assert world.kinds() == ["first"]


def test_a_new_issue_in_a_silence_is_not_told_later(world: World) -> None:
    world.tick()
    silence(world, timedelta(minutes=5))
    world.source.issues.append(
        Issue("7", "SHOP-1", "ValueError: no", "shop.pay", "error", "", NOON + timedelta(seconds=20), SHOP)
    )
    world.run(timedelta(minutes=20))
    assert world.kinds() == []
    assert Incident.objects.get(subject="7").evidence["issue"]["title"] == "ValueError: no"


def test_who_has_it_in_hand_is_not_reminded_and_hears_of_the_end(world: World) -> None:
    world.repeat = timedelta(minutes=10)
    break_for(world, timedelta(minutes=25), step=20)
    world.run(timedelta(minutes=6))
    perform.acknowledge(Incident.objects.get().pk, ANN, world.now)
    world.run(timedelta(minutes=35))
    assert told(world) == ["first", "resolved"]
    assert world.slack.sent[-1].in_hand == "ann"


def test_what_gets_worse_is_told_although_somebody_has_it(world: World) -> None:
    break_for(world, timedelta(hours=1), step=20)
    world.run(timedelta(minutes=8))
    perform.acknowledge(Incident.objects.get().pk, ANN, world.now)
    world.source.add_errors(SHOP, 200, world.now)
    world.run(timedelta(minutes=3))
    assert "worse" in world.kinds()


def test_giving_it_back_starts_the_reminders_again(world: World) -> None:
    world.repeat = timedelta(minutes=10)
    break_for(world, timedelta(minutes=60), step=20)
    world.run(timedelta(minutes=6))
    number = Incident.objects.get().pk
    perform.acknowledge(number, ANN, world.now)
    world.run(timedelta(minutes=15))
    perform.unacknowledge(number, ANN, world.now)
    world.run(timedelta(minutes=6))
    assert told(world) == ["first", "repeat"]


def test_what_nobody_acknowledges_goes_to_a_second_address_once(world: World) -> None:
    world.escalate_after = timedelta(minutes=10)
    break_for(world, timedelta(minutes=30))
    world.run(timedelta(minutes=25))
    assert world.kinds("email").count("escalated") == world.kinds("slack").count("escalated") == 1
    mail = next(each for each in world.email.sent if each.kind == "escalated")
    post = next(each for each in world.slack.sent if each.kind == "escalated")
    assert mail.recipients == ("lead@example.com",) and post.slack_channel == "#leads"
    said = f"Nobody has acknowledged this for 10 min: {mail.value} (threshold 10 errors) when last told."
    assert mail.sentence == said and mail.value == world.email.sent[0].value


def test_what_somebody_has_or_is_silenced_is_not_escalated(world: World) -> None:
    world.escalate_after = timedelta(minutes=10)
    break_for(world, timedelta(minutes=30))
    break_for(world, timedelta(minutes=30), BLOG)
    world.run(timedelta(minutes=5))
    perform.acknowledge(Incident.objects.get(project="shop").pk, ANN, world.now)
    silence(world, timedelta(hours=1), project="blog")
    world.run(timedelta(minutes=25))
    assert "escalated" not in world.kinds("email") + world.kinds("slack")


def escalations(world: World) -> list[str]:
    return [each.sentence for each in world.email.sent if each.kind == "escalated"]


def test_the_clock_of_escalation_starts_when_people_are_first_told(world: World) -> None:
    world.escalate_after = timedelta(minutes=10)
    silence(world, timedelta(minutes=36))
    break_for(world, timedelta(hours=1))
    world.run(timedelta(minutes=45))
    assert told(world) == ["first"] and escalations(world) == []
    world.run(timedelta(minutes=3))
    (sentence,) = escalations(world)
    assert sentence.startswith("Nobody has acknowledged this for 10 min")


def test_giving_it_back_starts_the_clock_of_escalation_again(world: World) -> None:
    world.escalate_after = timedelta(minutes=10)
    break_for(world, timedelta(hours=1))
    world.run(timedelta(minutes=5))
    number = Incident.objects.get().pk
    perform.acknowledge(number, ANN, world.now)
    world.run(timedelta(minutes=25))
    perform.unacknowledge(number, ANN, world.now)
    world.run(timedelta(minutes=9))
    assert escalations(world) == []
    world.run(timedelta(minutes=2))
    (sentence,) = escalations(world)
    assert sentence.startswith("Nobody has acknowledged this for 10 min")


def test_what_comes_and_goes_is_escalated_too(world: World) -> None:
    for _ in range(4):
        world.source.add_errors(SHOP, 20, world.now)
        world.run(timedelta(minutes=12))
    assert "flapping" in told(world)
    world.escalate_after = timedelta(minutes=10)
    break_for(world, timedelta(minutes=20))
    world.run(timedelta(minutes=15))
    assert Incident.objects.filter(state="flapping").exists() and len(escalations(world)) == 1


def test_a_digest_counts_what_a_silence_left_out(world: World) -> None:
    silence(world, timedelta(hours=1), project="quiet")
    for number in range(8):
        world.source.add_errors(Project(str(10 + number), f"loud-{number}"), 20, world.now)
    world.source.add_errors(Project("99", "quiet"), 20, world.now)
    world.now += timedelta(seconds=1)
    world.run(timedelta(seconds=15))
    digest = next(each for each in world.slack.sent if each.kind == "digest")
    assert digest.totals["silenced"] == 1


def test_what_a_silence_covered_stays_silenced_when_it_is_found_late(world: World) -> None:
    world.run(timedelta(minutes=1))
    silence(world, timedelta(minutes=10), project="shop")
    for project in (SHOP, BLOG):
        world.source.add_errors(project, 20, world.now + timedelta(seconds=30))
    world.now += timedelta(minutes=15)
    world.run(timedelta(minutes=12))
    assert {each.project for each in world.slack.sent if each.kind == "late"} == {"blog"}
    assert Incident.objects.filter(project="shop", reason="late_and_over").exists()


def test_no_silence_mutes_that_we_are_blind_or_that_a_channel_is_broken(world: World) -> None:
    world.interval = 60
    silence(world, timedelta(days=1))
    world.source.broken[Measure.ERRORS] = Trust.SOURCE_ERROR
    world.run(timedelta(minutes=8))
    assert "blind" in world.kinds("email")
    refused = DeliveryError("invalid_auth", "Slack refused: the token is not valid.", permanent=True)
    world.slack.errors = [refused]
    queue.owe([queue.Debt(replace(world.email.sent[0], key="another"), "slack")], world.now)
    world.deliver()
    world.deliver()
    assert "channel_broken" in world.kinds("email")
