"""What people do: idempotent, bounded, and every change with its audit entry."""

from datetime import UTC, datetime, time, timedelta

import pytest

from alerting import config
from alerting.actions import mutes, perform, scope
from alerting.actions.models import Acknowledgement, AuditEntry, MaintenanceWindow, Silence
from alerting.errors import ActionError
from alerting.incidents.models import LatestReadings
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
    schedule = perform.Schedule(frozenset({6}), time(12, 30), 60, "UTC")
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
        (perform.Schedule(frozenset(), time(1), 60, "UTC"), "at least one weekday"),
        (perform.Schedule(frozenset({1}), time(1), 0, "UTC"), "from 1 to 1440"),
        (perform.Schedule(frozenset({1}), time(1), 1441, "UTC"), "from 1 to 1440"),
        (perform.Schedule(frozenset({1}), time(1), 60, "Mars/Olympus"), "is no time zone"),
        (perform.Schedule(frozenset({1}), time(1), 60, "../../etc/passwd"), "is no time zone"),
        (perform.Schedule(frozenset({1}), time(1), 60, ""), "is no time zone"),
    ],
)
def test_impossible_maintenance_is_refused_with_the_reason(schedule: perform.Schedule, said: str) -> None:
    with pytest.raises(ActionError, match=said):
        perform.plan_maintenance(scope.About(), schedule, "backups", ANN, NOW)


def test_maintenance_without_a_gap_is_refused_and_with_the_smallest_gap_is_planned() -> None:
    daily, day = frozenset(range(1, 8)), 24 * 60
    with pytest.raises(ActionError, match="would never end"):
        perform.plan_maintenance(scope.About(), perform.Schedule(daily, time(0), day, "UTC"), "x", ANN, NOW)
    assert not MaintenanceWindow.objects.exists()
    for days, minutes in ((daily, day - 1), (daily - {7}, day)):
        perform.plan_maintenance(scope.About(), perform.Schedule(days, time(0), minutes, "UTC"), "x", ANN, NOW)


EVERY_DAY, WEEKDAYS, WEEKEND = frozenset(range(1, 8)), frozenset(range(1, 6)), frozenset({6, 7})
NIGHTS, DAYS = perform.Schedule(EVERY_DAY, time(18), 840, "UTC"), perform.Schedule(EVERY_DAY, time(8), 600, "UTC")


def plan(schedule: perform.Schedule, **about: str) -> MaintenanceWindow:
    return perform.plan_maintenance(scope.About(**about), schedule, "backups", ANN, NOW)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"project": "shop"}, {}),
        ({}, {"rule": "error_rate", "project": "shop"}),
        ({"rule": "error_rate"}, {"project": "shop"}),
    ],
)
def test_two_windows_that_together_never_end_are_refused_with_both_named(
    first: dict[str, str], second: dict[str, str]
) -> None:
    kept = plan(NIGHTS, **first)
    with pytest.raises(ActionError, match="would never end") as refused:
        plan(DAYS, **second)
    assert f"maintenance window {kept.pk} ({scope.About(**first)}, daily 18:00 UTC, 840 min)" in str(refused.value)
    assert f"This one ({scope.About(**second)}, daily 08:00 UTC, 600 min)" in str(refused.value)
    assert MaintenanceWindow.objects.count() == len(audited()) == 1


def test_only_the_windows_that_leave_no_gap_are_named() -> None:
    part, whole = (
        plan(perform.Schedule(WEEKEND, time(0), 1440, "UTC")),
        plan(perform.Schedule(WEEKDAYS, time(1), 5, "UTC")),
    )
    with pytest.raises(ActionError) as refused:
        plan(perform.Schedule(WEEKDAYS, time(0), 1440, "UTC"))
    assert f"window {part.pk} " in str(refused.value) and f"window {whole.pk} " not in str(refused.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [({"project": "shop"}, {"project": "blog"}), ({"rule": "error_rate"}, {"rule": "p95_latency"})],
)
def test_windows_about_different_things_may_fill_the_week(first: dict[str, str], second: dict[str, str]) -> None:
    plan(NIGHTS, **first)
    assert plan(DAYS, **second).pk


def test_three_windows_of_which_no_two_meet_in_a_third_are_planned() -> None:
    plan(perform.Schedule(EVERY_DAY, time(0), 480, "UTC"), project="shop")
    plan(perform.Schedule(EVERY_DAY, time(8), 480, "UTC"), project="blog")
    assert plan(perform.Schedule(EVERY_DAY, time(16), 480, "UTC")).pk


def test_a_minute_between_two_windows_is_a_gap() -> None:
    plan(NIGHTS)
    assert plan(perform.Schedule(EVERY_DAY, time(8, 1), 599, "UTC")).pk


def test_windows_of_two_time_zones_that_meet_in_summer_only_are_refused_in_winter() -> None:
    plan(perform.Schedule(EVERY_DAY, time(0), 720, "UTC"))
    with pytest.raises(ActionError, match="would never end"):
        plan(perform.Schedule(EVERY_DAY, time(14), 720, "Europe/Berlin"))


def test_a_renamed_project_is_the_same_to_both_windows() -> None:
    plan(NIGHTS, project="shop")
    renamed()
    with pytest.raises(ActionError, match="would never end"):
        plan(DAYS, project="store")


