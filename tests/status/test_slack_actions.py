"""Slack's buttons: only what Slack signed a moment ago does anything, and doing it twice changes nothing."""

import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from slack_sdk.signature import SignatureVerifier

from alerting.actions.models import Acknowledgement, AuditEntry, Silence
from alerting.incidents.models import Incident
from alerting.outbox.models import Message
from tests.support.incidents import closed, evaluator, incident

pytestmark = pytest.mark.django_db
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
GARBLED_NUMBER = "payload=%7B%22actions%22:[%7B%22value%22:%22x%22,%22action_id%22:%22acknowledge%22%7D]%7D"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def signing(settings: Any) -> None:
    settings.SLACK_SIGNING_SECRET = SECRET
    # The page itself is closed: only this one path is open.
    settings.STATUS_PASSWORD = "closed to everybody"
    evaluator()


@pytest.fixture
def made() -> Incident:
    return incident("shop")


def click(made: Incident | None, action: str = "acknowledge", at: float | None = None, **changes: Any) -> Any:
    """One press of a button, as Slack sends it."""
    pressed = {
        "type": "block_actions",
        "user": {"id": "U1", "username": "ann", "name": "ann"},
        "actions": [{"action_id": action, "value": made.uid.hex if made else "0" * 32, "action_ts": "1767268800.5"}],
    }
    return send(f"payload={json.dumps(pressed)}".replace('"', "%22").replace(" ", ""), at, **changes)


def send(body: str, at: float | None = None, *, secret: str = SECRET, **headers: str) -> Any:
    stamp = f"{at if at is not None else time.time():.0f}"
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
    given = {"HTTP_X_SLACK_REQUEST_TIMESTAMP": stamp, "HTTP_X_SLACK_SIGNATURE": signature, **headers}
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    return client.post("/slack/actions/", body, content_type=FORM, REMOTE_ADDR="192.0.2.7", **given)


def test_a_signed_click_acknowledges_in_the_name_of_who_clicked(made: Incident) -> None:
    answer = click(made)
    assert answer.status_code == 200 and "You have it" in answer.json()["text"]
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.via, entry.address, entry.action) == ("ann", "slack", "U1", "acknowledged")


def test_the_same_click_twice_changes_nothing(made: Incident) -> None:
    click(made)
    assert "ann has it already" in click(made).json()["text"]
    assert Acknowledgement.objects.count() == AuditEntry.objects.count() == 1


def test_a_silence_begins_with_the_click_lasts_an_hour_and_stands_on_the_card(made: Incident) -> None:
    Message.objects.update(ref={"ts": "1.2"}, payload={"notes": ["Known since noon."]})
    now = time.time()
    body = json.dumps(
        {
            "user": {"id": "U1"},
            "actions": [{"action_id": "silence", "value": made.uid.hex, "action_ts": f"{now:.6f}"}],
        }
    ).replace('"', "%22")
    for _ in range(2):
        assert "for an hour" in send(f"payload={body}".replace(" ", "")).json()["text"]
    silence = Silence.objects.get()
    assert (silence.rule, silence.project, silence.by) == ("critical_errors", "shop", "U1")
    assert silence.ends_at == datetime.fromtimestamp(int(now) + 3600, UTC)
    (card,) = Message.objects.filter(kind="card")
    said = f"Silenced by U1 until {silence.ends_at:%H:%M} UTC (rule critical_errors, project shop)."
    assert card.payload["notes"] == ["Known since noon.", said] and card.payload["edit_only"]


@pytest.mark.parametrize("age", [301, -301, 86_400])
def test_a_replayed_request_is_refused(made: Incident, age: int) -> None:
    assert click(made, at=time.time() - age).status_code == 401
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
    assert click(made, **changes).status_code == 401
    assert not Acknowledgement.objects.exists()


def test_a_changed_body_is_refused(made: Incident) -> None:
    stamp = f"{time.time():.0f}"
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body="payload=%7B%7D") or ""
    answer = send("payload=%7B%22a%22:1%7D", HTTP_X_SLACK_SIGNATURE=signature, HTTP_X_SLACK_REQUEST_TIMESTAMP=stamp)
    assert answer.status_code == 401


def test_without_a_secret_there_is_no_such_path(made: Incident, settings: Any) -> None:
    settings.SLACK_SIGNING_SECRET = ""
    assert click(made).status_code == 404


@pytest.mark.parametrize(
    "body", ["payload=nonsense", "payload=%7B%7D", "payload=[]", "other=1", "", "payload=%22x%22", GARBLED_NUMBER]
)
def test_signed_nonsense_is_a_bad_request(body: str) -> None:
    assert send(body).status_code == 400


def test_a_button_nobody_knows_is_a_bad_request(made: Incident) -> None:
    assert click(made, "explode").status_code == 400


def test_what_is_over_or_gone_is_said_to_who_clicked() -> None:
    assert "is over since" in click(closed("shop")).json()["text"]
    assert "not kept any more" in click(None).json()["text"]


def test_the_card_follows_and_names_who_has_it(made: Incident) -> None:
    Message.objects.update(ref={"channel": "C1", "ts": "1.2"}, payload={"kind": "first", "project": "shop"})
    click(made)
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
def test_a_signed_click_at_no_time_is_no_click(moment: str) -> None:
    pressed = {
        "user": {"id": "U1"},
        "actions": [{"action_id": "silence", "value": incident().uid.hex, "action_ts": moment}],
    }
    assert send(f"payload={quote(json.dumps(pressed))}").status_code == 400


def test_a_signed_payload_nested_without_end_is_no_click() -> None:
    assert send("payload=" + "[" * 60_000).status_code == 400
