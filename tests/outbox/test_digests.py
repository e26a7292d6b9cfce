"""Digests: everyone in them once, for the right people, dated honestly, and the cards they overtake brought along."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerting.errors import DeliveryError
from alerting.notifiers import render
from alerting.outbox import fold, queue
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Message
from tests.outbox.test_queue import notice
from tests.support.pipeline import World

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
CROWD = range(10, 20)


@pytest.fixture
def world() -> World:
    return World(NOON, interval=30)


def owe(world: World, *notices: Notice, channel: str = "slack") -> None:
    queue.owe([queue.Debt(each, channel) for each in notices], world.now)


def resolved(number: int) -> Notice:
    return replace(notice(number, sequence=2), kind=Kind.RESOLVED)


@pytest.mark.parametrize(("waiting", "said"), [(2, "."), (3, "; 1 more follows."), (4, "; 2 more follow.")])
def test_a_digest_says_how_many_are_still_to_come(waiting: int, said: str) -> None:
    made = fold.digest([notice(1), notice(2)], Kind.DIGEST, waiting, NOON, 1)
    assert made.sentence == f"2 notices about 2 projects in one message{said}"


def test_a_recipient_that_was_put_off_is_owed_alone_also_in_a_crowd(world: World) -> None:
    world.email.deferred = {"slow@example.com": "451 greylisted"}
    owe(world, notice(1), channel="email")
    world.deliver()
    owe(world, *(notice(number) for number in CROWD), channel="email")
    world.now += timedelta(seconds=5)
    world.deliver()
    assert [(each.kind, each.recipients) for each in world.email.sent[1:]] == [
        ("digest", ()),
        ("first", ("slow@example.com",)),
    ]
    assert {line.project for line in world.email.sent[1].lines} == {f"app-{number}" for number in CROWD}


def test_what_comes_late_for_one_recipient_is_a_late_summary_for_that_one_alone(world: World) -> None:
    world.email.deferred = {"slow@example.com": "451 greylisted"}
    owe(world, notice(1), channel="email")
    world.deliver()
    owe(world, notice(2), channel="email")
    world.now += timedelta(hours=2)
    world.deliver()
    late = {each.recipients: [line.project for line in each.lines] for each in world.email.sent[1:]}
    assert late == {(): ["app-2"], ("slow@example.com",): ["app-1"]}
    assert {each.kind for each in world.email.sent[1:]} == {Kind.STALE}


@pytest.mark.parametrize(("crowd", "most"), [(70, 1), (350, 5), (1000, 9), (2000, 16), (3000, 23)])
def test_a_storm_of_any_size_is_few_messages_that_count_exactly(world: World, crowd: int, most: int) -> None:
    owe(world, *(notice(number) for number in range(crowd)))
    for _ in range(3):
        world.deliver()
    assert len(world.slack.sent) == most
    assert sum(sum(each.totals.values()) for each in world.slack.sent) == crowd
    assert len({line.project for each in world.slack.sent for line in each.lines}) == crowd


def test_what_was_found_late_is_dated_by_when_it_happened_and_said_to_be_over(world: World) -> None:
    over = {"window_end": "2025-12-31T23:15:00Z", "resolved_at": "2025-12-31T23:20:00Z"}
    owe(world, *(replace(notice(number), kind=Kind.LATE, **over) for number in CROWD))
    world.deliver()
    (told,) = world.slack.sent
    shown = render.view(told)
    assert shown.totals == ("10 × Critical errors late",)
    assert {(row.tag, row.when) for row in shown.rows} == {("late, already over", "2025-12-31 23:15:00 UTC")}


def test_a_digest_of_new_issues_waits_for_what_is_more_urgent(world: World) -> None:
    new = [notice(number, rule="new_issue", severity="medium") for number in (1, 2, 3)]
    queue.owe([queue.Debt(each, "slack", rank=1) for each in new], world.now)
    world.now += timedelta(seconds=1)
    owe(world, notice(4))
    world.deliver()
    assert [each.kind for each in world.slack.sent] == [Kind.FIRST, Kind.DIGEST]
    assert world.slack.sent[0].project == "app-4"


def test_a_digest_goes_before_what_else_is_as_urgent(world: World) -> None:
    world.slack.errors = [DeliveryError("http_503", "Slack answered 503.")]
    owe(world, *(notice(number) for number in range(1, 80)))
    world.deliver()
    world.now += timedelta(minutes=2)
    world.deliver()
    assert world.slack.sent[0].kind is Kind.DIGEST


def test_new_issues_keep_their_titles_also_in_a_storm(world: World) -> None:
    owe(world, *(notice(number, rule="new_issue") for number in range(400)))
    world.deliver()
    assert {len(each.lines) for each in world.slack.sent[:5]} == {70}


def test_a_digest_that_waited_too_long_itself_says_so(world: World) -> None:
    world.slack.errors = [DeliveryError("http_503", "Slack answered 503.")]
    owe(world, *(notice(number) for number in CROWD))
    world.deliver()
    world.now += timedelta(hours=2)
    world.deliver()
    (late,) = world.slack.sent
    assert (late.kind, late.at, len(late.lines)) == (Kind.STALE, "2026-01-01T14:00:00Z", len(CROWD))
    assert late.sentence.startswith(
        "10 notices about 10 projects could not be delivered in time, the oldest since 2026-01-01T12:00:00Z"
    )


def test_a_digest_that_was_put_back_takes_in_what_has_come_since(world: World) -> None:
    world.slack.errors = [DeliveryError("http_503", "Slack answered 503.")]
    owe(world, *(notice(number) for number in CROWD))
    world.deliver()
    owe(world, *(notice(number) for number in range(30, 40)))
    world.now += timedelta(minutes=1)
    world.deliver()
    (digest,) = world.slack.sent
    assert [line.project for line in digest.lines] == [f"app-{number}" for number in (*CROWD, *range(30, 40))]


def test_what_trickles_in_during_hours_of_refusals_is_few_messages_in_the_end(world: World) -> None:
    world.slack.errors = [DeliveryError("http_503", "Slack answered 503.")] * 10_000
    for number in range(60):
        owe(world, notice(number))
        for _ in range(2):
            world.now += timedelta(minutes=5)
            world.deliver()
    world.slack.errors = []
    world.now += timedelta(minutes=1)
    world.deliver()
    assert world.kinds() == ["stale_summary", *["first"] * 5]
    told = [line.project for each in world.slack.sent for line in each.lines]
    told += [each.project for each in world.slack.sent if not each.lines]
    assert told == [f"app-{number}" for number in range(60)]


def test_the_members_of_a_digest_that_is_refused_for_good_go_the_other_way(world: World) -> None:
    world.slack.errors = [DeliveryError("no_service", "The webhook is gone.", permanent=True)]
    owe(world, *(notice(number) for number in CROWD))
    world.deliver()
    world.deliver()
    told = [line.project for each in world.email.sent for line in each.lines if line.kind == Kind.FIRST]
    assert sorted(told) == [f"app-{number}" for number in CROWD]
    notes = [note for each in world.email.sent for note in each.notes]
    assert any("Slack refused this notice (no_service), so it comes this way." in note for note in notes)
    world.fingerprint = "two"
    world.deliver()
    assert world.slack.sent == []


def test_a_digest_slack_dislikes_goes_the_other_way_and_is_not_owed_again(world: World) -> None:
    world.slack.errors = [DeliveryError("msg_too_long", "This message is too long.", permanent=True)]
    owe(world, *(notice(number) for number in CROWD))
    world.deliver()
    world.deliver()
    assert [line.project for each in world.email.sent for line in each.lines] == [f"app-{each}" for each in CROWD]
    assert not Message.objects.filter(state__in=("pending", "failed")).exists()


def test_a_card_whose_change_is_told_in_a_digest_is_edited_after_it(world: World) -> None:
    world.slack.editable = True
    owe(world, notice(10))
    world.deliver()
    owe(world, *(resolved(number) for number in CROWD))
    world.deliver()
    first, digest, edit = world.slack.sent
    assert (first.kind, digest.kind) == (Kind.FIRST, Kind.DIGEST)
    assert (edit.kind, edit.project, edit.edit_only) == (Kind.RESOLVED, "app-10", True)
    assert world.slack.refs[2] == {"thread": "slack-1"}


def test_an_edit_never_takes_a_card_back_to_an_older_state(world: World) -> None:
    world.slack.editable = True
    owe(world, notice(10))
    world.deliver()
    owe(world, *(resolved(number) for number in CROWD))
    world.slack.errors = [None, DeliveryError("http_503", "Slack answered 503.")]
    world.deliver()
    assert Message.objects.get(kind="card").state == "pending"
    owe(world, replace(notice(10), sequence=3))
    world.now += timedelta(seconds=1.2)
    world.deliver()
    assert Message.objects.get(kind="card").state in {"discarded", "sent"}
    assert (world.slack.sent[-1].sequence, world.slack.sent[-1].edit_only) == (3, False)


def test_a_channel_without_cards_gets_no_edits(world: World) -> None:
    owe(world, notice(10))
    world.deliver()
    owe(world, *(resolved(number) for number in CROWD))
    world.deliver()
    assert [each.edit_only for each in world.slack.sent] == [False, False]