def test_the_audit_names_what_was_ended_and_removed_with_its_scope_and_days_in_words() -> None:
    silent = perform.silence(scope.About(), NOW + HOUR, "deploy", ANN, NOW)
    perform.end_silence(silent.pk, BOB, NOW)
    schedule = perform.Schedule(frozenset({6, 7}), time(2, 30), 90, "Europe/Berlin")
    window = perform.plan_maintenance(scope.About(project="shop"), schedule, "backups", ANN, NOW)
    perform.remove_maintenance(window.pk, BOB, NOW)
    assert [f"{entry.action} {entry.subject}" for entry in AuditEntry.objects.filter(who="bob").order_by("id")] == [
        f"ended silence {silent.pk}: everything, until 2026-01-10 13:00 UTC",
        f"removed maintenance window {window.pk}: project shop, sat, sun 02:30 Europe/Berlin, 90 min",
    ]


@pytest.mark.parametrize("about", [scope.About(rule="x" * 41), scope.About(project="x" * 101)])
def test_a_name_longer_than_any_is_refused_in_words_on_every_database(about: scope.About) -> None:
    with pytest.raises(ActionError, match="the longest have"):
        perform.silence(about, NOW + HOUR, "why", ANN, NOW)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (scope.About(rule="eror_rate"), "There is no rule 'eror_rate'; there are critical_errors, error_rate"),
        (scope.About(rule="blind"), "always told"),
        (scope.About(rule="behind"), "always told"),
        (scope.About(rule="dropping"), "always told"),
        (scope.About(environment="prod"), "The environment 'prod' is not watched; watched are production, staging"),
    ],
)
def test_what_could_never_cover_anything_is_refused(
    about: scope.About, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "current", lambda: config.load({"SENTRY_ALERT_ENVIRONMENTS": "production,staging"}))
    schedule = perform.Schedule(frozenset({6}), time(12, 30), 60, "UTC")
    for act in (
        lambda: perform.silence(about, NOW + HOUR, "deploy", ANN, NOW),
        lambda: perform.plan_maintenance(about, schedule, "deploy", ANN, NOW),
    ):
        with pytest.raises(ActionError, match=said):
            act()
    assert not Silence.objects.exists() and not MaintenanceWindow.objects.exists()


def test_what_may_cover_nothing_is_doubted() -> None:
    assert doubt("shpo") == ""
    LatestReadings.objects.create(pk=1, at=NOW, readings={"error_rate": {"7": ["shop", 0.1, ""]}})
    closed("former")
    assert [doubt(each) for each in ("", "shop", "7", "former")] == [""] * 4
    assert "no project shpo has been read" in doubt("shpo")
    assert "SENTRY_ALERT_ENVIRONMENTS" in doubt("shop", "production")


def doubt(project: str, environment: str = "") -> str:
    return scope.known([project]).doubt(Silence(project=project, environment=environment))


def renamed(name: str = "store") -> None:
    """The project with the id 7, which was called shop when it last had an incident."""
    closed("shop", project_id_text="7")
    readings = {"error_rate": {"7": [name, 0, ""]}}
    LatestReadings.objects.update_or_create(pk=1, defaults={"at": NOW, "readings": readings})


@pytest.mark.parametrize("name", ["shop", "store", "7"])
def test_what_is_silent_stays_so_when_its_project_is_renamed(name: str) -> None:
    renamed()
    schedule = perform.Schedule(frozenset({6}), time(11, 30), 60, "UTC")
    perform.silence(scope.About(project=name), NOW + HOUR, "deploy", ANN, NOW)
    perform.plan_maintenance(scope.About(project=name), schedule, "backups", ANN, NOW)
    assert [mute.covers("error_rate", "boutique", "7", "") for mute in mutes.at(NOW).mutes] == [True, True]
    assert not any(mute.covers("error_rate", "another", "8", "") for mute in mutes.at(NOW).mutes)


def test_a_silence_is_named_as_its_project_is_called_now() -> None:
    renamed()
    made = perform.silence(scope.About(project="shop"), NOW + HOUR, "deploy", ANN, NOW)
    assert str(scope.known([made.project]).about(made)) == "project store"
    renamed("bou\u202etique")
    perform.end_silence(made.pk, ANN, NOW)
    assert "project boutique, until" in AuditEntry.objects.get(action="ended").subject


def test_a_silence_made_from_an_incident_is_about_its_project_whoever_else_has_the_name() -> None:
    made = incident("shop", project_id_text="9")
    LatestReadings.objects.create(pk=1, at=NOW, readings={"error_rate": {"7": ["shop", 0, ""]}})
    assert perform.silence(scope.About(project="shop"), NOW + HOUR, "deploy", ANN, NOW, made).project == "9"


def test_a_silence_made_from_an_incident_of_a_nameless_project_is_about_that_project_alone() -> None:
    made = incident("", project_id_text="9")
    perform.silence(scope.About(project="9"), NOW + HOUR, "deploy", ANN, NOW, made)
    assert not mutes.at(NOW).mutes[0].covers("error_rate", "shop", "7", "")
    assert perform.silence(scope.About(rule="error_rate"), NOW + HOUR, "deploy", ANN, NOW, made).project == ""


def test_a_name_that_several_projects_have_is_kept_as_a_name() -> None:
    readings = {"error_rate": {"7": ["shop", 0, ""]}, "p95_latency": {"8": ["shop", 0, ""]}}
    LatestReadings.objects.create(pk=1, at=NOW, readings=readings)
    assert perform.silence(scope.About(project="shop"), NOW + HOUR, "deploy", ANN, NOW).project == "shop"


def test_a_silence_kept_by_a_name_that_no_project_has_any_more_is_doubted() -> None:
    renamed()
    assert "no project shop has been read lately" in doubt("shop")
