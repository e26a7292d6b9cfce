"""What a channel refuses: tried again later, told another way, and in nobody else's way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.errors import DeliveryError
from alerting.outbox import backoff, channels, queue
from alerting.outbox.message import Kind
from alerting.outbox.models import Channel, Message
from alerting.pipeline import deliver_due
from tests.support.debts import NOON, notice, owe
from tests.support.pipeline import World

database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World(NOON)


@database
def test_a_temporary_refusal_is_tried_again_later_and_then_settled(world: World) -> None:
    world.slack.errors = [DeliveryError("http_503", "Slack answered 503.")]
    owe(notice())
    world.deliver()
    message = Message.objects.get()
    assert (message.state, message.attempts, message.error) == ("pending", 1, "http_503: Slack answered 503.")
    world.now += timedelta(seconds=2)
    world.deliver()
    assert len(world.slack.sent) == 1
    assert Channel.objects.get(name="slack").failures == 0


@database
def test_the_providers_own_wish_is_obeyed(world: World) -> None:
    world.slack.errors = [DeliveryError("http_429", "Slack asks to wait.", retry_after=45)]
    owe(notice())
    world.deliver()
    world.now = NOON + timedelta(seconds=44)
    channels.hold("slack", world.now)
    assert channels.wait("slack", world.now) >= 1
    assert not queue.due("slack", world.now).exists()
    world.now += timedelta(seconds=3)
    world.deliver()
    assert len(world.slack.sent) == 1


@database
def test_a_thousand_notices_stay_few_messages_also_where_slack_refuses_every_other_one(world: World) -> None:
    too_fast = DeliveryError("rate_limited", "Slack asks to wait 1 s.", retry_after=1)
    world.slack.errors = [too_fast if number % 2 else None for number in range(60)]
    owe(*(notice(number) for number in range(1000)))
    started = world.now
    while (pause := deliver_due(world.parts, "slack")) is not None:
        world.pass_time(pause)
    assert len(world.slack.sent) <= 20
    assert world.now - started <= timedelta(seconds=60)
    named = [line.project for each in world.slack.sent for line in each.lines]
    assert sorted(named) == sorted(f"app-{number}" for number in range(1000))


@database
def test_a_channel_asks_to_come_back_when_a_short_pause_is_over(world: World) -> None:
    world.slack.errors = [DeliveryError("http_503", "Slack answered 503.")]
    owe(notice())
    pause = deliver_due(world.parts, "slack")
    assert pause is not None and 0 < pause <= 1
    world.pass_time(pause)
    assert deliver_due(world.parts, "slack") is None
    assert len(world.slack.sent) == 1


@database
def test_a_long_wish_does_not_hold_a_worker(world: World) -> None:
    world.slack.errors = [DeliveryError("rate_limited", "Slack asks to wait 20 s.", retry_after=20)]
    owe(notice(1), notice(2))
    assert deliver_due(world.parts, "slack") is None
    assert deliver_due(world.parts, "slack") is None
    assert world.now == NOON
    world.now += timedelta(seconds=21)
    world.deliver()
    assert [each.project for each in world.slack.sent] == ["app-1", "app-2"]


@database
def test_one_channel_that_cannot_deliver_does_not_hold_up_the_other(world: World) -> None:
    world.email.errors = [DeliveryError("smtp_unreachable", "No mail server.")] * 5
    owe(notice(), channel="email")
    owe(notice(), channel="slack")
    world.deliver()
    assert (len(world.email.sent), len(world.slack.sent)) == (0, 1)


@database
def test_a_permanent_refusal_goes_the_other_way_and_the_channel_stays_shut(world: World) -> None:
    world.slack.errors = [DeliveryError("invalid_auth", "Slack no longer accepts the token.", permanent=True)]
    owe(notice(), notice(2))
    world.deliver()
    world.deliver()
    told = {each.kind.value: each for each in world.email.sent}
    assert [each.project for each in world.email.sent if each.kind is Kind.FIRST] == ["app-1", "app-2"]
    assert told["first"].notes[-1] == "Slack refused this notice (invalid_auth), so it comes this way."
    assert told["channel_broken"].value == "invalid_auth"
    assert world.slack.sent == []


@database
def test_who_got_the_notice_anyway_gets_no_second_one(world: World) -> None:
    world.slack.errors = [DeliveryError("no_service", "The webhook is gone.", permanent=True)]
    owe(notice(), channel="email")
    owe(notice(), channel="slack")
    world.deliver()
    world.deliver()
    assert world.kinds("email") == ["first", "channel_broken"]


@database
def test_a_refusal_of_one_notice_leaves_the_channel_open(world: World) -> None:
    world.slack.errors = [DeliveryError("invalid_blocks", "Slack refused the blocks.", permanent=True)]
    owe(notice(1), notice(2))
    world.deliver()
    world.deliver()
    assert [each.project for each in world.slack.sent] == ["app-2"]
    assert [each.project for each in world.email.sent] == ["app-1"]


@database
def test_a_broken_channel_is_tried_again_when_its_configuration_changes(world: World) -> None:
    world.slack.errors = [DeliveryError("invalid_auth", "No.", permanent=True)]
    owe(notice())
    deliver_due(replace(world.parts, notifiers={"slack": world.slack}), "slack")
    assert Message.objects.get().state == "failed"
    world.fingerprint = "two"
    world.deliver()
    assert len(world.slack.sent) == 1


@database
def test_a_recipient_that_was_put_off_is_owed_the_notice_again_and_nobody_else(world: World) -> None:
    world.email.deferred = {"slow@example.com": "451 greylisted"}
    owe(notice(), channel="email")
    world.deliver()
    world.now += timedelta(seconds=5)
    world.deliver()
    assert [each.recipients for each in world.email.sent] == [(), ("slow@example.com",)]
    assert len(set(world.email.keys)) == 2


@given(st.integers(min_value=1, max_value=10_000), st.floats(min_value=0, max_value=1))
def test_backoff_grows_to_a_minute_and_not_beyond(attempts: int, chance: float) -> None:
    assert 0.5 <= backoff.delay(attempts, chance) <= backoff.LONGEST_SECONDS


@given(st.floats(min_value=0, max_value=3600), st.floats(min_value=0, max_value=1))
def test_a_wish_is_never_undercut(wish: float, chance: float) -> None:
    assert wish <= backoff.delay(1, chance, wish) <= wish + 1
