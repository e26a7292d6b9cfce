"""What a silence covers: kept by the project's id, named as it is called now, doubted where it covers nothing."""

from datetime import UTC, datetime, time, timedelta

import pytest

from alerting import config
from alerting.actions import mutes, perform, scope
from alerting.actions.maintenance import Recurrence
from alerting.actions.models import AuditEntry, MaintenanceWindow, Silence
from alerting.errors import ActionError
from alerting.incidents.models import LatestReadings
from tests.support.incidents import closed, incident, renamed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
ANN = perform.Actor("ann", "cli")
HOUR = timedelta(hours=1)


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
    schedule = Recurrence(frozenset({6}), time(12, 30), 60, "UTC")
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


@pytest.mark.parametrize("name", ["shop", "store", "7"])
def test_what_is_silent_stays_so_when_its_project_is_renamed(name: str) -> None:
    renamed()
    schedule = Recurrence(frozenset({6}), time(11, 30), 60, "UTC")
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
