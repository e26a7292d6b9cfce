"""A press of a button as Slack sends it, a form with one JSON payload, signed; and what whoever pressed is told."""

import itertools
import json
import time
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from slack_sdk.signature import SignatureVerifier

from tests.notifiers.stand_ins import SlackServer

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"
TOKEN = "pNKeTNVQPtAuI3yX6pdulpVN"
ANSWERS = f"/actions/T0SANDBOX/7212345678901/{TOKEN}"
ANN = {"id": "U1", "username": "ann", "name": "ann"}
_presses = itertools.count(1)


def press(incident: str, button: str = "acknowledge", *, answers: str = "", **changes: Any) -> str:
    """The body of one press, which no other press has; `answers` is where Slack takes answers to it."""
    action = {"action_id": button, "value": incident, "action_ts": f"{time.time():.6f}"}
    payload = {
        "type": "block_actions",
        "user": ANN,
        "trigger_id": f"{next(_presses)}.7212345678901.0",
        "response_url": f"{answers}{ANSWERS}" if answers else "",
        "actions": [action | changes.pop("action", {})],
        **changes,
    }
    return urlencode({"payload": json.dumps(payload)})


def signed(body: str, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """Slack's two headers for this body, signed at `at` (epoch seconds, now where None)."""
    stamp = f"{at if at is not None else time.time():.0f}"
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}


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
