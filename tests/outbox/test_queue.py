"""Debts: written once, taken by one, settled after sending, never lost and never crowding."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from alerting import owner
from alerting.outbox import channels, queue
from alerting.outbox.message import Notice
from alerting.outbox.models import Channel, Message
from alerting.pipeline import deliver_due
from tests.support.debts import NOON, notice, owe
from tests.support.pipeline import World

ELSEWHERE = "another-host:4711:99"
GONE = f"{owner.me().split(':')[0]}:4194300:1"
database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World(NOON)


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
