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

    def __init__(self, port: int) -> None:
        self.messages: Arrivals[Mail] = Arrivals()
        super().__init__(port, self.messages)
        self.user = ""
        self.password = ""


def protocol(mail: MailPart, closing: asyncio.Event) -> Callable[[], asyncio.Protocol]:
    """Makes one conversation per connection. `closing` ends those that hang."""

    def make() -> asyncio.Protocol:
        greeting = mail.faults.take(lambda fault: fault.stage == "connect")
        if greeting is not None and not (greeting.delay and not greeting.reply and not greeting.drop):
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
    """A server that is not even polite at the door: says its piece (or nothing, or hangs up) and never listens."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if self._fault.delay:
            asyncio.get_running_loop().call_later(self._fault.delay, self._speak, transport)
        else:
            self._speak(transport)

    def _speak(self, transport: asyncio.Transport) -> None:
        if self._fault.drop:
            transport.abort()
        elif not self._fault.hang:
            transport.write(f"{self._fault.reply}\r\n".encode())
            transport.close()


def _authenticator(mail: MailPart) -> Callable[..., AuthResult]:
    def check(server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        fault = mail.faults.take(lambda fault: fault.stage == "auth")
        if fault is not None and fault.drop:
            _abort(server)
            return AuthResult(success=False, handled=True)
        if fault is not None and fault.reply:
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

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = await self._misbehave(server, "mail")
        if refused:
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender ok"

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = await self._misbehave(server, "rcpt", address)
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        refused = await self._misbehave(server, "data", before_taking=True)
        if refused:
            return refused
        # Lines end in CRLF on the wire; whoever reads the message wants them as the sender wrote them.
        content = (envelope.original_content or b"").replace(b"\r\n", b"\n")
        message = email.message_from_bytes(content, policy=email.policy.default)
        sender, recipients = envelope.mail_from or "", list(envelope.rcpt_tos)
        self._mail.messages.add(Mail(datetime.now(UTC), sender, recipients, message))
        return await self._misbehave(server, "data", before_taking=False) or "250 2.0.0 Message taken"

    async def _misbehave(
        self, server: SMTP, stage: str, address: str = "", *, before_taking: bool | None = None
    ) -> str:
        """The reply to give instead of the good one; empty where all is well."""

        def applies(fault: Fault) -> bool:
            late = fault.drop == "after"
            if before_taking is not None and late is before_taking:
                return False
            return fault.stage == stage and fault.recipient.lower() in {"", address.lower()}

        fault = self._mail.faults.take(applies)
        if fault is None:
            return ""
        if fault.hang or fault.delay:
            await _pause(self._closing, None if fault.hang else fault.delay)
        if fault.drop or fault.hang:
            _abort(server)
            return NO_REPLY
        return fault.reply


async def _pause(closing: asyncio.Event, length: float | None) -> None:
    try:
        await asyncio.wait_for(closing.wait(), length)
    except TimeoutError:
        return


def _abort(server: SMTP) -> None:
    transport = server.transport
    if isinstance(transport, asyncio.Transport):
        transport.abort()
