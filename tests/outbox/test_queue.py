"""Debts: written once, taken by one, settled after sending, never lost and never crowding."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from alerting import owner
from alerting.errors import DeliveryError
from alerting.outbox import backoff, channels, queue
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Channel, Message
from alerting.pipeline import deliver_due
from tests.support.pipeline import World

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ELSEWHERE = "another-host:4711:99"
GONE = f"{owner.me().split(':')[0]}:4194300:1"
database = pytest.mark.django_db(transaction=True)


def notice(number: int = 1, *, rule: str = "critical_errors", severity: str = "high", sequence: int = 1) -> Notice:
    return Notice(
        kind=Kind.FIRST,
        key=f"key-{number}",
        headline=f"{number + 10} errors in 5 min",
        sentence="Over the threshold.",
        severity=severity,
        at="2026-01-01T12:00:00Z",
        rule=rule,
        rule_title="Critical errors",
        project=f"app-{number}",
        value=f"{number + 10} errors",
        threshold="10 errors",
        sequence=sequence,
    )


@pytest.fixture
def world() -> World:
    return World(NOON)


def owe(*notices: Notice, channel: str = "slack", rank: int = 0, at: datetime = NOON) -> None:
    queue.owe([queue.Debt(each, channel, rank) for each in notices], at)


@database
def test_the_same_debt_is_written_once(world: World) -> None:
    owe(notice())
    owe(notice())
    world.deliver()
    assert len(world.slack.sent) == 1


@database
def test_a_sent_message_is_settled_and_the_next_one_of_its_incident_gets_its_ref(world: World) -> None:
    owe(notice())
    world.deliver()
    owe(notice(sequence=2))
    world.deliver()
    assert world.slack.refs == [{}, {"thread": "slack-1"}]
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


@database
def test_urgent_notices_go_first(world: World) -> None:
    owe(notice(1, severity="medium"), rank=1)
    owe(notice(2))
    world.deliver()
    assert [each.project for each in world.slack.sent] == ["app-2", "app-1"]


@database
def test_a_thousand_notices_are_at_most_twenty_messages_and_name_everyone(world: World) -> None:
    owe(*(notice(number) for number in range(900)))
    owe(*(notice(number, severity="medium") for number in range(900, 1000)), rank=1)
    started = world.now
    world.deliver()
    assert len(world.slack.sent) <= 20
    assert world.now - started <= timedelta(seconds=60)
    named = [line.project for each in world.slack.sent for line in each.lines]
    assert sorted(named) == sorted(f"app-{number}" for number in range(1000))
    assert sum(sum(each.totals.values()) for each in world.slack.sent) == 1000
    assert [each.severity for each in world.slack.sent] == sorted(each.severity for each in world.slack.sent)


@database
def test_slack_gets_at_most_one_message_a_second(world: World) -> None:
    owe(*(notice(number) for number in range(4)))
    started = world.now
    world.deliver()
    assert len(world.slack.sent) == 4
    assert world.now - started >= timedelta(seconds=3)


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
def test_what_comes_too_late_arrives_as_one_summary_and_not_as_if_fresh(world: World) -> None:
    owe(notice(1), notice(2))
    world.now += timedelta(hours=2)
    world.deliver()
    assert world.kinds() == ["stale_summary"]
    assert [line.project for line in world.slack.sent[0].lines] == ["app-1", "app-2"]


@database
@pytest.mark.parametrize(
    ("holder", "age", "again"),
    [
        (GONE, timedelta(seconds=1), True),
        (ELSEWHERE, timedelta(seconds=40), False),
        (ELSEWHERE, timedelta(seconds=46), True),
        ("alive", timedelta(minutes=4), False),
        ("alive", timedelta(minutes=6), True),
    ],
    ids=["dead here", "elsewhere, fresh", "elsewhere, silent", "alive but stopped", "stopped for long"],
)
def test_what_a_sender_held_is_given_back_when_it_is_surely_or_long_gone(
    world: World, holder: str, age: timedelta, again: bool
) -> None:
    owe(notice())
    sleeper = _living_neighbour() if holder == "alive" else None
    name = f"{owner.me().split(':')[0]}:{sleeper.pid}:{owner._started(sleeper.pid)}" if sleeper else holder
    Message.objects.update(state="sending", owner=name, taken_at=NOON)
    world.now += age
    world.deliver()
    if sleeper:
        sleeper.kill()
        sleeper.wait()
    assert bool(world.slack.sent) is again


def _living_neighbour() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


@database
def test_a_sender_that_lost_its_lease_stops_before_sending(world: World) -> None:
    owe(notice())
    assert channels.hold("slack", NOON)
    Channel.objects.update(owner=ELSEWHERE, leased_until=NOON + timedelta(seconds=30))
    assert not channels.renew("slack", NOON)
    world.deliver()
    assert world.slack.sent == []


@database
def test_a_recipient_that_was_put_off_is_owed_the_notice_again_and_nobody_else(world: World) -> None:
    world.email.deferred = {"slow@example.com": "451 greylisted"}
    owe(notice(), channel="email")
    world.deliver()
    world.now += timedelta(seconds=5)
    world.deliver()
    assert [each.recipients for each in world.email.sent] == [(), ("slow@example.com",)]
    assert len(set(world.email.keys)) == 2


@database
def test_a_message_our_own_code_cannot_send_does_not_block_the_others(world: World) -> None:
    world.slack.errors = [RuntimeError("a bug")]
    owe(notice(1), notice(2))
    world.deliver()
    assert world.slack.sent[0].project == "app-2"


@database
def test_text_no_database_takes_is_cleaned_on_the_way_in(world: World) -> None:
    hostile = Notice.from_json({**notice().to_json(), "project": "a\x00b\ud800c", "kind": "first"})
    owe(hostile)
    world.deliver()
    assert world.slack.sent[0].project == "ab?c"


@given(st.integers(min_value=1, max_value=10_000), st.floats(min_value=0, max_value=1))
def test_backoff_grows_to_a_minute_and_not_beyond(attempts: int, chance: float) -> None:
    assert 0.5 <= backoff.delay(attempts, chance) <= backoff.LONGEST_SECONDS


@given(st.floats(min_value=0, max_value=3600), st.floats(min_value=0, max_value=1))
def test_a_wish_is_never_undercut(wish: float, chance: float) -> None:
    assert wish <= backoff.delay(1, chance, wish) <= wish + 1


@given(st.lists(st.text(), max_size=3), st.dictionaries(st.text(), st.text(), max_size=3))
def test_a_notice_survives_json(notes: list[str], issue: dict[str, str]) -> None:
    original = Notice.from_json({**notice().to_json(), "notes": notes, "issue": issue, "newer": True})
    assert Notice.from_json(original.to_json()) == original


@database
def test_a_database_that_fails_right_after_a_sending_has_nothing_sent_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise OperationalError("database is locked")

    owe(notice(1), notice(2))
    with monkeypatch.context() as patch:
        patch.setattr(queue, "mark_sent", locked)
        for _ in range(2):
            with pytest.raises(OperationalError):
                deliver_due(world.parts, "slack")
    assert len(world.slack.sent) == 1
    world.now += timedelta(minutes=1)
    world.deliver()
    assert [each.project for each in world.slack.sent] == ["app-1", "app-2"]
    assert {message.state for message in Message.objects.all()} == {"sent"}
