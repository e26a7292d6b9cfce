"""What people do: idempotent, bounded, and every change with its audit entry."""

from datetime import UTC, datetime, time, timedelta

import pytest

from alerting.actions import mutes, perform, scope
from alerting.actions.maintenance import Recurrence
from alerting.actions.models import Acknowledgement, AuditEntry, MaintenanceWindow, Silence
from alerting.errors import ActionError
from tests.support.incidents import closed, incident

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
ANN, BOB = perform.Actor("ann", "cli"), perform.Actor("bob", "slack")
HOUR = timedelta(hours=1)


def audited() -> list[tuple[str, str]]:
    return [(entry.who, entry.action) for entry in AuditEntry.objects.order_by("id")]


def test_the_first_to_acknowledge_has_it_and_repeating_changes_nothing() -> None:
    made = incident("shop")
    assert perform.acknowledge(made.pk, ANN, NOW, "rolling back")[1]
    found, created = perform.acknowledge(made.pk, BOB, NOW)
    assert (found.by, created) == ("ann", False)
    assert audited() == [("ann", "acknowledged")]


def test_the_note_of_whoever_comes_second_is_kept_once() -> None:
    made = incident("shop")
    perform.acknowledge(made.pk, ANN, NOW, "rolling back")
    for _ in range(2):
        perform.acknowledge(made.pk, BOB, NOW, "the database had a failover")
        perform.acknowledge(made.pk, ANN, NOW, "rolling back")
    assert audited() == [("ann", "acknowledged"), ("bob", "added a note to")]
    assert AuditEntry.objects.get(who="bob").why == "the database had a failover"


def test_giving_back_keeps_its_note() -> None:
    made = incident("shop")
    perform.acknowledge(made.pk, ANN, NOW)
    perform.unacknowledge(made.pk, ANN, NOW, "off to bed, bob knows")
    assert AuditEntry.objects.get(action="gave back").why == "off to bed, bob knows"


def test_giving_back_is_audited_once() -> None:
    made = incident("shop")
    perform.acknowledge(made.pk, ANN, NOW)
    assert perform.unacknowledge(made.pk, BOB, NOW)
    assert not perform.unacknowledge(made.pk, BOB, NOW)
    assert audited() == [("ann", "acknowledged"), ("bob", "gave back")]


def test_what_is_over_or_unknown_cannot_be_acknowledged() -> None:
    with pytest.raises(ActionError, match="has been over since"):
        perform.acknowledge(closed("shop").pk, ANN, NOW)
    with pytest.raises(ActionError, match="There is no incident 999"):
        perform.acknowledge(999, ANN, NOW)
    assert not Acknowledgement.objects.exists() and audited() == []


@pytest.mark.parametrize(
    ("ends", "reason", "said"),
    [
        (NOW + HOUR, "  ", "Say why"),
        (NOW, "deploy", "is over"),
        (NOW + timedelta(days=30, seconds=1), "deploy", "at most 30 days"),
    ],
)
def test_a_silence_has_an_end_and_a_reason(ends: datetime, reason: str, said: str) -> None:
    with pytest.raises(ActionError, match=said):
        perform.silence(scope.About(), ends, reason, ANN, NOW)
    assert not Silence.objects.exists()


def test_the_same_silence_twice_is_one() -> None:
    about = scope.About(project="shop")
    first = perform.silence(about, NOW + HOUR, "deploy", ANN, NOW)
    assert perform.silence(about, NOW + HOUR, "deploy", ANN, NOW + timedelta(seconds=3)) == first
    assert audited() == [("ann", "silenced")]


def test_a_silence_covers_what_it_names_until_it_ends() -> None:
    perform.silence(scope.About("error_rate", "shop", "production"), NOW + HOUR, "deploy", ANN, NOW)
    covering = mutes.at(NOW).covering
    assert covering("error_rate", "shop", "7", "production,staging") is not None
    assert covering("error_rate", "renamed", "shop", "production") is not None
    assert covering("p95_latency", "shop", "7", "production") is None
    assert covering("error_rate", "other", "7", "production") is None
    assert covering("error_rate", "shop", "7", "staging") is None
    assert mutes.at(NOW + HOUR).covering("error_rate", "shop", "7", "production") is None


