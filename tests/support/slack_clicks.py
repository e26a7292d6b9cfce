"""A press of a button as Slack sends it: a form with one JSON payload, signed."""

import itertools
import json
import time
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

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
