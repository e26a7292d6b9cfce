"""A Slack and a mail server on loopback that do what a test tells them."""

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
        options = {"authenticator": authenticate, "auth_require_tls": False, **options}
    controller = _AnyPort(handler, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield MailServer("127.0.0.1", controller.port, handler)
    finally:
        controller.stop()
