"""Every listing: what one types elsewhere is whole in eighty columns, and programs read numbers and times."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from alerting.actions import maintenance, perform, scope
from alerting.commands import (
    audit_command,
    explain,
    incident_commands,
    listing,
    outbox,
    rules_command,
    show_command,
    silence_commands,
    wrapping,
)
from alerting.examples.afternoon import firing
from alerting.incidents.models import Decision, Incident, Tick
from alerting.outbox.models import Channel, Message
from tests.support.incidents import closed, evaluator, incident

pytestmark = pytest.mark.django_db
Capture = pytest.CaptureFixture[str]
ANN = perform.Actor("ann", "cli")
# As long as Sentry lets it be, and a name that people have.
LONGEST, USUAL = f"a-long-slug-{'x' * 88}", "checkout-service"
RULES = ("critical_errors", "error_rate", "p95_latency", "new_issue")
ERROR = "smtp_550: no such user here, and a long explanation that no terminal has room for on one line"
LISTINGS: dict[str, Callable[[bool], None]] = {
    "incidents": lambda as_json: incident_commands.incidents(False, 50, as_json),
    "incidents --all": lambda as_json: incident_commands.incidents(True, 50, as_json),
    "show": lambda as_json: show_command.show(number(), as_json),
    "explain": lambda as_json: explain.explain(None, as_json),
    "explain NUMBER": lambda as_json: explain.explain(number(), as_json),
    "rules": lambda as_json: rules_command.rules(as_json),
    "outbox list": lambda as_json: outbox.list_messages(True, 50, as_json),
    "outbox show": lambda as_json: outbox.show(Message.objects.latest("id").pk, as_json),
    "silence list": lambda as_json: silence_commands.list_silences(as_json),
    "maintenance list": lambda as_json: silence_commands.list_maintenance(as_json),
    "audit": lambda as_json: audit_command.audit(None, 50, as_json),
}
OF_PROJECTS = sorted(set(LISTINGS) - {"rules"})
OF_RULES = ("incidents", "incidents --all", "explain", "rules", "silence list", "maintenance list", "audit")


def number() -> int:
    return Incident.objects.filter(project=LONGEST, rule="error_rate").get().pk


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something in every listing, of every rule, for a project with the longest name there is."""
    now = datetime.now(UTC)
    evaluator()
    Tick.objects.create(window_end=now, claimed_at=now, finished_at=now, outcome="good", requests=3)
    schedule = maintenance.Recurrence(frozenset({1, 2, 3, 4, 5}), time(2, 30), 90, "America/Argentina/Buenos_Aires")
    for project in (USUAL, LONGEST):
        for rule in RULES[:3]:
            made = incident(project, rule=rule, environment="production", value=0.0123456, threshold=0.01)
            Decision.objects.update(reason="clear_window_before_breach", trust="dropped_by_quota")
            perform.acknowledge(made.pk, ANN, now, "rolling back")
        issue = {"issue": {"title": "KeyError: 'shipping_method' while totalling the basket"}}
        closed(project, rule="new_issue", subject=f"1-{project}", evidence=issue)
        for rule in RULES:
            perform.silence(scope.About(rule, project), now + timedelta(days=1), "being replaced", ANN, now)
            perform.plan_maintenance(scope.About(rule, project), schedule, "backups of the warehouse", ANN, now)
    Channel.objects.create(name="slack", leased_until=now, open_at=now, broken_reason=ERROR, broken_at=now)
    payload = firing(project=LONGEST, key=Incident.objects.get(pk=number()).uid.hex).to_json()
    Message.objects.update(payload=payload, incident_key=payload["key"], error=ERROR, state="pending", attempts=3)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of eighty columns."""
    monkeypatch.setattr(wrapping, "width", lambda: 80)


def printed(name: str, capsys: Capture) -> str:
    LISTINGS[name](False)
    return capsys.readouterr().out


@pytest.mark.usefixtures("everything", "terminal")
@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_fits_into_eighty_columns(name: str, capsys: Capture) -> None:
    for line in printed(name, capsys).splitlines():
        # A name or a link that is longer than the terminal stands whole, and nothing but its label beside it.
        label = " ".join(word for word in line.split() if len(word) <= 60)
        assert len(line) <= 80 or label in {"", "project", "in Sentry", "In Sentry:"}, line


@pytest.mark.usefixtures("everything", "terminal")
@pytest.mark.parametrize("name", OF_PROJECTS)
def test_the_longest_projects_name_is_whole(name: str, capsys: Capture) -> None:
    assert LONGEST in printed(name, capsys)


@pytest.mark.usefixtures("everything", "terminal")
@pytest.mark.parametrize("name", OF_RULES)
def test_the_rules_names_are_whole_and_nothing_is_cut(name: str, capsys: Capture) -> None:
    said = printed(name, capsys)
    names = RULES[:3] if name == "incidents" else RULES
    assert [rule for rule in names if rule not in said] == [] and "…" not in said


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("name", ["incidents --all", "outbox list", "silence list", "maintenance list", "audit"])
def test_in_a_pipe_a_row_is_one_line(name: str, capsys: Capture) -> None:
    lines = [line for line in printed(name, capsys).splitlines() if not line.startswith("slack:")]
    assert all(line[0] == "#" or line[:2] == "id" or line[0].isdigit() for line in lines)


def leaves(found: Any, name: str = "") -> list[tuple[str, Any]]:
    """Everything in a JSON value that is no list or object, with the name it stands under."""
    if isinstance(found, dict):
        return [leaf for key, each in found.items() for leaf in leaves(each, key)]
    if isinstance(found, list):
        return [leaf for each in found for leaf in leaves(each, name)]
    return [(name, found)]


NUMBERS = {"number", "id", "value", "peak", "threshold", "count", "attempts", "minutes", "requests", "window_seconds"}
TIMES = {
    *("at", "since", "until", "written", "delivered", "created", "due", "sent", "next", "last_fired", "window_end"),
    *("broken_since", "created_at", "due_at", "sent_at"),
}


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("name", LISTINGS)
def test_programs_read_numbers_as_numbers_and_times_in_iso_8601_and_utc(name: str, capsys: Capture) -> None:
    LISTINGS[name](True)
    found = json.loads(capsys.readouterr().out)
    # A notice is kept in the words that people read.
    told = leaves({key: each for key, each in found.items() if key != "notice"} if isinstance(found, dict) else found)
    assert told
    assert [each for each in told if each[0] in NUMBERS and not isinstance(each[1], int | float | None)] == []
    times = [value for key, value in told if key in TIMES and value is not None]
    assert [each for each in times if datetime.fromisoformat(each).utcoffset() != timedelta()] == []
    texts = [each for _, each in told if isinstance(each, str)]
    assert [each for each in texts if each == "" or re.fullmatch(r"\d+(\.\d+)?", each)] == []


@pytest.mark.usefixtures("everything")
def test_one_incident_is_one_object(capsys: Capture) -> None:
    LISTINGS["show"](True)
    found = json.loads(capsys.readouterr().out)
    assert (found["number"], found["unit"], found["threshold"]) == (number(), "ratio", 0.01)
    assert found["errors"][0]["count"] == 21 and found["last_hour"][-1] == 40


@pytest.mark.usefixtures("terminal")
def test_prose_is_wrapped_beside_the_row_where_there_is_room(capsys: Capture) -> None:
    listing.show([{"#": 7, "why": "because of this and that " * 8}], nothing="", prose={"why"})
    assert capsys.readouterr().out.splitlines()[1:3] == [
        "7  because of this and that because of this and that because of this and that",
        "   because of this and that because of this and that because of this and that",
    ]


@pytest.mark.usefixtures("terminal")
def test_what_stands_out_of_its_column_has_a_line_of_its_own(capsys: Capture) -> None:
    rows = [{"#": 7, "project": LONGEST, "environment": "production", "x": "y" * 40}]
    listing.show([*rows, {**rows[0], "project": "shop"}], nothing="")
    assert capsys.readouterr().out.splitlines()[1:] == [
        "7",
        LONGEST,
        f"            production   {'y' * 40}",
        f"7  shop     production   {'y' * 40}",
    ]


def test_a_terminal_has_as_many_columns_as_it_says_and_a_pipe_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    assert wrapping.width() is None
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert wrapping.width() == 72
