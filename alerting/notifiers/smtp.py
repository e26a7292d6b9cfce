"""Django's SMTP backend with a limit on the whole conversation, and with its memory of refused recipients."""

import smtplib
import socket
from collections.abc import Callable, Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from alerting.notifiers.deadline import Deadline

STEP_SECONDS = 10
# Below the outbox's lease, with room for the work around the conversation.
CONVERSATION_SECONDS = 30.0


class SmtpBackend(EmailBackend):
    """One conversation per use. `refused` maps each recipient the server turned away to its (status, text)."""

    def __init__(self, *args: Any, conversation_seconds: float = CONVERSATION_SECONDS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused: dict[str, tuple[int, bytes]] = {}
        self._conversation_seconds = conversation_seconds
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

    def handshake(self) -> None:
        """Connect, greet, encrypt and log in as for a mail, then part without sending one. Raises as sending does."""
        with self._deadline:
            self.open()
            try:
                if self.connection is not None:
                    self.connection.noop()
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
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            # smtplib tries every mechanism in turn, and would report the hanging up instead of the refusal.
            raise self._refusal or smtplib.SMTPServerDisconnected("hung up during login") from None


class _TimedSsl(_Timed, smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        return self.context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)
