"""What is no click, or was not signed by Slack a moment ago, does nothing."""

import time
from typing import Any

import pytest
from django.test import Client

from alerting.actions.models import Acknowledgement
from alerting.incidents.models import Incident
from tests.support.slack_clicks import press, send, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("slack")]
GARBLED_NUMBER = "payload=%7B%22actions%22:[%7B%22value%22:%22x%22,%22action_id%22:%22acknowledge%22%7D]%7D"


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
