"""A Slack and a mail server on loopback that do what a test tells them, and samples of every kind of notice."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from alerting.outbox.message import Kind, Line, Notice

OK = (200, {"Content-Type": "text/plain"}, "ok")
SECRET_PATH = "/services/T00000000/B00000000/qWeRtYuIoPaSdFgHjKlZxCvB"
BOT_TOKEN = "xoxb-1234567890-abcdefGHIJKL"
MAIL_PASSWORD = "correct horse battery staple"

Reply = tuple[int, dict[str, str], str]


@dataclass
class Posted:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class SlackServer:
    """`reply` answers each request; None drops the connection without a word."""

    url: str = ""
    reply: Callable[[Posted], Reply | None] = lambda _: OK
    requests: list[Posted] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def webhook_url(self) -> str:
        return self.url + SECRET_PATH

    @property
    def api_url(self) -> str:
        return self.url + "/api/"

    @property
    def paths(self) -> list[str]:
        return [each.path for each in self.requests]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about."""


def api(**body: Any) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps({"ok": "error" not in body, **body})


@contextlib.contextmanager
def slack_server(tls: ssl.SSLContext | None = None) -> Iterator[SlackServer]:
    state = SlackServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            posted = Posted(self.path, dict(self.headers.items()), json.loads(raw) if raw else {})
            state.requests.append(posted)
            answer = state.reply(posted)
            if answer is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, body = answer
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

        def do_GET(self) -> None:
            self.do_POST()  # where a followed redirect would arrive

        def log_message(self, *args: Any) -> None:
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http{'s' if tls else ''}://{'localhost' if tls else '127.0.0.1'}:{server.server_address[1]}"
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class MailHandler:
    """Replies by stage: "mail", "data", or a recipient's address; `drop` names a stage at which to hang up."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.replies: dict[str, str] = {}
        self.drop = ""
        self.logins = 0

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if "mail" in self.replies:
            return self.replies["mail"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.drop == "data":
            server.transport.abort()
            return "250 OK"
        if "data" in self.replies:
            return self.replies["data"]
        self.envelopes.append(envelope)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.drop == "quit":
            server.transport.abort()
        return "221 Bye"


class _AnyPort(Controller):
    def _trigger_server(self) -> None:
        # aiosmtpd makes its first connection to the port it was given, which is 0 here.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@dataclass
class MailServer:
    host: str
    port: int
    handler: MailHandler


@contextlib.contextmanager
def mail_server(*, login: bool = False, **options: Any) -> Iterator[MailServer]:
    """`options` are aiosmtpd's: `tls_context` for STARTTLS, `ssl_context` for TLS from the first byte."""
    handler = MailHandler()

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if "auth" in handler.replies:
            return AuthResult(success=False, handled=False, message=handler.replies["auth"])
        if handler.drop == "second login" and handler.logins:
            server.transport.abort()
        handler.logins += 1
        return AuthResult(success=data.password == MAIL_PASSWORD.encode(), handled=False)

    if login:
        options |= {"authenticator": authenticate, "auth_require_tls": False}
    controller = _AnyPort(handler, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield MailServer("127.0.0.1", controller.port, handler)
    finally:
        controller.stop()


def firing(**changes: Any) -> Notice:
    values: dict[str, Any] = {
        "kind": Kind.FIRST,
        "key": "5f0c3a1e",
        "headline": "37 errors in 5 min",
        "sentence": "37 errors is over the threshold of 10 errors.",
        "severity": "high",
        "at": "2026-11-23T12:07:41Z",
        "rule": "critical_errors",
        "rule_title": "Critical errors",
        "project": "checkout",
        "environment": "production",
        "value": "37 errors",
        "threshold": "10 errors",
        "peak": "37 errors",
        "reason": "first_breach",
        "window_start": "2026-11-23T12:02:30Z",
        "window_end": "2026-11-23T12:07:30Z",
        "sample": "37 events",
        "dataset": "errors",
        "first_error_at": "2026-11-23T12:06:02Z",
        "opened_at": "2026-11-23T12:07:41Z",
        "link": "https://acme.sentry.io/organizations/acme/issues/?project=4511&environment=production"
        "&start=2026-11-23T12%3A02%3A30&end=2026-11-23T12%3A07%3A30&utc=true&query=",
    }
    return Notice(**{**values, **changes})


def resolved(**changes: Any) -> Notice:
    return firing(
        **{
            "kind": Kind.RESOLVED,
            "headline": "3 errors in 5 min",
            "sentence": "Recovered: 3 errors, at or under the threshold of 10 errors, and it stayed there. "
            "It lasted 21 min.",
            "at": "2026-11-23T12:28:45Z",
            "value": "3 errors",
            "peak": "212 errors",
            "reason": "recovered",
            "window_start": "2026-11-23T12:21:30Z",
            "window_end": "2026-11-23T12:26:30Z",
            "sample": "3 events",
            "resolved_at": "2026-11-23T12:28:45Z",
            "sequence": 3,
            **changes,
        }
    )


def new_issue(**changes: Any) -> Notice:
    return firing(
        **{
            "headline": "new error type CHECKOUT-4F2",
            "sentence": "This error type was not seen before in this project.",
            "severity": "medium",
            "rule": "new_issue",
            "rule_title": "New error type",
            "value": "1 new issue",
            "threshold": "0 (every new issue is told)",
            "peak": "",
            "reason": "first_seen",
            "sample": "",
            "dataset": "issues",
            "first_error_at": "",
            "issue": {
                "id": "991",
                "short_id": "CHECKOUT-4F2",
                "title": "KeyError: 'shipping_method' while totalling the basket of user_id=1881",
                "culprit": "shop.basket.views in total",
                "level": "error",
                "first_seen": "2026-11-23T12:07:02Z",
            },
            **changes,
        }
    )


def digest(count: int = 12, **changes: Any) -> Notice:
    kinds = ("first", "first", "worse", "resolved")
    lines = tuple(
        Line(
            kind=kinds[index % 4],
            rule="Critical errors" if index % 3 else "Error rate",
            severity="high",
            project=f"service-{index:03}",
            environment="production",
            value=f"{12 + index} errors" if index % 3 else "4.2% (0.042)",
            threshold="10 errors" if index % 3 else "1% (0.01)",
            at="2026-11-23T12:07:41Z",
            link=f"https://acme.sentry.io/organizations/acme/issues/?project={4000 + index}&environment=production"
            "&start=2026-11-23T12%3A02%3A30&end=2026-11-23T12%3A07%3A30&utc=true&query=",
        )
        for index in range(count)
    )
    return Notice(
        **{
            "kind": Kind.DIGEST,
            "key": "digest-81-20261123120741",
            "headline": f"{count} notices, {count} projects",
            "sentence": f"{count} notices about {count} projects in one message.",
            "severity": "high",
            "at": "2026-11-23T12:07:52Z",
            "reason": "digest",
            "lines": lines,
            "totals": {"Critical errors: first": count - count // 3, "Error rate: first": count // 3},
            **changes,
        }
    )


def every_kind() -> dict[str, Notice]:
    """One believable sample of every kind, by a name fit for a test id."""
    return {
        "firing": firing(),
        "reminder": firing(
            kind=Kind.REMINDER,
            headline="52 errors in 5 min",
            sentence="Still over the threshold after 1 h: 52 errors (threshold 10 errors).",
            value="52 errors",
            peak="212 errors",
            reason="repeat_due",
            at="2026-11-23T13:07:41Z",
            window_start="2026-11-23T13:02:30Z",
            window_end="2026-11-23T13:07:30Z",
            sequence=3,
        ),
        "worse": firing(
            kind=Kind.WORSE,
            headline="84 errors in 5 min",
            sentence="It got worse: 84 errors (threshold 10 errors), at least double what was last told.",
            value="84 errors",
            peak="84 errors",
            reason="value_doubled",
            sequence=2,
        ),
        "resolved": resolved(),
        "raised": resolved(
            sentence="Closed because the threshold was raised from 10 errors to 50 errors, not because it recovered: "
            "the value is 37 errors. It was open for 21 min.",
            value="37 errors",
            threshold="50 errors",
            reason="threshold_raised",
        ),
        "rate": firing(
            headline="error rate 4.2% (0.042) over 10 min",
            sentence="4.2% (0.042) is over the threshold of 1% (0.01).",
            rule="error_rate",
            rule_title="Error rate",
            value="4.2% (0.042)",
            threshold="1% (0.01)",
            peak="4.2% (0.042)",
            sample="630 errors / 15000 transactions",
            dataset="errors and spans",
            first_error_at="",
            notes=("Transactions are estimated: the server counts sampled ones, multiplied by 10 (sample rate 0.1).",),
        ),
        "p95": firing(
            headline="p95 latency 1840 ms over 10 min",
            sentence="1840 ms is over the threshold of 1000 ms.",
            severity="medium",
            rule="p95_latency",
            rule_title="p95 latency",
            value="1840 ms",
            threshold="1000 ms",
            peak="1840 ms",
            sample="2210 transactions",
            dataset="spans",
            first_error_at="",
        ),
        "new issue": new_issue(),
        "late and over": firing(
            kind=Kind.LATE,
            headline="41 errors in 5 min",
            sentence="Found late, after we could not look from 02:10 to 05:40 UTC: 41 errors (threshold 10 errors). "
            "It lasted 12 min and is over.",
            value="41 errors",
            peak="41 errors",
            reason="late_and_over",
            window_start="2026-11-23T03:10:00Z",
            window_end="2026-11-23T03:15:00Z",
            opened_at="2026-11-23T03:11:00Z",
            resolved_at="2026-11-23T03:23:00Z",
            first_error_at="2026-11-23T03:10:12Z",
            at="2026-11-23T05:41:00Z",
        ),
        "flapping": firing(
            kind=Kind.FLAPPING,
            sentence="It keeps starting and stopping: 37 errors (threshold 10 errors). "
            "Nothing more is told until it has been stable for a while.",
            reason="changes_often",
            sequence=7,
        ),
        "digest": digest(),
        "stale": digest(
            kind=Kind.STALE,
            sentence="These 12 notices could not be delivered in time, the oldest since 2026-11-23T09:02:11Z. "
            "12 notices about 12 projects in one message.",
            reason="stale_summary",
        ),
        "blind": Notice(
            kind=Kind.BLIND,
            key="b11d",
            headline="cannot read Sentry since 12:03:00 UTC",
            sentence="Error counts, new issues could not be read from Sentry since 2026-11-23T12:03:00Z: Sentry "
            "refuses the token (401). Until this is mended, silence from us means nothing. Nothing was resolved or "
            "fired because of it.",
            severity="high",
            at="2026-11-23T12:07:41Z",
            rule="blind",
            rule_title="Blind",
            project="sentry",
            value="no reading for 4 min 41 s",
            threshold="1 min 30 s",
            reason="no_good_reading",
            opened_at="2026-11-23T12:03:00Z",
            notes=("`alerting check` says what is wrong, part by part.",),
        ),
        "sighted": Notice(
            kind=Kind.SIGHTED,
            key="b11d",
            headline="Sentry can be read again after 22 min",
            sentence="Resolved: Sentry answers again. It could not be read from 2026-11-23T12:03:00Z to "
            "2026-11-23T12:25:00Z (22 min). What was missed in between is being judged now and told once, marked late.",
            severity="high",
            at="2026-11-23T12:25:00Z",
            rule="blind",
            rule_title="Blind",
            project="sentry",
            value="reading again",
            threshold="1 min 30 s",
            reason="sight_regained",
            opened_at="2026-11-23T12:03:00Z",
            resolved_at="2026-11-23T12:25:00Z",
            sequence=2,
        ),
        "channel": Notice(
            kind=Kind.CHANNEL,
            key="channel-slack-20261123120741",
            headline="Slack refuses our notices (invalid_auth)",
            sentence="Slack refused a notice and will refuse the next ones too: Slack refused: the token is not valid. "
            "Check SENTRY_SLACK_BOT_TOKEN. Notices meant for it come this way until its configuration changes.",
            severity="high",
            at="2026-11-23T12:07:41Z",
            rule="channel",
            rule_title="Channel broken",
            project="slack",
            value="invalid_auth",
            threshold="a working channel",
            reason="channel_broken",
            notes=("`alerting check` tries the channel; `alerting outbox list` shows what waits for it.",),
        ),
        "test": Notice(
            kind=Kind.TEST,
            key="test-1",
            headline="a test of this channel",
            sentence="This is a test: notices of the alerting service arrive here.",
            severity="medium",
            at="2026-11-23T12:07:41Z",
            project="checkout",
            value="11 errors",
            threshold="10 errors",
        ),
    }
