"""slack_sdk's two clients on a transport of ours: no redirects, one time limit for everything, nothing logged.

slack_sdk opens URLs with urllib's defaults, which follow redirects (with the token) and time out per read only; it
also writes the webhook's URL to its debug log. Its documented settings change neither, so the method that performs
a request is replaced in both clients.
"""

import http.client
import json
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from slack_sdk import WebClient, WebhookClient
from slack_sdk.webhook import WebhookResponse

from alerting.config_values import is_loopback
from alerting.notifiers.deadline import Deadline

LONGEST_ANSWER = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What Slack said: headers by lower-case name, the body cut at 64 kB."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


class Transport:
    """Posts one request at a time under a deadline; `last` is the latest answer, whatever the client made of it."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._tls = ssl.create_default_context()
        self.last: Answer | None = None

    def post(self, request: Request) -> Answer:
        """The answer, of whatever status. Raises OSError or http.client.HTTPException where there is none."""
        self.last = None
        opener = OpenerDirector()
        for handler in (
            ProxyHandler({} if is_loopback(urlsplit(request.full_url).hostname or "") else None),
            _Http(self._deadline),
            _Https(self._deadline, self._tls),
        ):
            opener.add_handler(handler)
        with opener.open(request, timeout=self._deadline.remaining()) as response:
            body = response.read(LONGEST_ANSWER).decode("utf-8", "replace")
            headers = {name.lower(): value for name, value in response.headers.items()}
        # A connection that was shut under the reader looks like the end of a short answer.
        self._deadline.remaining()
        self.last = Answer(response.status, headers, body)
        return self.last


class Webhook(WebhookClient):
    """slack_sdk's webhook client on our transport."""

    def __init__(self, url: str, transport: Transport) -> None:
        super().__init__(url, logger=_silence(), retry_handlers=[])
        self._transport = transport

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        answer = self._transport.post(req)
        return WebhookResponse(url=url, status_code=answer.status, body=answer.body, headers=dict(answer.headers))


class Bot(WebClient):
    """slack_sdk's Web API client on our transport."""

    def __init__(self, token: str, base_url: str, transport: Transport) -> None:
        super().__init__(token, base_url, logger=_silence(), retry_handlers=[])
        self._transport = transport

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002
        answer = self._transport.post(req)
        return {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}


class _Http(HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: Request) -> http.client.HTTPResponse:
        def connection(host: str, **options: Any) -> http.client.HTTPConnection:
            made = http.client.HTTPConnection(host, **options)
            made._create_connection = self._deadline.connect  # type: ignore[attr-defined]
            return made

        return self.do_open(connection, req)


class _Https(HTTPSHandler):
    def __init__(self, deadline: Deadline, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._deadline = deadline
        self._tls = context

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        def connection(host: str, **options: Any) -> http.client.HTTPSConnection:
            made = http.client.HTTPSConnection(host, context=self._tls, **options)
            made._create_connection = self._deadline.connect  # type: ignore[attr-defined]
            return made

        return self.do_open(connection, req)


def parsed(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object; empty where it is none."""
    try:
        data = json.loads(answer.body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _silence() -> logging.Logger:
    """A logger that nothing listens to: slack_sdk logs URLs, bodies and errors with the logger it is given."""
    return logging.Logger("alerting.slack_sdk", level=logging.CRITICAL + 1)
