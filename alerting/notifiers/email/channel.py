"""The channel email: the variables it uses, what it is told of, and its parts."""

from collections.abc import Mapping
from typing import Any

from alerting.config import Settings
from alerting.findings import Finding
from alerting.notifiers.base import Channel, Demonstration, Notifier, Preview, PreviewFile
from alerting.outbox.message import Notice
from alerting.rules.model import Severity

# Most want to know only how much a channel takes: what speaks to it is imported by those who let it speak.


def build(settings: Settings) -> Notifier:
    from alerting.notifiers.email import notifier

    return notifier.build(settings)


def check(settings: Settings) -> Finding:
    from alerting.notifiers.email import probe

    return probe.check(settings)


def preview(notice: Notice, settings: Settings) -> Preview:
    from alerting.notifiers import render
    from alerting.notifiers.email import mail_body

    shown = render.view(notice, settings.SENTRY_ENVIRONMENT, settings.ALERTING_STATUS_URL)
    text = render.as_text(shown)
    files = (
        PreviewFile("mail.html", "mail", mail_body.html(shown)),
        PreviewFile("mail.txt", "mail as text", f"Subject: {shown.subject}\n\n{text}\n"),
    )
    return Preview("Mail", files, "The mail as text", text)


def escalation(settings: Settings) -> Mapping[str, Any]:
    recipients = settings.SENTRY_ALERT_ESCALATION_EMAIL_RECIPIENTS
    return {"recipients": recipients} if recipients else {}


def demonstration(stand_ins: Mapping[str, str]) -> Mapping[str, str]:
    return {
        "SENTRY_EMAIL_ALERTS_ENABLED": "true",
        "SENTRY_ALERT_EMAIL_RECIPIENTS": "oncall@example.com",
        "EMAIL_HOST": stand_ins["mail_host"],
        "EMAIL_PORT": stand_ins["mail_port"],
    }


SERVER = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
CHANNEL = Channel(
    name="email",
    settings=("SENTRY_ALERT_EMAIL_RECIPIENTS", *SERVER, "DEFAULT_FROM_EMAIL"),
    build=build,
    check=check,
    preview=preview,
    severities=frozenset({Severity.HIGH}),
    escalation=escalation,
    demonstration=Demonstration(
        demonstration, ("SENTRY_EMAIL_ALERTS_ENABLED", "SENTRY_ALERT_EMAIL_RECIPIENTS", *SERVER)
    ),
)
