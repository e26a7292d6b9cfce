"""That ingestion is behind is said: in the log, with the next notice of what it concerns, and once where it lasts."""

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents import lagging, record
from alerting.incidents.desk import Desk
from alerting.incidents.lifecycle import Policy, Why, advance
from alerting.incidents.links import Links
from alerting.incidents.models import Incident
from alerting.incidents.standing import Standing
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Message
from alerting.rules.model import Outcome, Reading, Reason, Severity, Trust, Verdict, Window
from tests.rules.test_evaluate import COUNT, RATE, SHOP

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy(keep_firing=2 * MINUTE, repeat=60 * MINUTE)
DESK = Desk(POLICY, {"slack": frozenset(Severity)}, Links("https://sentry.io", "acme"), "")
WHY = "5 of the 6 errors that came in the last minutes were late"


def verdict(minute: float, value: float = 0.0, reason: Reason = Reason.INGESTION_BEHIND) -> Verdict:
    now = NOON + minute * MINUTE
    is_held = reason is Reason.INGESTION_BEHIND
    reading = Reading(SHOP, "", Window.ending(now - 2 * MINUTE, 300), Trust.VALUE, value=value, settled=is_held)
    outcome = Outcome.UNKNOWN if is_held else Outcome.BREACHED
    return Verdict(COUNT, reading, outcome, reason, now, WHY if is_held else "")


def breached(minute: float) -> Verdict:
    return verdict(minute, 20.0, Reason.OVER_THRESHOLD)


def texts() -> list[Notice]:
    return [Notice.from_json(each.payload) for each in Message.objects.order_by("id")]


def live(held: list[Verdict], minutes: range) -> dict[str, object]:
    memory: dict[str, object] = {}
    for minute in minutes:
        now = NOON + minute * MINUTE
        memory, _ = lagging.update(memory, held, list(Incident.objects.all()), DESK, now)
    return memory


@pytest.mark.django_db
def test_the_log_has_one_line_when_it_begins_and_one_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "alerting.incidents.lagging")
    memory = live([verdict(0)], range(20))
    for minute in range(20, 40):
        memory, _ = lagging.update(memory, [], [], DESK, NOON + minute * MINUTE)
    assert [each.split(" (")[0].split(":")[0] for each in caplog.messages] == [
        "Sentry's ingestion is behind",
        "Sentry's ingestion has caught up",
    ]
    assert WHY in caplog.messages[0] and memory == {}


@pytest.mark.django_db
def test_what_keeps_nothing_from_people_is_not_told() -> None:
    live([verdict(0)], range(120))
    assert texts() == []


@pytest.mark.django_db
def test_an_incident_that_cannot_end_for_half_an_hour_is_told_once_and_so_is_the_end() -> None:
    record.settle([breached(0)], (), DESK, NOON)
    memory = live([verdict(0)], range(1, 31))
    assert [each.kind for each in texts()] == [Kind.FIRST]
    for minute in range(31, 120):
        memory, _ = lagging.update(
            memory, [verdict(minute)], list(Incident.objects.all()), DESK, NOON + minute * MINUTE
        )
    told = texts()[1]
    assert [each.rule for each in texts()] == ["critical_errors", "behind"]
    assert "Critical errors of shop" in told.sentence and WHY in told.sentence
    for minute in range(120, 130):
        memory, _ = lagging.update(memory, [], [], DESK, NOON + minute * MINUTE)
    assert (texts()[2].kind, texts()[2].key) == (Kind.RESOLVED, told.key)
    assert not Incident.objects.filter(rule="behind", closed_at__isnull=True).exists()


@pytest.mark.django_db
def test_a_rate_over_its_threshold_that_cannot_be_told_is_waited_for_as_well() -> None:
    live([replace(verdict(0, 0.4), rule=RATE)], range(40))
    assert [each.rule for each in texts()] == ["behind"]


def test_an_open_incident_remembers_since_when_it_could_not_be_judged_until_the_next_notice() -> None:
    standing = advance(Standing(), breached(0), POLICY).standing
    for minute in (10, 11, 12):
        step = advance(standing, verdict(minute), POLICY)
        standing = step.standing
        assert (step.why, step.tell) == (Why.INGESTION_BEHIND, None)
    assert (standing.behind_since, standing.behind_until) == (NOON + 10 * MINUTE, NOON + 12 * MINUTE)
    assert Standing.from_json(standing.to_json()) == standing
    reminded = advance(standing, breached(60), POLICY)
    assert (reminded.tell, reminded.standing.behind_since) == (Kind.REMINDER, None)


@pytest.mark.django_db
def test_each_reminder_says_what_has_changed_since_the_notice_before() -> None:
    for minute, value in ((0, 20.0), (60, 30.0), (120, 25.0)):
        told = verdict(minute, value, Reason.OVER_THRESHOLD)
        record.settle([told], record.open_incidents(""), DESK, NOON + minute * MINUTE)
    changes = [re.findall(r"(?:up|down) from \d+ errors", each.sentence) for each in texts()]
    assert changes == [[], ["up from 20 errors"], ["down from 30 errors"]]


@pytest.mark.django_db
def test_the_next_notice_says_from_when_to_when_and_why() -> None:
    record.settle([breached(0)], (), DESK, NOON)
    for minute in range(10, 20):
        record.settle([verdict(minute)], record.open_incidents(""), DESK, NOON + minute * MINUTE)
    record.settle([breached(60)], record.open_incidents(""), DESK, NOON + 60 * MINUTE)
    record.settle([breached(120)], record.open_incidents(""), DESK, NOON + 120 * MINUTE)
    _, reminder, another = texts()
    said = f"From 12:10 to 12:19 UTC it could not be judged, for Sentry's ingestion was behind: {WHY}."
    assert reminder.notes == (said,)
    assert another.notes == ()
