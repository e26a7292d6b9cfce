"""slack_sdk's two clients on our own HTTP exchange: no redirects, one time limit for everything, nothing logged.

slack_sdk opens URLs with urllib's defaults, which follow redirects (with the token) and time out per read only; it
also writes the webhook's URL to its debug log. Its documented settings change neither, so the method that performs
a request is replaced in both clients.
"""

import json
import logging
import time
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient, WebhookClient
from slack_sdk.webhook import WebhookResponse

from alerting.errors import HttpError, HttpFault
from alerting.http import exchange
from alerting.http.exchange import Reply


class Transport:
    """Posts one request at a time, all of them within `seconds`; `last` is the latest answer to any of them."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self.last: Reply | None = None

    def post(self, request: Request) -> Reply:
        """The answer, of whatever status. Raises HttpError where there is none."""
        self.last = None
        left = self._ends - time.monotonic()
        if left <= 0:
            raise HttpError(HttpFault.TIMEOUT, "Slack did not answer in time.")
        content = request.data if isinstance(request.data, bytes) else b""
        self.last = exchange.post(request.full_url, content, dict(request.header_items()), seconds=left)
        return self.last


class Webhook(WebhookClient):
    """slack_sdk's webhook client on our transport."""

    def __init__(self, url: str, transport: Transport) -> None:
        super().__init__(url, logger=_silence(), retry_handlers=[])
        self._transport = transport

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        answer = self._transport.post(req)
        return WebhookResponse(url=url, status_code=answer.status, body=answer.text, headers=dict(answer.headers))


class Bot(WebClient):
    """slack_sdk's Web API client on our transport."""

    def __init__(self, token: str, base_url: str, transport: Transport) -> None:
        super().__init__(token, base_url, logger=_silence(), retry_handlers=[])
        self._transport = transport

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002
        answer = self._transport.post(req)
        return {"status": answer.status, "headers": dict(answer.headers), "body": answer.text}


def parsed(answer: Reply) -> dict[str, Any]:
    """The answer's JSON object; empty where it is none."""
    try:
        data = json.loads(answer.text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _silence() -> logging.Logger:
    """A logger that nothing listens to: slack_sdk logs URLs, bodies and errors with the logger it is given."""
    return logging.Logger("alerting.slack_sdk", level=logging.CRITICAL + 1)
