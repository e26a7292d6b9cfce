"""Slack's buttons: only what Slack signed a moment ago does anything, once, and whoever pressed is told what."""

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import DatabaseError

from alerting.actions import perform
from alerting.actions.models import Acknowledgement, AnsweredRequest, AuditEntry, Silence
from alerting.incidents.models import Incident
from alerting.notifiers.slack import slack_answer
from alerting.outbox.models import Message
from tests.notifiers.stand_ins import SlackServer, slack_server
from tests.support.incidents import closed
from tests.support.slack_clicks import ANN, ANSWERS, TOKEN, press, said, send, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slack")]
OPERATOR = perform.Actor("bob", "page")


def test_a_signed_click_acknowledges_in_the_name_of_who_clicked(slack: SlackServer, made: Incident) -> None:
    assert "You have it" in said(slack, press(made.uid.hex, answers=slack.url))
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.via, entry.address, entry.action) == ("ann", "slack", "U1", "acknowledged")


def test_what_came_of_it_is_for_who_clicked_alone_and_leaves_the_card(slack: SlackServer, made: Incident) -> None:
    send(press(made.uid.hex, answers=slack.url))
    (posted,) = slack.requests
    assert posted.path == ANSWERS
    assert (posted.body["response_type"], posted.body["replace_original"]) == ("ephemeral", False)


def test_an_incident_in_somebodys_hands_stays_there_and_that_is_said(slack: SlackServer, made: Incident) -> None:
    found, _ = perform.acknowledge(made.pk, OPERATOR, datetime.now(UTC))
    sentence = said(slack, press(made.uid.hex, answers=slack.url))
    assert sentence == f"bob has it already, since {found.at:%H:%M} UTC."
    assert Acknowledgement.objects.get().by == "bob"


def test_a_second_press_by_the_same_person_changes_nothing(slack: SlackServer, made: Incident) -> None:
    said(slack, press(made.uid.hex, answers=slack.url))
    assert said(slack, press(made.uid.hex, answers=slack.url)).startswith("You have it already, since ")
    assert Acknowledgement.objects.count() == AuditEntry.objects.count() == 1


def test_a_silence_begins_with_the_click_lasts_an_hour_and_stands_on_the_card(
    slack: SlackServer, made: Incident
) -> None:
    Message.objects.update(ref={"ts": "1.2"}, payload={"notes": ["Known since noon."]})
    clicked = int(time.time()) - 30
    sentence = said(slack, press(made.uid.hex, "silence", answers=slack.url, action={"action_ts": f"{clicked}.5"}))
    silence = Silence.objects.get()
    assert (silence.rule, silence.project, silence.by) == ("critical_errors", made.project_id_text, "ann")
    assert silence.ends_at == datetime.fromtimestamp(clicked + 3600, UTC)
    until = f"{silence.ends_at:%H:%M} UTC"
    assert sentence.startswith(f"Silent until {until} about rule critical_errors, project shop.")
    (card,) = Message.objects.filter(kind="card")
    note = f"Silenced by ann until {until} (rule critical_errors, project shop)."
    assert card.payload["notes"] == ["Known since noon.", note] and card.payload["edit_only"]


def test_a_silence_of_a_click_dated_in_the_future_ends_an_hour_from_now(slack: SlackServer, made: Incident) -> None:
    dated = int(time.time()) + 86_400
    said(slack, press(made.uid.hex, "silence", answers=slack.url, action={"action_ts": f"{dated}.5"}))
    assert Silence.objects.get().ends_at <= datetime.now(UTC) + timedelta(hours=1)


def test_a_silence_is_among_what_people_did_about_the_incident(slack: SlackServer, made: Incident) -> None:
    said(slack, press(made.uid.hex, "silence", answers=slack.url))
    assert made.audit.get().words.startswith("silenced rule critical_errors, project shop until ")


def test_a_name_that_formats_or_mentions_is_only_a_name(slack: SlackServer, made: Incident) -> None:
    perform.acknowledge(made.pk, perform.Actor("<!channel> *bob*", "page"), datetime.now(UTC))
    sentence = said(slack, press(made.uid.hex, answers=slack.url))
    assert "<!" not in sentence and "*" not in sentence and "bob" in sentence


def test_what_is_refused_is_said_in_one_sentence(slack: SlackServer, made: Incident) -> None:
    over = closed("shop")
    assert "has been over since" in said(slack, press(over.uid.hex, answers=slack.url))
    assert "not kept any more" in said(slack, press("0" * 32, answers=slack.url))
    assert "does not know that button" in said(slack, press(made.uid.hex, "explode", answers=slack.url))
    assert not Acknowledgement.objects.exists()


