"""What people type when they are woken: incidents, show, ack, silence, maintenance, rules; for people and programs."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer

from alerting import config
from alerting.actions import perform
from alerting.actions.models import Acknowledgement, AuditEntry, MaintenanceWindow, Silence
from alerting.commands import (
    check,
    explain,
    incident_commands,
    listing,
    outbox,
    rules_command,
    show_command,
    silence_commands,
)
from alerting.commands.actor import me
from alerting.commands.durations import duration
from alerting.config import Settings
from alerting.errors import ActionError
from alerting.examples.afternoon import firing
from alerting.findings import Finding, Status
from alerting.incidents.models import Incident
from alerting.outbox.models import Channel, Message
from tests.support.incidents import closed, incident

pytestmark = pytest.mark.django_db
Capture = pytest.CaptureFixture[str]


def printed(capture: Capture) -> Any:
    return json.loads(capture.readouterr().out)


def test_what_is_open_is_listed_with_who_has_it(capsys: Capture) -> None:
    made = incident("shop")
    closed("blog")
    incident_commands.ack(made.pk, note="rolling back")
    incident_commands.incidents()
    said = capsys.readouterr().out
    assert "shop" in said and "34" in said and "blog" not in said and Acknowledgement.objects.get().by in said
    incident_commands.incidents(everything=True, as_json=True)
    assert [row["project"] for row in printed(capsys)] == ["blog", "shop"]


def test_the_worst_is_listed_first_and_what_somebody_has_last(capsys: Capture) -> None:
    for project, value in (("mild", 12), ("bad", 90), ("taken", 500)):
        incident(project, value=float(value))
    incident_commands.ack(Incident.objects.get(project="taken").pk)
    capsys.readouterr()
    incident_commands.incidents(as_json=True)
    assert [row["project"] for row in printed(capsys)] == ["bad", "mild", "taken"]


def test_show_tells_changes_notices_and_what_people_did(capsys: Capture) -> None:
    made = incident("shop")
    incident_commands.ack(made.pk)
    capsys.readouterr()
    show_command.show(made.pk)
    said = capsys.readouterr().out
    assert "ok → firing: first time over the threshold" in said and "first_breach" not in said
    assert "delivered" in said and "acknowledged it" in said and "in hand" in said
    show_command.show(made.pk, as_json=True)
    whole = printed(capsys)
    assert [each["notice"] for each in whole["notices"]] == ["first"]
    assert [each["reason"] for each in whole["changes"]] == ["first_breach"]


def test_show_names_the_errors_behind_it_and_the_next_step(capsys: Capture) -> None:
    made = incident("shop")
    Message.objects.update(payload=firing(key=made.uid.hex).to_json())
    show_command.show(made.pk)
    said = capsys.readouterr().out
    assert "21 ×" in said and "KeyError: 'cart_id'" in said and "Open the first of these errors" in said
    assert "https://acme.sentry.example/organizations/acme/issues/" in said
    show_command.show(made.pk, as_json=True)
    whole = printed(capsys)
    assert [each["count"] for each in whole["errors"]] == [21, 9, 4]


def test_explain_tells_programs_the_same_as_people(capsys: Capture) -> None:
    explain.explain(None, as_json=True)
    assert printed(capsys) == {"last_tick": None, "unreadable": [], "incidents": []}
    made = incident("shop")
    explain.explain(made.pk, as_json=True)
    whole = printed(capsys)
    assert [each["reason"] for each in whole["decisions"]] == ["first_breach"]
    assert [each["to"] for each in whole["changes"]] == ["firing"] and whole["until"] is None


def test_without_a_channel_nothing_is_called_delivered_nor_told_to_anybody(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.list_messages()
    assert capsys.readouterr().out == "Nothing is owed. No channel is enabled.\n"
    rules_command.rules()
    assert "nobody: no channel is enabled" in capsys.readouterr().out
    monkeypatch.setenv("SENTRY_SLACK_ALERTS_ENABLED", "true")
    monkeypatch.setenv("SENTRY_SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T1/B1/x")
    monkeypatch.setattr(config, "current", lambda: config.load(os.environ))
    outbox.list_messages()
    assert capsys.readouterr().out == "Nothing is owed.\n"
    rules_command.rules()
    assert "email (off) and Slack" in capsys.readouterr().out


def test_the_outbox_tells_programs_its_channels_and_whole_notices(capsys: Capture) -> None:
    now = datetime.now(UTC)
    Channel.objects.create(name="slack", leased_until=now, open_at=now, broken_reason="invalid_auth", broken_at=now)
    made = incident("shop")
    Message.objects.update(payload=firing(key=made.uid.hex).to_json())
    outbox.list_messages(True, 50, as_json=True)
    listed = printed(capsys)
    assert listed["channels"][0]["broken"] == "invalid_auth" and listed["messages"][0]["project"] == "checkout"
    outbox.show(Message.objects.get().pk, as_json=True)
    assert printed(capsys)["notice"]["headline"] == "37 errors in 5 min"


def test_check_tells_programs_what_it_found_and_no_secret(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "topsecret")
    monkeypatch.setattr(check, "probes", lambda: {"Rules": lambda _: Finding("Rules", Status.FAIL, "none", "add one")})
    with pytest.raises(typer.Exit) as ended:
        check.check(as_json=True)
    found = printed(capsys)
    assert ended.value.exit_code == 1
    assert found["parts"] == [{"part": "Rules", "status": "fail", "said": "none", "advice": "add one"}]
    assert {each["name"] for each in found["settings"]} == set(Settings.model_fields)
    assert "topsecret" not in str(found)


def test_what_is_not_there_says_where_to_look() -> None:
    with pytest.raises(ActionError, match="`alerting incidents --all` lists them"):
        show_command.show(999)


def test_a_second_ack_names_who_was_first_and_undo_gives_back(capsys: Capture) -> None:
    made = incident("shop")
    incident_commands.ack(made.pk)
    assert "You have incident" in capsys.readouterr().out
    incident_commands.ack(made.pk)
    assert f"has incident {made.pk} since" in capsys.readouterr().out
    incident_commands.ack(made.pk, undo=True)
    assert "nobody's again" in capsys.readouterr().out
    incident_commands.ack(made.pk, undo=True)
    assert "Nobody had" in capsys.readouterr().out


def test_a_note_beside_somebody_elses_is_kept_and_said_so(capsys: Capture) -> None:
    made = incident("shop")
    perform.acknowledge(made.pk, perform.Actor("ann", "page"), datetime.now(UTC))
    incident_commands.ack(made.pk, note="the database had a failover")
    assert "ann has incident" in (said := capsys.readouterr().out) and "Your note is kept" in said
    show_command.show(made.pk)
    assert "added a note: the database had a failover" in capsys.readouterr().out


def test_a_silence_that_may_cover_nothing_says_so(capsys: Capture) -> None:
    silence_commands.add_silence("2h", "deploy", environment="production")
    assert "It covers nothing" in capsys.readouterr().out


def test_a_silence_is_added_listed_and_ended(capsys: Capture) -> None:
    silence_commands.add_silence("2h", "deploy", rule="error_rate", project="shop")
    assert "nobody is told about rule error_rate, project shop until" in capsys.readouterr().out
    silence_commands.list_silences(as_json=True)
    (row,) = printed(capsys)
    assert (row["rule"], row["project"], row["environment"], row["why"]) == ("error_rate", "shop", None, "deploy")
    silence_commands.end_silence(row["number"])
    silence_commands.list_silences()
    assert capsys.readouterr().out.splitlines() == [f"Silence {row['number']} has ended.", "Nothing is silenced."]
    assert {entry.via for entry in AuditEntry.objects.all()} == {"cli"}


def test_programs_read_what_silences_an_incident_of_what_and_by_whom(capsys: Capture) -> None:
    made = incident("shop")
    show_command.show(made.pk, as_json=True)
    assert printed(capsys)["silenced"] is None
    silence_commands.add_silence("2h", "deploy", project="shop")
    capsys.readouterr()
    show_command.show(made.pk, as_json=True)
    found, until = printed(capsys)["silenced"], Silence.objects.get().ends_at
    assert (found["rule"], found["project"], found["environment"]) == (None, "shop", None)
    assert (found["by"], found["why"], found["until"]) == (me().name, "deploy", until.isoformat())
    assert found["is_maintenance"] is False
    incident_commands.incidents(as_json=True)
    assert printed(capsys)[0]["silenced"] == found
    show_command.show(made.pk)
    assert "deploy (project shop), until" in capsys.readouterr().out


def test_a_silence_is_listed_by_the_projects_name_and_its_id(capsys: Capture) -> None:
    made = incident("shop")
    silence_commands.add_silence("2h", "deploy", project="shop")
    silence_commands.add_maintenance("sat,sun", "02:30", "90m", "backups", project="shop")
    capsys.readouterr()
    for listed in (silence_commands.list_silences, silence_commands.list_maintenance):
        listed(as_json=True)
        (row,) = printed(capsys)
        assert (row["project"], row["project_id"]) == ("shop", int(made.project_id_text))
        listed()
        assert " shop " in capsys.readouterr().out


def test_a_silence_of_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ActionError, match="There is no rule 'eror_rate'; there are critical_errors"):
        silence_commands.add_silence("2h", "deploy", rule="eror_rate")
    assert not Silence.objects.exists()


def test_maintenance_is_added_listed_and_removed(capsys: Capture) -> None:
    silence_commands.add_maintenance("sat,sun", "02:30", "90m", "backups", time_zone="Europe/Berlin")
    assert "begins next at" in capsys.readouterr().out
    silence_commands.list_maintenance()
    assert "sat, sun 02:30 Europe/Berlin" in capsys.readouterr().out
    silence_commands.remove_maintenance(MaintenanceWindow.objects.get().pk)
    silence_commands.list_maintenance()
    assert "No maintenance is planned." in capsys.readouterr().out


def test_maintenance_that_is_open_now_says_until_when(capsys: Capture) -> None:
    began = datetime.now(UTC) - timedelta(minutes=10)
    silence_commands.add_maintenance("daily", f"{began:%H:%M}", "90m", "backups")
    until = listing.at(began + timedelta(minutes=90))
    assert f"is open now, until {until} UTC; it begins next at" in capsys.readouterr().out
    silence_commands.list_maintenance()
    assert f"open now, until {until} UTC; next " in capsys.readouterr().out


def test_maintenance_without_end_is_refused() -> None:
    with pytest.raises(ActionError, match="would never end"):
        silence_commands.add_maintenance("daily", "00:00", "1d", "backups")


@pytest.mark.parametrize(
    ("days", "starts", "length", "culprit"),
    [
        ("someday", "02:30", "90m", "'someday'"),
        ("daily", "25:00", "90m", "'25:00'"),
        ("daily", "half past two", "90m", "'half past two'"),
        ("daily", "02:30+02:00", "90m", "'02:30\\+02:00' has an offset"),
        ("daily", "02:30", "90s", "'90s' is no whole number of minutes"),
    ],
)
def test_maintenance_that_makes_no_sense_is_refused(days: str, starts: str, length: str, culprit: str) -> None:
    with pytest.raises(typer.BadParameter, match=culprit):
        silence_commands.add_maintenance(days, starts, length, "backups")
    assert not MaintenanceWindow.objects.exists()


def test_rules_say_their_threshold_and_when_they_fired(capsys: Capture) -> None:
    made = closed("shop", opened_at=datetime(2026, 1, 1, 12, tzinfo=UTC))
    rules_command.rules(as_json=True)
    rows = {row["rule"]: row for row in printed(capsys)}
    assert (rows["critical_errors"]["threshold"], rows["critical_errors"]["unit"]) == (10, "errors")
    assert rows["critical_errors"]["last_fired"] == made.opened_at.isoformat()
    rules_command.rules()
    assert "1% in 10 min" in capsys.readouterr().out
    assert rows["error_rate"]["last_fired"] is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1d12h", timedelta(hours=36)),
        ("5S", timedelta(0, 5)),
    ],
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-2h", "2x", "9999999d", "２h2x", "999999d999999d"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"write 90m, 2h or 1d12h|longer than anything"):
        duration(text)


def test_control_characters_of_events_never_reach_the_terminal(capsys: Capture) -> None:
    listing.show([{"project": "shop\x1b[2J\r\nowned"}], nothing="")
    said = capsys.readouterr().out
    assert "\x1b" not in said and len(said.splitlines()) == 2
