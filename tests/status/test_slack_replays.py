"""A click that is sent again gets the same answer, and does nothing again."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError

from alerting.actions import once, perform
from alerting.actions.models import Acknowledgement, AnsweredRequest, AuditEntry, Silence
from alerting.housekeeping import take_turn
from alerting.incidents.models import Incident
from tests.notifiers.stand_ins import SlackServer
from tests.support.slack_clicks import press, said, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slack")]
OPERATOR = perform.Actor("bob", "page")


def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(slack: SlackServer, made: Incident) -> None:
    body = press(made.uid.hex, answers=slack.url)
    assert said(slack, body) == said(slack, body) == "You have it: no more reminders."
    assert Acknowledgement.objects.count() == AuditEntry.objects.count() == 1


def test_a_replayed_click_does_not_take_again_what_was_given_back(slack: SlackServer, made: Incident) -> None:
    body = press(made.uid.hex, answers=slack.url)
    said(slack, body)
    perform.unacknowledge(made.pk, OPERATOR, datetime.now(UTC))
    said(slack, body)
    assert not Acknowledgement.objects.exists()


def test_a_replayed_click_does_not_begin_again_a_silence_that_was_ended(slack: SlackServer, made: Incident) -> None:
    body = press(made.uid.hex, "silence", answers=slack.url)
    said(slack, body)
    perform.end_silence(Silence.objects.get().pk, OPERATOR, datetime.now(UTC))
    said(slack, body)
    assert not Silence.objects.filter(ends_at__gt=datetime.now(UTC)).exists()


def test_a_refused_click_that_is_replayed_later_stays_refused(slack: SlackServer, made: Incident) -> None:
    perform.acknowledge(made.pk, OPERATOR, datetime.now(UTC))
    body = press(made.uid.hex, answers=slack.url)
    refused = said(slack, body)
    perform.unacknowledge(made.pk, OPERATOR, datetime.now(UTC))
    assert said(slack, body) == refused
    assert not Acknowledgement.objects.exists()


def test_what_could_not_be_carried_out_is_not_taken_for_answered(
    slack: SlackServer, made: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = press(made.uid.hex, answers=slack.url)
    with monkeypatch.context() as patched:
        patched.setattr(perform.cards, "refresh", lambda *_: (_ for _ in ()).throw(DatabaseError("full")))
        assert send(body).status_code == 503
    assert not AnsweredRequest.objects.exists() and not AuditEntry.objects.exists()
    assert said(slack, body) == "You have it: no more reminders."


def test_answers_are_kept_for_as_long_as_a_signature_holds(slack: SlackServer, made: Incident) -> None:
    # Signed by a clock that is five minutes ahead of ours: it holds for ten minutes.
    assert send(press(made.uid.hex, answers=slack.url), time.time() + 299).status_code == 200
    arrived = AnsweredRequest.objects.get().at
    take_turn(arrived + timedelta(minutes=10), 90)
    assert AnsweredRequest.objects.exists()
    take_turn(arrived + once.KEPT + timedelta(seconds=1), 90)
    assert not AnsweredRequest.objects.exists()