def test_a_database_that_takes_no_changes_is_said_and_the_click_marked(
    slack: SlackServer, made: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DatabaseError("cannot execute INSERT in a read-only transaction")

    monkeypatch.setattr(AnsweredRequest.objects, "get_or_create", refuse)
    answer = send(press(made.uid.hex, answers=slack.url))
    assert (answer.status_code, answer.reason_phrase) == (503, "The database took no change (DatabaseError)")
    assert "press again in a minute" in told(slack)[0]


@pytest.mark.parametrize("fails", [False, True], ids=["taken", "refused"])
def test_the_address_for_answers_stands_nowhere(
    slack: SlackServer, made: Incident, caplog: pytest.LogCaptureFixture, fails: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    Message.objects.update(ref={"ts": "1.2"})
    if fails:
        slack.reply = lambda posted: (404, {}, f"used_url {posted.path}")
    for button in ("acknowledge", "silence", "explode"):
        send(press(made.uid.hex, button, answers=slack.url))
    assert len(slack.requests) == 3
    rows = [str(row) for model in apps.get_models() for row in model._base_manager.values()]
    assert any(made.uid.hex in row for row in rows)
    assert TOKEN not in "".join(rows) and TOKEN not in caplog.text
    assert ("could not be told" in caplog.text) is fails


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://hooks.slack.com/actions/T1/2/x", True),
        ("http://hooks.slack.com/actions/T1/2/x", False),
        ("https://hooks.slack.com.example/actions/T1/2/x", False),
        ("https://hooks.slack.com@example.com/actions/T1/2/x", False),
        ("https://ann:pass@hooks.slack.com/actions/T1/2/x", False),
        ("https://hooks.slack.com\\@example.com/", False),
        ("https://hooks.slack.com:8443/actions/T1/2/x", False),
        ("https://example.com/", False),
        ("http://127.0.0.1:6379/", False),
        ("https://[::1/", False),
        ("", False),
    ],
)
def test_only_slack_is_sent_an_answer(url: str, is_good: bool) -> None:
    assert slack_answer.is_slacks(url, "https://slack.com/api/") is is_good


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://hooks.slack-gov.com/actions/T1/2/x", True),
        ("https://hooks.slack.com/actions/T1/2/x", False),
        ("https://hooks.slack-gov.com.example/actions/T1/2/x", False),
        ("http://hooks.slack-gov.com/actions/T1/2/x", False),
    ],
)
def test_govslack_is_answered_where_its_api_is_configured_and_nowhere_else(url: str, is_good: bool) -> None:
    assert slack_answer.is_slacks(url, "https://slack-gov.com/api/") is is_good
    assert not slack_answer.is_slacks("https://hooks.slack-gov.com/actions/T1/2/x", "https://slack.com/api/")


def test_a_stand_in_takes_answers_where_it_takes_messages_and_nowhere_else(
    slack: SlackServer, made: Incident, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with slack_server() as stranger:
        assert send(press(made.uid.hex, answers=stranger.url)).status_code == 200
        settings.SLACK_API_URL = "https://slack.com/api/"
        assert send(press(made.uid.hex, answers=slack.url)).status_code == 200
        assert stranger.requests == slack.requests == []
    assert "without an address of Slack's" in caplog.text and TOKEN not in caplog.text


def test_nobody_is_told_anything_before_the_signature_is_verified(slack: SlackServer, made: Incident) -> None:
    body = press(made.uid.hex, answers=slack.url)
    assert send(body, secret="another").status_code == send(body, time.time() - 301).status_code == 401
    assert send(f"payload={quote(json.dumps({'response_url': slack.url + ANSWERS}))}").status_code == 400
    assert slack.requests == []


def test_the_card_follows_and_names_who_has_it(made: Incident) -> None:
    Message.objects.update(ref={"channel": "C1", "ts": "1.2"}, payload={"kind": "first", "project": "shop"})
    send(press(made.uid.hex))
    card = Message.objects.get(kind="card")
    assert card.payload == {"kind": "first", "project": "shop", "in_hand": "ann", "edit_only": True}


def test_a_click_on_the_largest_card_is_taken(slack: SlackServer, made: Incident) -> None:
    # Slack sends the whole card along: 12,000 characters of blocks and 3,900 of text, escaped twice.
    card = {"text": "\U0001f525" * 3900, "blocks": "\U0001f525" * 12_000}
    assert "You have it" in said(slack, press(made.uid.hex, answers=slack.url, message=card, user=ANN))
