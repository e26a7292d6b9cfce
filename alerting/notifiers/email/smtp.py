"""Django's SMTP backend with a limit on the whole conversation, and with its memory of refused recipients."""

import os
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from alerting.http import certificates
from alerting.notifiers.email.deadline import Deadline

STEP_SECONDS = 10
# Below the outbox's lease, with room for the work around the conversation.
CONVERSATION_SECONDS = 30.0
TAKEN = 250
RECIPIENT_TAKEN = frozenset({TAKEN, 251})


class SmtpBackend(EmailBackend):
    """One conversation per use. `refused` maps each recipient the server turned away to its (status, text)."""

    def __init__(self, *args: Any, conversation_seconds: float = CONVERSATION_SECONDS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused: dict[str, tuple[int, bytes]] = {}
        self._deadline = Deadline(conversation_seconds)

    @property
    def too_slow(self) -> bool:
        """Whether it was our own time limit that ended the last conversation."""
        return self._deadline.passed

    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:  # type: ignore[override]
        kind = _TimedSsl if self.use_ssl else _Timed

        def connect(*args: Any, **kwargs: Any) -> smtplib.SMTP:
            return kind(self._deadline, *args, **kwargs)

        return connect

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.refused = {}
        with self._deadline:
            return super().send_messages(email_messages)

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return certificates.trusted(os.environ)

    def rehearse(self, sender: str, recipients: Sequence[str]) -> None:
        """Do all that a mail begins with, up to its recipients, and take it back. Raises as sending does.

        `refused` holds the recipients that were turned away, unless all were, which raises.
        """
        self.refused = {}
        with self._deadline:
            try:
                self.open()
                if self.connection is not None:
                    self.refused = _offer(self.connection, sender, recipients)
            finally:
                self.close()

    def _send(self, email_message: EmailMessage) -> bool:
        if self.connection is None:
            return False
        encoding = email_message.encoding or "utf-8"
        sender = sanitize_address(email_message.from_email, encoding)
        recipients = [sanitize_address(address, encoding) for address in email_message.recipients()]
        content = email_message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        self.refused = dict(self.connection.sendmail(sender, recipients, content))
        return True

    def _close_connection(self, connection: smtplib.SMTP) -> None:
        """Part politely where possible: a goodbye that goes wrong after the mail was taken must not send it again."""
        try:
            connection.quit()
        except (OSError, smtplib.SMTPException):
            connection.close()


def _offer(connection: smtplib.SMTP, sender: str, recipients: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    connection.ehlo_or_helo_if_needed()
    code, said = connection.mail(sender)
    if code != TAKEN:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    replies = {address: connection.rcpt(address) for address in recipients}
    refused = {address: reply for address, reply in replies.items() if reply[0] not in RECIPIENT_TAKEN}
    connection.rset()
    if refused and len(refused) == len(replies):
        raise smtplib.SMTPRecipientsRefused(refused)
    return refused


class LoginNeedsTlsError(smtplib.SMTPException):
    """The server takes logins, or anything, only after STARTTLS, and we were not told to use it."""


class _Timed(smtplib.SMTP):
    """Connects under a deadline, and remembers a refused login where the server hangs up right after it."""

    def __init__(self, deadline: Deadline, *args: Any, **kwargs: Any) -> None:
        self._deadline = deadline
        self._refusal: smtplib.SMTPAuthenticationError | None = None
        super().__init__(*args, **kwargs)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        return self._deadline.connect((host, port), timeout)

    def auth(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        try:
            return super().auth(*args, **kwargs)
        except smtplib.SMTPAuthenticationError as error:
            self._refusal = error
            raise

    def login(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        try:
            return super().login(*args, **kwargs)
        except smtplib.SMTPNotSupportedError:
            if not self.has_extn("starttls"):
                raise
            raise LoginNeedsTlsError("no login before STARTTLS") from None
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            # smtplib tries every mechanism in turn, and would report the hanging up instead of the refusal.
            raise self._refusal or smtplib.SMTPServerDisconnected("hung up during login") from None


class _TimedSsl(_Timed, smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        return self.context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)
