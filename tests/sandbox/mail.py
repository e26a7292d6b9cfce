"""A mail server that takes every message and shows it, or goes wrong as told, in a real SMTP conversation."""

import asyncio
import email
import email.policy
import re
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.sandbox.arrivals import Arrivals
from tests.sandbox.faults import Fault
from tests.sandbox.part import Part
from tests.sandbox.records import Mail

HOSTNAME = "mail.sandbox"
BANNER = "sandbox"
LONGEST_LINE = 1000
MOST_BYTES = 25 * 1024 * 1024
# What a web page can make a browser send here begins so, with commands of its choice in the lines that follow.
HTTP_REQUEST = re.compile(
    rb"\s*[A-Za-z]+ [^\r\n]* HTTP/\d|\s*(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) "
)
NO_HTTP = b"554 5.5.1 This is a mail server and you speak HTTP\r\n"
# aiosmtpd takes this for "answered already": the connection is gone or the answer never comes.
NO_REPLY = "250 never sent"


class MailPart(Part[Mail]):
    """Where to send, and what arrived. With `user` and `password` set, it takes mail only after a login.

    `wait_for` waits for mails.
    """

    def __init__(self) -> None:
        self.messages: Arrivals[Mail] = Arrivals()
        super().__init__(self.messages)
        self.user = ""
        self.password = ""


def protocol(mail: MailPart, closing: asyncio.Event) -> Callable[[], asyncio.Protocol]:
    """Makes one conversation per connection. `closing` ends those that hang."""

    def make() -> asyncio.Protocol:
        greeting = mail.faults.take(lambda fault: fault.stage == "connect")
        if greeting is not None:
            return _Greeting(greeting)
        with warnings.catch_warnings():
            # Nothing leaves the loopback interface.
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            return _Conversation(
                _Handler(mail, closing),
                hostname=HOSTNAME,
                ident=BANNER,
                enable_SMTPUTF8=True,
                data_size_limit=MOST_BYTES,
                auth_require_tls=False,
                auth_required=bool(mail.user),
                authenticator=_authenticator(mail),
                loop=asyncio.get_running_loop(),
            )

    return make


class _Conversation(SMTP):
    """Ends where the first line that arrives is an HTTP request's, before any other line is heard."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._opening: bytes | None = b""

    def data_received(self, data: bytes) -> None:
        if self._opening is not None:
            self._opening += data
            if HTTP_REQUEST.match(self._opening) and isinstance(self.transport, asyncio.Transport):
                self.transport.write(NO_HTTP)
                self.transport.close()
                return
            if b"\n" in self._opening.lstrip() or len(self._opening) > LONGEST_LINE:
                self._opening = None
        super().data_received(data)


class _Greeting(asyncio.Protocol):
    """A server that is not even polite at the door: says its piece, or nothing, and never listens."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if not self._fault.hang:
            transport.write(f"{self._fault.reply}\r\n".encode())
            transport.close()


def _authenticator(mail: MailPart) -> Callable[..., AuthResult]:
    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        if (fault := mail.faults.take(lambda fault: fault.stage == "auth")) is not None:
            return AuthResult(success=False, handled=False, message=fault.reply)
        wanted = LoginPassword(mail.user.encode(), mail.password.encode())
        # Without a login of its own it lets anybody in, as a test sink does.
        good = not mail.user or given == wanted
        return AuthResult(success=good, handled=False, auth_data=given if good else None)

    return check


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, mail: MailPart, closing: asyncio.Event) -> None:
        self._mail = mail
        self._closing = closing

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        def applies(fault: Fault) -> bool:
            return fault.stage == "rcpt" and fault.recipient.lower() in {"", address.lower()}

        if refused := await self._misbehave(server, applies):
            return refused
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if refused := await self._misbehave(server, lambda fault: fault.stage == "data" and fault.drop != "after"):
            return refused
        # Lines end in CRLF on the wire; whoever reads the message wants them as the sender wrote them.
        content = (envelope.original_content or b"").replace(b"\r\n", b"\n")
        message = email.message_from_bytes(content, policy=email.policy.default)
        sender, recipients = envelope.mail_from or "", list(envelope.rcpt_tos)
        self._mail.messages.add(Mail(datetime.now(UTC), sender, recipients, message))
        refused = await self._misbehave(server, lambda fault: fault.stage == "data" and fault.drop == "after")
        return refused or "250 2.0.0 Message taken"

    async def _misbehave(self, server: SMTP, applies: Callable[[Fault], bool]) -> str:
        """The reply to give instead of the good one; empty where all is well."""
        fault = self._mail.faults.take(applies)
        if fault is None:
            return ""
        if fault.hang:
            await self._closing.wait()
        if fault.drop or fault.hang:
            if isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
            return NO_REPLY
        return fault.reply
