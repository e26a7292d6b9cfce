"""What `alerting up` notices in the database: each thing once, in order, and nothing from before it began."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerting.incidents.models import Incident, Tick, Transition
from alerting.local.watch import Event, Watch
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Message

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def incident(rule: str = "critical_errors") -> Incident:
    return Incident.objects.create(
        rule=rule,
        severity="high",
        project_id_text="1",
        project="shop",
        subject="7" if rule == "new_issue" else "",
        state="firing",
        opened_at=NOW,
        value=11,
        peak=11,
        threshold=10,
        reason="first_breach",
    )


def change(of: Incident, before: str, after: str, reason: str) -> None:
    Transition.objects.create(incident=of, from_state=before, to_state=after, at=NOW, reason=reason)


def message(**values: Any) -> Message:
    notice = Notice(Kind.FIRST, "k", "11 errors in 5 min", "s", "high", NOW.isoformat(), project="shop")
    kept = {"channel": "slack", "kind": "first", "payload": notice.to_json(), "created_at": NOW, "due_at": NOW}
    return Message.objects.create(**{**kept, "dedupe_key": str(Message.objects.count()), **values})


def tick(number: int, outcome: str = "good") -> None:
    at = NOW + timedelta(seconds=number)
    Tick.objects.create(window_end=at, claimed_at=at, finished_at=at, outcome=outcome, requests=4)


def texts(watch: Watch) -> list[str]:
    return [f"{event.name}: {event.text}" for event in watch.look()]


def test_what_was_there_before_is_not_told() -> None:
    change(incident(), "ok", "firing", "first_breach")
    message(state="sent")
    tick(1)
    assert texts(Watch()) == []


def test_an_incident_is_told_from_beginning_to_end_with_its_reasons() -> None:
    watch, one = Watch(), incident()
    change(one, "ok", "firing", "first_breach")
    change(one, "firing", "firing", "value_doubled")
    assert texts(watch) == [
        "incident: critical_errors in shop: ok → firing, over the threshold for the first time",
        "incident: critical_errors in shop: still firing, at least double what it was, in a full window",
    ]
    change(one, "recovering", "ok", "recovered")
    (last,) = watch.look()
    assert not last.is_bad
    assert texts(watch) == []


def test_ticks_are_told_when_their_outcome_changes_only() -> None:
    watch = Watch()
    for number, outcome in enumerate(["good", "good", "partial", "partial", "good"]):
        tick(number, outcome)
    assert texts(watch) == [
        "tick: the first tick was good: 4 requests to Sentry, 0.0 s",
        "tick: ticks are now partial: 4 requests to Sentry, 0.0 s",
        "tick: ticks are now good: 4 requests to Sentry, 0.0 s",
    ]


def test_a_notice_is_told_once_it_is_sent_even_if_it_was_owed_before() -> None:
    owed = message(state="pending")
    watch = Watch()
    assert list(watch.look()) == []
    Message.objects.filter(pk=owed.pk).update(state="sent")
    (event,) = watch.look()
    assert isinstance(event, Event) and event.notice is not None
    assert (event.channel, event.notice.headline) == ("slack", "11 errors in 5 min")
    assert list(watch.look()) == []


def test_a_notice_that_was_refused_for_good_says_where_to_look() -> None:
    watch = Watch()
    message(state="failed", error="invalid_auth")
    (event,) = watch.look()
    assert event.is_bad and "invalid_auth" in event.text and "alerting outbox list" in event.text


def test_it_is_over_once_nothing_is_open_and_nothing_is_owed() -> None:
    watch, one = Watch(), incident()
    change(one, "ok", "firing", "first_breach")
    list(watch.look())
    assert not watch.is_over()
    change(one, "recovering", "ok", "recovered")
    owed = message(state="pending")
    list(watch.look())
    Incident.objects.update(closed_at=NOW)
    assert not watch.is_over()
    Message.objects.filter(pk=owed.pk).update(state="sent")
    list(watch.look())
    assert watch.is_over()


def test_a_new_error_type_alone_is_no_incident_that_ends() -> None:
    watch, one = Watch(), incident("new_issue")
    change(one, "ok", "ok", "first_seen")
    assert texts(watch) == []
    assert not watch.is_over()
