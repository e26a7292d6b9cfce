"""A channel that refused for good and was mended on the other side: tried again, nothing lost, nothing sent twice."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from alerting.errors import DeliveryError
from alerting.notifiers import words
from alerting.outbox import backoff, broken_channels, channels, queue
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Channel, Message
from alerting.pipeline import deliver_due
from tests.outbox.test_queue import NOON, notice, owe
from tests.support.pipeline import World

pytestmark = pytest.mark.django_db(transaction=True)
NOT_INVITED = DeliveryError("not_in_channel", "Slack refused: the app is not in the channel.", permanent=True)


@pytest.fixture
def world() -> World:
    """Slack has just refused a notice for good, and it came by mail."""
    made = World(NOON)
    made.slack.errors = [NOT_INVITED]
    owe(notice(1))
    made.deliver()
    made.deliver()
    assert (tell(made, "email"), tell(made, "slack")) == (["app-1"], [])
    return made


def tell(world: World, channel: str) -> list[str]:
    """The projects that a channel has told about."""
    sent = getattr(world, channel).sent
    return [line.project for each in sent for line in each.lines] + [
        each.project for each in sent if each.kind is Kind.FIRST
    ]


def next_notice(world: World, number: int, after: timedelta) -> None:
    world.now += after
    owe(notice(number), at=world.now)
    world.deliver()
    world.deliver()


def test_a_notice_within_the_first_minute_takes_the_other_way_without_a_trial(world: World) -> None:
    next_notice(world, 2, timedelta(seconds=50))
    assert (tell(world, "email"), tell(world, "slack")) == (["app-1", "app-2"], [])


def test_after_a_minute_the_next_notice_tries_the_channel_and_opens_it(world: World) -> None:
    next_notice(world, 2, timedelta(seconds=61))
    next_notice(world, 3, timedelta(seconds=2))
    assert (tell(world, "email"), tell(world, "slack")) == (["app-1"], ["app-2", "app-3"])
    assert broken_channels.is_open("slack")


def test_a_trial_that_is_refused_costs_the_notice_nothing_and_is_not_told_again(world: World) -> None:
    world.slack.errors = [NOT_INVITED]
    next_notice(world, 2, timedelta(seconds=61))
    assert tell(world, "email") == ["app-1", "app-2"]
    assert world.kinds("email").count("channel_broken") == 1


def test_a_refusal_for_another_reason_is_told(world: World) -> None:
    world.slack.errors = [DeliveryError("missing_scope", "Slack refused: no chat:write.", permanent=True)]
    next_notice(world, 2, timedelta(seconds=61))
    broken = [each for each in world.email.sent if each.kind is Kind.CHANNEL]
    assert [each.value for each in broken] == ["not_in_channel", "missing_scope"]


def test_trials_come_at_growing_distances_up_to_an_hour(world: World) -> None:
    world.slack.errors = [NOT_INVITED] * 100
    refused_at = []
    for number in range(2, 36):
        before = len(world.slack.errors)
        next_notice(world, number, timedelta(minutes=1))
        if len(world.slack.errors) < before:
            refused_at.append(world.now)
    pauses = [(later - sooner).total_seconds() / 60 for sooner, later in itertools.pairwise(refused_at)]
    assert pauses == pytest.approx([2, 4, 8, 16], abs=1)
    assert [backoff.trial(count) for count in (1, 2, 7, 500)] == [60, 120, 3600, 3600]


def test_a_restart_tries_again_whatever_the_last_trial_said(world: World) -> None:
    assert channels.try_again(world.now) == 1
    next_notice(world, 2, timedelta(seconds=1))
    assert (tell(world, "email"), tell(world, "slack")) == (["app-1"], ["app-2"])


def test_an_operator_reopens_the_channel_at_once(world: World) -> None:
    assert broken_channels.reopen("slack", world.now) == 0
    next_notice(world, 2, timedelta(seconds=1))
    assert (tell(world, "email"), tell(world, "slack")) == (["app-1"], ["app-2"])


@pytest.mark.parametrize("away", [timedelta(minutes=2), timedelta(hours=3)])
def test_without_another_channel_everything_that_waited_arrives_once(away: timedelta) -> None:
    world = World(NOON)
    alone = replace(world.parts, notifiers={"slack": world.slack})
    world.slack.errors = [NOT_INVITED] * 2
    owe(*(notice(number) for number in (1, 2, 3)))
    deliver_due(alone, "slack")
    world.now += timedelta(seconds=61)
    deliver_due(alone, "slack")
    assert tell(world, "slack") == []
    world.now += away
    for _ in range(10):
        deliver_due(alone, "slack")
        world.now += timedelta(seconds=2)
    assert sorted(tell(world, "slack")) == ["app-1", "app-2", "app-3"]


def test_a_trial_that_fails_for_now_leaves_its_notice_to_the_other_channel(world: World) -> None:
    world.slack.errors = [DeliveryError("http_503", "Slack answered 503.")]
    next_notice(world, 2, timedelta(seconds=61))
    world.deliver()
    assert (tell(world, "email"), tell(world, "slack")) == (["app-1", "app-2"], [])


def test_a_trial_with_a_notice_that_nobody_could_take_is_not_repeated_every_few_seconds() -> None:
    world = World(NOON)
    alone = replace(world.parts, notifiers={"slack": world.slack})
    too_long = DeliveryError("msg_too_long", "Slack refused: this message is too long.", permanent=True)
    world.slack.errors = [NOT_INVITED, *[too_long] * 50]
    owe(notice(1))
    deliver_due(alone, "slack")
    for _ in range(60):
        world.now += timedelta(seconds=5)
        deliver_due(alone, "slack")
    assert len(world.slack.errors) == 48


def test_what_went_to_the_other_channel_comes_back_when_that_one_refuses(world: World) -> None:
    world.email.errors = [None, DeliveryError("smtp_auth", "The mail server refused the login.", permanent=True)]
    next_notice(world, 2, timedelta(seconds=5))
    owe(notice(3), at=world.now)
    deliver_due(world.parts, "slack")
    broken_channels.reopen("slack", world.now)
    world.deliver()
    world.deliver()
    assert sorted(tell(world, "slack") + tell(world, "email")) == ["app-1", "app-2", "app-3"]
    assert "app-3" in tell(world, "slack")


def test_what_an_operator_discarded_does_not_come_back(world: World) -> None:
    Message.objects.filter(channel="slack").update(error="discarded by hand")
    broken_channels.reopen("slack", world.now)
    world.email.errors = [DeliveryError("smtp_auth", "The mail server refused the login.", permanent=True)]
    queue.owe([queue.Debt(notice(1, sequence=2), "email")], world.now)
    world.deliver()
    world.deliver()
    assert [each.sequence for each in world.slack.sent if each.kind is Kind.FIRST] == [2]


def test_the_edit_of_a_card_proves_nothing_about_a_broken_channel(world: World) -> None:
    Message.objects.create(
        dedupe_key="card",
        channel="slack",
        incident_key="key-1",
        kind="card",
        payload={**notice(1).to_json(), "edit_only": True},
        created_at=world.now,
        due_at=world.now,
    )
    world.now += timedelta(seconds=61)
    world.deliver()
    assert Message.objects.get(dedupe_key="card").state == "sent"
    assert Channel.objects.get(name="slack").broken_reason == "not_in_channel"


def test_the_notice_of_a_stopped_channel_says_how_it_is_used_again(world: World) -> None:
    (told,) = [each for each in world.email.sent if each.kind is Kind.CHANNEL]
    said = f"{told.sentence} {words.next_step(told)}"
    assert "Until that is mended, notices meant for Slack come this way." in said
    assert "alerting outbox reopen slack" in said and "restart" in said


def mended(world: World) -> list[Notice]:
    return [each for each in world.email.sent if each.kind is Kind.MENDED]


def test_who_was_told_that_a_channel_is_broken_is_told_once_that_it_works_again(world: World) -> None:
    next_notice(world, 2, timedelta(seconds=30))
    next_notice(world, 3, timedelta(seconds=31))
    next_notice(world, 4, timedelta(seconds=2))
    (told,) = mended(world)
    assert told.headline == "Slack takes our notices again after 1 min 1 s"
    assert "2 notices meant for it went another way meanwhile, and are not sent again." in told.sentence
    assert [each.kind for each in world.slack.sent] == [Kind.FIRST, Kind.FIRST]


def test_reopening_by_hand_is_told_when_a_notice_has_been_taken(world: World) -> None:
    broken_channels.reopen("slack", world.now)
    world.deliver()
    assert mended(world) == []
    next_notice(world, 2, timedelta(seconds=1))
    assert len(mended(world)) == 1


def test_what_waited_for_a_channel_that_works_again_is_counted(world: World) -> None:
    owe(*(notice(number) for number in (2, 3, 4)), at=world.now)
    broken_channels.reopen("slack", world.now)
    next_notice(world, 5, timedelta(seconds=1))
    (told,) = mended(world)
    assert told.sentence.endswith("What still waits for it goes out now: 3 notices.")


def test_a_channel_that_was_never_broken_is_not_said_to_work_again() -> None:
    world = World(NOON)
    next_notice(world, 1, timedelta(seconds=1))
    assert mended(world) == []
