"""Slack's buttons: only what Slack signed a moment ago does anything, once, and whoever pressed is told what."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import DatabaseError
from django.test import Client

from alerting.actions import once, perform
from alerting.actions.models import Acknowledgement, AnsweredRequest, AuditEntry, Silence
from alerting.housekeeping import take_turn
from alerting.incidents.models import Incident
from alerting.notifiers.slack import slack_answer
from alerting.outbox.models import Message
from tests.notifiers.stand_ins import SlackServer, slack_server
from tests.support.incidents import closed, evaluator, incident
from tests.support.slack_clicks import ANN, ANSWERS, FORM, SECRET, TOKEN, press, signed

pytestmark = pytest.mark.django_db
GARBLED_NUMBER = "payload=%7B%22actions%22:[%7B%22value%22:%22x%22,%22action_id%22:%22acknowledge%22%7D]%7D"
OPERATOR = perform.Actor("bob", "page")


@pytest.fixture(autouse=True)
def slack(settings: Any) -> Iterator[SlackServer]:
    """Where Slack takes answers to clicks."""
    with slack_server() as running:
        settings.SLACK_SIGNING_SECRET, settings.SLACK_API_URL = SECRET, running.api_url
        # The page itself is closed: only this one path is open.
        settings.STATUS_PASSWORD = "closed to everybody"
        evaluator()
        yield running


@pytest.fixture
def made() -> Incident:
    return incident("shop")


def send(body: str, at: float | None = None, *, secret: str = SECRET, **headers: str) -> Any:
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed(body, at, secret).items()}
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    address = {"REMOTE_ADDR": "192.0.2.7"}
    return client.post("/slack/actions/", body, content_type=FORM, **{**address, **given, **headers})


def told(slack: SlackServer) -> list[str]:
    """What was said to whoever clicked, one after the other."""
    return [each.body["text"] for each in slack.requests]


def said(slack: SlackServer, body: str) -> str:
    """The one sentence that this click, taken well, is answered with."""
    before = len(slack.requests)
    answer = send(body)
    assert (answer.status_code, answer.content) == (200, b"")
    (sentence,) = told(slack)[before:]
    return str(sentence)


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


# Once


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


# The address for answers


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


# What is no click


@pytest.mark.parametrize("age", [301, -301, 86_400])
def test_an_old_signature_is_refused(made: Incident, age: int) -> None:
    assert send(press(made.uid.hex), time.time() - age).status_code == 401
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "another"},
        {"HTTP_X_SLACK_SIGNATURE": ""},
        {"HTTP_X_SLACK_SIGNATURE": "v0=\u00e9"},
        {"HTTP_X_SLACK_REQUEST_TIMESTAMP": "yesterday"},
        {"HTTP_X_SLACK_REQUEST_TIMESTAMP": ""},
    ],
)
def test_what_slack_did_not_sign_is_refused(made: Incident, changes: dict[str, str]) -> None:
    assert send(press(made.uid.hex), **changes).status_code == 401
    assert not Acknowledgement.objects.exists()


def test_a_changed_body_is_refused() -> None:
    given = signed("payload=%7B%7D")
    stamp, signature = given.values()
    answer = send("payload=%7B%22a%22:1%7D", HTTP_X_SLACK_SIGNATURE=signature, HTTP_X_SLACK_REQUEST_TIMESTAMP=stamp)
    assert answer.status_code == 401


def test_without_a_secret_there_is_no_such_path(made: Incident, settings: Any) -> None:
    settings.SLACK_SIGNING_SECRET = ""
    assert send(press(made.uid.hex)).status_code == 404


@pytest.mark.parametrize(
    "body", ["payload=nonsense", "payload=%7B%7D", "payload=[]", "other=1", "", "payload=%22x%22", GARBLED_NUMBER]
)
def test_signed_nonsense_is_a_bad_request(body: str) -> None:
    assert send(body).status_code == 400


def test_the_card_follows_and_names_who_has_it(made: Incident) -> None:
    Message.objects.update(ref={"channel": "C1", "ts": "1.2"}, payload={"kind": "first", "project": "shop"})
    send(press(made.uid.hex))
    card = Message.objects.get(kind="card")
    assert card.payload == {"kind": "first", "project": "shop", "in_hand": "ann", "edit_only": True}


def test_only_posting_is_possible_and_the_page_stays_closed() -> None:
    client = Client(SERVER_NAME="localhost")
    assert client.get("/slack/actions/").status_code == 405
    assert client.get("/").status_code == 302


def test_a_time_of_another_world_is_refused_and_no_error() -> None:
    answer = send("payload=x", HTTP_X_SLACK_REQUEST_TIMESTAMP="9" * 400)
    assert answer.status_code == 401


@pytest.mark.parametrize("moment", ["inf", "1e300", "-1e18", "nan"])
def test_a_signed_click_at_no_time_is_no_click(made: Incident, moment: str) -> None:
    assert send(press(made.uid.hex, "silence", action={"action_ts": moment})).status_code == 400


def test_a_signed_payload_nested_without_end_is_no_click() -> None:
    assert send("payload=" + "[" * 60_000).status_code == 400


def test_a_click_on_the_largest_card_is_taken(slack: SlackServer, made: Incident) -> None:
    # Slack sends the whole card along: 12,000 characters of blocks and 3,900 of text, escaped twice.
    card = {"text": "\U0001f525" * 3900, "blocks": "\U0001f525" * 12_000}
    assert "You have it" in said(slack, press(made.uid.hex, answers=slack.url, message=card, user=ANN))
