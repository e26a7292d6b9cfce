"""The stand-in for Slack: an incoming webhook and the methods of the Web API that a bot needs.

Answers as documented by Slack: webhooks speak plain text ("Handling errors" of incoming webhooks), methods speak JSON.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router

from tests.sandbox import slack_limits
from tests.sandbox.arrivals import Arrivals
from tests.sandbox.part import WebPart
from tests.sandbox.records import RecordedRequest, SlackMessage

TEAM_ID, BOT_USER_ID, BOT_ID, CHANNEL_ID = "T0SANDBOX", "U0SANDBOX", "B0SANDBOX", "C0SANDBOX"
# Others are 400.
WEBHOOK_STATUSES = {
    "action_prohibited": 403,
    "posting_to_general_channel_denied": 403,
    "invalid_token": 403,
    "channel_not_found": 404,
    "no_service": 404,
    "no_service_id": 404,
    "no_team": 404,
    "no_active_hooks": 404,
    "channel_is_archived": 410,
    "rollup_error": 500,
}


class SlackPart(WebPart[SlackMessage]):
    """One workspace with one channel.

    `rate_limit` is how many messages a second the channel takes (None: any); `refusing` one of Slack's error names,
    with which it refuses everything while it is set, webhook and methods each in their way. `requests` has every
    request, refused ones too; `messages` what was taken; `wait_for` waits for messages.
    """

    most_bytes = slack_limits.MOST_BYTES

    def __init__(self) -> None:
        self.messages: Arrivals[SlackMessage] = Arrivals()
        super().__init__(self.messages)
        self.requests: Arrivals[RecordedRequest] = Arrivals()
        self.channel = "#alerts"
        self.bot_token = f"xoxb-{secrets.randbelow(10**12):012}-{secrets.token_hex(12)}"
        self.rate_limit: float | None = None
        self.refusing = ""
        self.webhook_path = f"/services/{TEAM_ID}/{BOT_ID}/{secrets.token_urlsafe(18)}"
        self._next_at = 0.0
        self._last_ts = 0.0

    @property
    def webhook_url(self) -> str:
        return self.address + self.webhook_path

    @property
    def api_url(self) -> str:
        return f"{self.address}/api/"

    def note(self, request: RecordedRequest) -> None:
        """Record every request."""
        self.requests.add(request)

    def wait_seconds(self) -> float:
        """Count one message against the limit; how long until the channel takes it, 0 if it does now."""
        now = time.monotonic()
        if self.rate_limit is None:
            return 0.0
        if now < self._next_at:
            return self._next_at - now
        self._next_at = now + 1 / self.rate_limit
        return 0.0

    def new_ts(self) -> str:
        """Slack's time stamp, which is also the message's name: unique in its channel."""
        self._last_ts = max(time.time(), self._last_ts + 1e-6)
        return f"{self._last_ts:.6f}"

    def take(self, via: str, body: Mapping[str, Any], ts: str, blocks: list[dict[str, Any]]) -> None:
        text, thread_ts = str(body.get("text") or ""), str(body.get("thread_ts") or "")
        channel = self.channel if via == "webhook" else str(body.get("channel"))
        self.messages.add(SlackMessage(datetime.now(UTC), via, channel, ts, thread_ts, text, blocks, dict(body)))

    def find(self, ts: str) -> SlackMessage | None:
        """The present state of a message."""
        return next((one for one in reversed(self.messages) if one.ts == ts), None)


class Refused(Exception):  # noqa: N818  not an error of ours
    """Slack's no."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