def test_the_longest_of_several_mutes_is_named() -> None:
    perform.silence(scope.About(), NOW + HOUR, "short", ANN, NOW)
    perform.silence(scope.About(project="shop"), NOW + 5 * HOUR, "long", BOB, NOW)
    mute = mutes.at(NOW).covering("error_rate", "shop", "7", "")
    assert mute is not None and mute.label == "silenced by bob: long"


def test_ending_a_silence_ends_it_now() -> None:
    made = perform.silence(scope.About(), NOW + HOUR, "deploy", ANN, NOW)
    assert perform.end_silence(made.pk, BOB, NOW + timedelta(minutes=1))
    assert not perform.end_silence(made.pk, BOB, NOW + timedelta(minutes=2))
    assert mutes.at(NOW + timedelta(minutes=1)).mutes == ()
    with pytest.raises(ActionError, match="no silence 999"):
        perform.end_silence(999, BOB, NOW)


def test_maintenance_mutes_while_it_is_open() -> None:
    schedule = Recurrence(frozenset({6}), time(12, 30), 60, "UTC")
    made = perform.plan_maintenance(scope.About(project="shop"), schedule, "backups", ANN, NOW)
    assert mutes.at(NOW).mutes == ()
    (mute,) = mutes.at(NOW + timedelta(minutes=45)).mutes
    assert mute.until == datetime(2026, 1, 10, 13, 30, tzinfo=UTC) and "planned by ann: backups" in mute.label
    perform.remove_maintenance(made.pk, BOB, NOW)
    assert not MaintenanceWindow.objects.exists()
    assert audited() == [("ann", "planned maintenance"), ("bob", "removed")]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (Recurrence(frozenset(), time(1), 60, "UTC"), "at least one weekday"),
        (Recurrence(frozenset({1}), time(1), 0, "UTC"), "from 1 to 1440"),
        (Recurrence(frozenset({1}), time(1), 1441, "UTC"), "from 1 to 1440"),
        (Recurrence(frozenset({1}), time(1), 60, "Mars/Olympus"), "is no time zone"),
        (Recurrence(frozenset({1}), time(1), 60, "../../etc/passwd"), "is no time zone"),
        (Recurrence(frozenset({1}), time(1), 60, ""), "is no time zone"),
    ],
)
def test_impossible_maintenance_is_refused_with_the_reason(schedule: Recurrence, said: str) -> None:
    with pytest.raises(ActionError, match=said):
        perform.plan_maintenance(scope.About(), schedule, "backups", ANN, NOW)


def test_maintenance_without_a_gap_is_refused_and_with_the_smallest_gap_is_planned() -> None:
    daily, day = frozenset(range(1, 8)), 24 * 60
    with pytest.raises(ActionError, match="would never end"):
        perform.plan_maintenance(scope.About(), Recurrence(daily, time(0), day, "UTC"), "x", ANN, NOW)
    assert not MaintenanceWindow.objects.exists()
    for days, minutes in ((daily, day - 1), (daily - {7}, day)):
        perform.plan_maintenance(scope.About(), Recurrence(days, time(0), minutes, "UTC"), "x", ANN, NOW)


def test_the_audit_names_what_was_ended_and_removed_with_its_scope_and_days_in_words() -> None:
    silent = perform.silence(scope.About(), NOW + HOUR, "deploy", ANN, NOW)
    perform.end_silence(silent.pk, BOB, NOW)
    schedule = Recurrence(frozenset({6, 7}), time(2, 30), 90, "Europe/Berlin")
    window = perform.plan_maintenance(scope.About(project="shop"), schedule, "backups", ANN, NOW)
    perform.remove_maintenance(window.pk, BOB, NOW)
    assert [f"{entry.action} {entry.subject}" for entry in AuditEntry.objects.filter(who="bob").order_by("id")] == [
        f"ended silence {silent.pk}: everything, until 2026-01-10 13:00 UTC",
        f"removed maintenance window {window.pk}: project shop, sat, sun 02:30 Europe/Berlin, 90 min",
    ]
