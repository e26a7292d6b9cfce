"""What is deleted after ALERTING_HISTORY_DAYS, and what never is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerting import housekeeping
from alerting.actions.models import AuditEntry, Silence
from alerting.incidents import retention
from alerting.incidents.models import Decision, Gap, Incident, Tick, Transition
from alerting.outbox.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HISTORY = timedelta(days=90)
OLD, YOUNG = NOW - timedelta(days=91), NOW - timedelta(days=89)
# Every table, and what keeps it from growing for ever.
BOUNDED_BY = {
    "incidents.Incident": "history",
    "incidents.Transition": "history",
    "incidents.Decision": "history",
    "incidents.Gap": "history",
    "incidents.Tick": "48 hours",
    "incidents.QuietIssue": "8 days",
    "incidents.CountedBlock": "how far back is looked",
    "incidents.Evaluator": "one row",
    "incidents.LatestReadings": "one row",
    "incidents.SourceFacts": "one row for each server and organisation",
    "outbox.Message": "history",
    "outbox.Channel": "one row for each channel",
    "actions.Acknowledgement": "history, with its incident",
    "actions.AuditEntry": "history",
    "actions.Silence": "history",
    "actions.MaintenanceWindow": "people, who plan each of them",
    "actions.AnsweredRequest": "minutes",
    "status.FailedLogin": "a day",
}


def incident(opened_at: datetime, closed_at: datetime | None, **values: object) -> Incident:
    number = Incident.objects.count()
    made = Incident.objects.create(
        **{
            "rule": "critical_errors",
            "severity": "high",
            "project_id_text": str(number),
            "project": f"app-{number}",
            "state": "firing" if closed_at is None else "ok",
            "opened_at": opened_at,
            "closed_at": closed_at,
            "value": 11.0,
            "peak": 11.0,
            "threshold": 10.0,
            "reason": "first_breach",
            **values,
        }
    )
    for moment in (opened_at, opened_at + timedelta(hours=1), closed_at or NOW):
        Transition.objects.create(incident=made, from_state="ok", to_state="firing", at=moment, reason="first_breach")
        decision(made, moment)
    return made


def decision(of: Incident, at: datetime, value: float = 11.0) -> Decision:
    return Decision.objects.create(
        incident=of, at=at, window_end=at, settled=False, trust="value", value=value, outcome="breached",
        verdict_reason="above_threshold", reason="still_breached",
    )  # fmt: skip


def message(created_at: datetime, state: str = "sent", **values: object) -> Message:
    defaults = {
        "dedupe_key": f"key-{Message.objects.count()}",
        "channel": "slack",
        "incident_key": "key",
        "kind": "first",
        "payload": {},
        "due_at": created_at,
    }
    return Message.objects.create(**{**defaults, "created_at": created_at, "state": state, **values})


def prune() -> int:
    return retention.prune(NOW, HISTORY)


def test_a_closed_incident_goes_with_all_that_belongs_to_it_once_it_is_old() -> None:
    young, _ = incident(OLD, YOUNG), incident(OLD, OLD)
    prune()
    assert list(Incident.objects.all()) == [young]
    assert set(Transition.objects.values_list("incident", flat=True)) == {young.pk}
    assert set(Decision.objects.values_list("incident", flat=True)) == {young.pk}


def test_an_open_incident_stays_however_old_and_so_does_how_it_began() -> None:
    standing = incident(OLD, None)
    for hours in range(100):
        decision(standing, OLD + timedelta(hours=hours), 20.0 + hours)
    prune()
    assert list(Incident.objects.all()) == [standing]
    for rows in (standing.transitions, standing.decisions):
        assert [rows.order_by("at").first().at, rows.order_by("at").last().at] == [OLD, NOW]
    assert standing.transitions.count() == 2


@pytest.mark.parametrize("state", ["pending", "sending", "failed"])
def test_a_message_that_is_still_owed_stays_however_old(state: str) -> None:
    owed = message(OLD, state)
    prune()
    assert list(Message.objects.all()) == [owed]


@pytest.mark.parametrize("state", ["sent", "folded", "discarded"])
def test_a_message_nobody_waits_for_goes_once_it_is_old(state: str) -> None:
    message(OLD, state)
    young = message(YOUNG, state)
    prune()
    assert list(Message.objects.all()) == [young]


def test_the_members_of_a_digest_that_is_still_owed_stay() -> None:
    owed, sent = message(OLD, "failed", kind="digest"), message(OLD, "sent", kind="digest")
    member = message(OLD, "folded", folded_into=owed)
    message(OLD, "folded", folded_into=sent)
    prune()
    assert set(Message.objects.all()) == {owed, member}


def test_the_last_message_about_an_open_incident_stays_for_the_next_to_continue_it() -> None:
    standing, over = incident(OLD, None), incident(OLD, OLD)
    message(OLD, incident_key=standing.uid.hex, ref={"ts": "1"})
    last = message(OLD, incident_key=standing.uid.hex, ref={"ts": "2"})
    mail = message(OLD, incident_key=standing.uid.hex, ref={"id": "3"}, channel="email")
    message(OLD, incident_key=over.uid.hex, ref={"ts": "4"})
    prune()
    assert set(Message.objects.all()) == {last, mail}


def test_gaps_and_ticks_go_too_but_not_a_gap_that_is_still_to_be_judged() -> None:
    waiting = Gap.objects.create(start=OLD, end=OLD, noticed_at=OLD)
    Gap.objects.create(start=OLD, end=OLD, noticed_at=OLD, finished_at=OLD)
    for days in (3, 1):
        Tick.objects.create(window_end=NOW - timedelta(days=days), claimed_at=NOW)
    prune()
    assert list(Gap.objects.all()) == [waiting]
    assert [tick.window_end for tick in Tick.objects.all()] == [NOW - timedelta(days=1)]


def test_a_shorter_history_is_obeyed_but_a_told_issue_stays_known_while_it_may_be_read_as_new() -> None:
    incident(OLD, NOW - timedelta(days=2))
    incident(OLD, NOW - timedelta(days=9), subject="1")
    told = incident(OLD, NOW - timedelta(days=2), subject="2")
    assert retention.prune(NOW, timedelta(days=1)) > 0
    assert list(Incident.objects.all()) == [told]


def test_more_than_a_turn_holds_is_left_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        incident(OLD, OLD)
    monkeypatch.setattr(retention, "TURN_SECONDS", 0.0)
    prune()
    assert Incident.objects.count() == 5
    monkeypatch.undo()
    monkeypatch.setattr(retention, "BATCH", 2)
    prune()
    assert not Incident.objects.exists()


def test_the_page_s_sessions_and_what_people_did_go_too() -> None:
    Session.objects.create(session_key="over", expire_date=NOW - timedelta(days=1))
    Session.objects.create(session_key="valid", expire_date=NOW + timedelta(days=1))
    for moment in (OLD, YOUNG):
        AuditEntry.objects.create(at=moment, who="ann", action="acknowledged", subject="x", via="page")
        Silence.objects.create(starts_at=moment, ends_at=moment, reason="x", by="ann", created_at=moment)
    assert housekeeping.take_turn(NOW, HISTORY.days) == 3
    assert [session.session_key for session in Session.objects.all()] == ["valid"]
    assert AuditEntry.objects.get().at == Silence.objects.get().ends_at == YOUNG


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plans")
def test_a_turn_with_nothing_to_delete_reads_no_large_table_from_end_to_end() -> None:
    with CaptureQueriesContext(connection) as captured:
        prune()
    plans = []
    for query in captured.captured_queries:
        if query["sql"].startswith(("SELECT", "DELETE")):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plans += [row[3] for row in cursor.fetchall()]
    assert any(plan.startswith("SEARCH outbox_message") for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN") and plan != "SCAN incidents_gap"] == []


def test_nothing_grows_for_ever() -> None:
    ours = {model._meta.label for model in apps.get_models() if model.__module__.startswith("alerting.")}
    assert ours == set(BOUNDED_BY), "say what keeps each table small, and let retention see to it"