def application(slack: SlackPart) -> Router:
    """Webhook and methods."""
    methods: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "auth.test": lambda _: {
            "url": f"{slack.address}/",
            "team": "Sandbox",
            "user": "sentry-alerting",
            "team_id": TEAM_ID,
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        },
        "chat.postMessage": lambda body: _post(slack, body),
        "chat.update": lambda body: _update(slack, body),
    }

    async def webhook(request: Request) -> Response:
        try:
            _check_webhook(slack, request.url.path)
            body = _object(await request.body(), "invalid_payload")
            blocks = _checked(body)
        except Refused as no:
            return PlainTextResponse(no.error, WEBHOOK_STATUSES.get(no.error, 400))
        wait = slack.wait_seconds()
        if wait:
            return PlainTextResponse("rate_limited", 429, {"Retry-After": _whole(wait)})
        slack.take("webhook", body, slack.new_ts(), blocks)
        return PlainTextResponse("ok")

    async def method(request: Request) -> Response:
        name = request.path_params["method"]
        try:
            body = _object(await request.body() or b"{}", "invalid_json")
            _authenticate(slack, request.headers.get("authorization", "").removeprefix("Bearer "), name in methods)
            if name == "chat.postMessage" and (wait := slack.wait_seconds()):
                return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": _whole(wait)})
            return JSONResponse({"ok": True, **methods[name](body)})
        except Refused as no:
            return JSONResponse({"ok": False, "error": no.error, **no.more})

    return Router(
        [
            Route("/services/{rest:path}", webhook, methods=["POST"]),
            Route("/api/{method}", method, methods=["POST"]),
        ],
        redirect_slashes=False,
    )


def stand_in_body(status: int) -> tuple[str, str]:
    """Body and type of a bare status."""
    texts = {404: "no_service", 410: "channel_is_archived", 429: "rate_limited", 400: "invalid_payload"}
    return texts.get(status, "server_error" if status >= 500 else ""), "text/html; charset=utf-8"


def _post(slack: SlackPart, body: Mapping[str, Any]) -> dict[str, Any]:
    _check_channel(slack, body)
    blocks = _checked(body)
    ts = slack.new_ts()
    slack.take("chat.postMessage", body, ts, blocks)
    return {"channel": CHANNEL_ID, "ts": ts}


def _update(slack: SlackPart, body: Mapping[str, Any]) -> dict[str, Any]:
    _check_channel(slack, body)
    before = slack.find(str(body.get("ts") or ""))
    if before is None or before.via == "webhook":
        raise Refused("message_not_found")
    # Without blocks the old ones stay; an empty list takes them away. So with the text.
    if "blocks" not in body and "text" not in body:
        raise Refused("no_text")
    changed = _checked(body, slack_limits.MOST_EDITED_TEXT)
    blocks = changed if "blocks" in body else before.blocks
    merged = {**body, "text": body.get("text", before.text), "thread_ts": before.thread_ts}
    slack.take("chat.update", merged, before.ts, blocks)
    return {"channel": CHANNEL_ID, "ts": before.ts, "text": merged["text"]}


def _check_channel(slack: SlackPart, body: Mapping[str, Any]) -> None:
    if body.get("channel") not in {slack.channel, slack.channel.removeprefix("#"), CHANNEL_ID}:
        raise Refused("channel_not_found")


def _checked(body: Mapping[str, Any], most_text: int = slack_limits.MOST_TEXT) -> list[dict[str, Any]]:
    """The message's blocks; raises what Slack would say about them or the text."""
    blocks = body.get("blocks") or []
    text = body.get("text") or ""
    if not isinstance(text, str) or (not text and not blocks and not body.get("attachments")):
        raise Refused("no_text")
    if len(text) > most_text:
        raise Refused("msg_too_long")
    problems = slack_limits.problems(blocks)
    if problems:
        told = {"messages": [f"[ERROR] {problem}" for problem in problems]}
        raise Refused("invalid_blocks", errors=problems, response_metadata=told)
    if slack_limits.too_long_together(blocks):
        raise Refused("msg_blocks_too_long")
    return list(blocks)


def _authenticate(slack: SlackPart, token: str, is_known: bool) -> None:
    if slack.refusing:
        raise Refused(slack.refusing)
    if token != slack.bot_token:
        raise Refused("invalid_auth" if token else "not_authed")
    if not is_known:
        raise Refused("unknown_method")


def _check_webhook(slack: SlackPart, path: str) -> None:
    if slack.refusing:
        raise Refused(slack.refusing)
    if path != slack.webhook_path:
        raise Refused("no_service" if f"/{TEAM_ID}/" in path else "no_team")


def _object(text: bytes, otherwise: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(otherwise)
    return found


def _whole(seconds: float) -> str:
    return str(max(1, round(seconds + 0.499)))
