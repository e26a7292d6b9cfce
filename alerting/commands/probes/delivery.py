"""The channels, tried without sending anything, and the rules nobody would hear of."""

from django.db import DatabaseError, connection

from alerting.commands.findings import Finding, Status
from alerting.config import Settings
from alerting.config_values import is_loopback
from alerting.errors import DeliveryError
from alerting.notifiers import handshake
from alerting.outbox.models import Channel
from alerting.rules import catalog

# A refusal that holds one of these says itself what to do.
NAMED = ("SENTRY_SLACK_", "EMAIL_", "SENTRY_ALERT_EMAIL_", "SSL_CERT_", "PROXY", "/invite")


def email(settings: Settings) -> Finding:
    """Connect to the mail server and log in, as for a mail."""
    if not settings.SENTRY_EMAIL_ALERTS_ENABLED:
        to = " (recipients are set, though)" if settings.SENTRY_ALERT_EMAIL_RECIPIENTS else ""
        advice = "Set SENTRY_EMAIL_ALERTS_ENABLED=true and SENTRY_ALERT_EMAIL_RECIPIENTS."
        return Finding("Email", Status.NOT_CONFIGURED, f"SENTRY_EMAIL_ALERTS_ENABLED is false{to}", advice)
    if settings.EMAIL_HOST_USER and not settings.EMAIL_HOST_PASSWORD:
        said = f"EMAIL_HOST_USER is {settings.EMAIL_HOST_USER}, but there is no password, so nobody logs in"
        advice = "Set EMAIL_HOST_PASSWORD; or, where the server wants no login, leave EMAIL_HOST_USER empty."
        return Finding("Email", Status.FAIL, said, advice)
    try:
        said = handshake.email(settings)
    except DeliveryError as error:
        return _refused("Email", error, "Check EMAIL_HOST, EMAIL_PORT and the login beside them.")
    if settings.EMAIL_HOST_USER and "unencrypted" in said and not is_loopback(settings.EMAIL_HOST):
        advice = "Everybody on the way can read the password: set EMAIL_USE_TLS=true (STARTTLS) or EMAIL_USE_SSL=true."
        return Finding("Email", Status.WARNING, said, advice)
    stopped = _stopped("email")
    recipients = ", ".join(settings.SENTRY_ALERT_EMAIL_RECIPIENTS)
    return stopped or Finding("Email", Status.PASS, f"{said}; notices go to {recipients}")


def slack(settings: Settings) -> Finding:
    """Ask Slack whether the webhook lives or the token is good; nothing is posted."""
    if not settings.SENTRY_SLACK_ALERTS_ENABLED:
        target = settings.SENTRY_SLACK_WEBHOOK_URL or settings.SENTRY_SLACK_BOT_TOKEN
        to = " (a target is set, though)" if target else ""
        advice = "Set SENTRY_SLACK_ALERTS_ENABLED=true and SENTRY_SLACK_WEBHOOK_URL."
        return Finding("Slack", Status.NOT_CONFIGURED, f"SENTRY_SLACK_ALERTS_ENABLED is false{to}", advice)
    try:
        said = handshake.slack(settings)
    except DeliveryError as error:
        variable = "SENTRY_SLACK_BOT_TOKEN" if settings.SENTRY_SLACK_BOT_TOKEN else "SENTRY_SLACK_WEBHOOK_URL"
        return _refused("Slack", error, f"Check {variable} and the app behind it in Slack.")
    return _stopped("slack") or Finding("Slack", Status.PASS, said)


def rules(settings: Settings) -> Finding:
    """Every rule should have somebody to tell."""
    every = catalog.build(settings)
    mute = [rule for rule in every if not set(rule.channels) & set(settings.channels)]
    names = ", ".join(rule.name for rule in mute)
    if len(mute) == len(every):
        advice = "Enable email or Slack: incidents are recorded, but nobody is told."
        return Finding("Rules", Status.WARNING, f"none of {len(every)} rules has an enabled channel", advice)
    if mute:
        missing = " or ".join(sorted({channel for rule in mute for channel in rule.channels}))
        return Finding("Rules", Status.WARNING, f"nobody is told about {names}", f"They go to {missing}: enable it.")
    return Finding("Rules", Status.PASS, f"{len(every)} rules, each with an enabled channel")


def _refused(part: str, error: DeliveryError, advice: str) -> Finding:
    """What the channel said; most refusals name the variable to look at themselves."""
    said = str(error)
    status = Status.FAIL if error.permanent or not error.reason.startswith("smtp_4") else Status.WARNING
    return Finding(part, status, said, "" if any(name in said for name in NAMED) else advice)


def _stopped(channel: str) -> Finding | None:
    """What a channel that answers us was stopped for, if it was; the database may be away, which another part says."""
    try:
        row = Channel.objects.filter(name=channel).exclude(broken_reason="").first()
    except DatabaseError:
        return None
    finally:
        connection.close()
    if row is None:
        return None
    since = f"since {row.broken_at:%Y-%m-%d %H:%M} UTC" if row.broken_at else "for a while"
    said = f"it answers, but refuses our notices {since} ({row.broken_reason}), so they take the other way"
    advice = f"Once that is mended: `alerting outbox reopen {channel}`, or restart the worker."
    return Finding(channel.capitalize(), Status.WARNING, said, advice)
