"""Maintenance windows that together would never end are refused, whatever else they are about."""

from datetime import UTC, datetime, time

import pytest

from alerting.actions import perform, scope
from alerting.actions.maintenance import Recurrence
from alerting.actions.models import AuditEntry, MaintenanceWindow
from alerting.errors import ActionError
from tests.support.incidents import renamed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
ANN = perform.Actor("ann", "cli")
EVERY_DAY, WEEKDAYS, WEEKEND = frozenset(range(1, 8)), frozenset(range(1, 6)), frozenset({6, 7})
NIGHTS, DAYS = Recurrence(EVERY_DAY, time(18), 840, "UTC"), Recurrence(EVERY_DAY, time(8), 600, "UTC")


def plan(schedule: Recurrence, **about: str) -> MaintenanceWindow:
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
    assert MaintenanceWindow.objects.count() == AuditEntry.objects.count() == 1


def test_only_the_windows_that_leave_no_gap_are_named() -> None:
    part = plan(Recurrence(WEEKEND, time(0), 1440, "UTC"))
    inside = plan(Recurrence(WEEKDAYS, time(1), 5, "UTC"))
    with pytest.raises(ActionError) as refused:
        plan(Recurrence(WEEKDAYS, time(0), 1440, "UTC"))
    assert f"window {part.pk} " in str(refused.value) and f"window {inside.pk} " not in str(refused.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [({"project": "shop"}, {"project": "blog"}), ({"rule": "error_rate"}, {"rule": "p95_latency"})],
)
def test_windows_about_different_things_may_fill_the_week(first: dict[str, str], second: dict[str, str]) -> None:
    plan(NIGHTS, **first)
    assert plan(DAYS, **second).pk


def test_three_windows_of_which_no_two_meet_in_a_third_are_planned() -> None:
    plan(Recurrence(EVERY_DAY, time(0), 480, "UTC"), project="shop")
    plan(Recurrence(EVERY_DAY, time(8), 480, "UTC"), project="blog")
    assert plan(Recurrence(EVERY_DAY, time(16), 480, "UTC")).pk


def test_a_minute_between_two_windows_is_a_gap() -> None:
    plan(NIGHTS)
    assert plan(Recurrence(EVERY_DAY, time(8, 1), 599, "UTC")).pk


def test_windows_of_two_time_zones_that_meet_in_summer_only_are_refused_in_winter() -> None:
    plan(Recurrence(EVERY_DAY, time(0), 720, "UTC"))
    with pytest.raises(ActionError, match="would never end"):
        plan(Recurrence(EVERY_DAY, time(14), 720, "Europe/Berlin"))


def test_a_renamed_project_is_the_same_to_both_windows() -> None:
    plan(NIGHTS, project="shop")
    renamed()
    with pytest.raises(ActionError, match="would never end"):
        plan(DAYS, project="store")
