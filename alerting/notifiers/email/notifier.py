"""Email: one message for all recipients, HTML and text, threaded per incident, through Django's mail."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from email.utils import parseaddr

from django.core.mail import EmailMultiAlternatives

from alerting.config import Settings
from alerting.errors import DeliveryError
from alerting.notifiers import render
from alerting.notifiers.email import mail_body
from alerting.notifiers.email.smtp import STEP_SECONDS, SmtpBackend
from alerting.notifiers.email.smtp_replies import delivery_error, sorted_out
from alerting.outbox.message import Notice, Receipt

logger = logging.getLogger(__name__)

THREAD = "message_id"


def build(settings: Settings) -> "EmailNotifier":
    """Mail to the configured recipients."""
    return EmailNotifier(
        settings.SENTRY_ALERT_EMAIL_RECIPIENTS,
        settings.DEFAULT_FROM_EMAIL,
        lambda: connection_to(settings),
        environment=settings.SENTRY_ENVIRONMENT,
        page_url=settings.ALERTING_STATUS_URL,
    )


def connection_to(settings: Settings) -> SmtpBackend:
    """A new connection to the configured mail server, not yet open."""
    return SmtpBackend(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        username=settings.EMAIL_HOST_USER,
        password=settings.secret("EMAIL_HOST_PASSWORD"),
        use_tls=settings.EMAIL_USE_TLS,
        use_ssl=settings.EMAIL_USE_SSL,
        timeout=STEP_SECONDS,
    )


class EmailNotifier:
    """Sends to every recipient in one conversation, so that a retry can never reach some of them twice.

    `connection_factory` makes a connection per notice. `environment` is named as the place that tells.
    """

    channel = "email"

    def __init__(
        self,
        recipients: Sequence[str],
        from_email: str,
        connection_factory: Callable[[], SmtpBackend],
        *,
        environment: str = "",
        page_url: str = "",
    ) -> None:
        self._recipients = tuple(recipients)
        self._from_email = from_email
        self._connection_factory = connection_factory
        self._environment = environment
        self._page_url = page_url

    def send(self, notice: Notice, ref: Mapping[str, str], dedupe_key: str) -> Receipt:
        if notice.edit_only:
            return Receipt(ref)
        try:
            message = self.compose(notice, ref, dedupe_key)
        except Exception as error:
            logger.exception("a notice could not be written as a mail")
            failure = DeliveryError(
                "unrenderable", f"The notice could not be written ({type(error).__name__}).", permanent=True
            )
        else:
            outcome = self._deliver(message, ref)
            if isinstance(outcome, Receipt):
                return outcome
            failure = outcome
        # Raised here and not where it was caught: the provider's exception, which may quote us, is not its context.
        raise failure

    def compose(self, notice: Notice, ref: Mapping[str, str], dedupe_key: str) -> EmailMultiAlternatives:
        """The message for `notice`. The same `dedupe_key` gives the same Message-ID.

        The thread's root is named by the incident's key, so that the thread holds even where `ref` is lost.
        """
        shown = render.view(notice, self._environment, self._page_url)
        root = self._message_id(f"incident {notice.key}")
        first = ref.get(THREAD, "")
        headers = {
            "Message-ID": self._message_id(f"message {dedupe_key}"),
            "References": f"{root} {first}".strip(),
            "In-Reply-To": first or root,
            # RFC 3834: keeps out-of-office replies away; Exchange listens to its own header only.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        }
        message = EmailMultiAlternatives(
            subject=shown.subject,
            body=render.as_text(shown),
            from_email=self._from_email,
            to=list(notice.recipients or self._recipients),
            headers=headers,
        )
        message.attach_alternative(mail_body.html(shown), "text/html")
        return message

    def _deliver(self, message: EmailMultiAlternatives, ref: Mapping[str, str]) -> Receipt | DeliveryError:
        connection = self._connection_factory()
        secrets = [connection.password or ""]
        try:
            taken = connection.send_messages([message])
        except Exception as error:  # noqa: BLE001  the contract: DeliveryError and nothing else
            return delivery_error(error, secrets, host=connection.host or "", too_slow=connection.too_slow)
        if not taken:
            return DeliveryError("smtp_nothing_sent", "The mail server took nothing, without saying why.")
        refused, deferred = sorted_out(connection.refused, secrets)
        for address, said in refused.items():
            logger.warning("%s did not get the mail, the others did: %s", address, said)
        return Receipt({THREAD: ref.get(THREAD) or message.extra_headers["Message-ID"]}, refused, deferred)

    def _message_id(self, name: str) -> str:
        _, address = parseaddr(self._from_email)
        domain = address.rpartition("@")[2]
        host = domain if domain and domain.isascii() else "localhost"
        return f"<{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:32]}@{host}>"
