"""The channels, tried without sending anything, and the rules nobody would hear of."""

from alerting.config import Settings
from alerting.errors import DeliveryError
from alerting.notifiers import handshake
from alerting.ops.findings import Finding, Status
from alerting.rules import catalog


def email(settings: Settings) -> Finding:
    """Connect to the mail server and log in, as for a mail."""
    if not settings.SENTRY_EMAIL_ALERTS_ENABLED:
        to = " (recipients are set, though)" if settings.SENTRY_ALERT_EMAIL_RECIPIENTS else ""
        advice = "Set SENTRY_EMAIL_ALERTS_ENABLED=true and SENTRY_ALERT_EMAIL_RECIPIENTS."
        return Finding("Email", Status.NOT_CONFIGURED, f"SENTRY_EMAIL_ALERTS_ENABLED is false{to}", advice)
    try:
        said = handshake.email(settings)
    except DeliveryError as error:
        return Finding("Email", Status.FAIL, str(error), "Check EMAIL_HOST, EMAIL_PORT and the login beside them.")
    recipients = ", ".join(settings.SENTRY_ALERT_EMAIL_RECIPIENTS)
    return Finding("Email", Status.PASS, f"{said}; notices go to {recipients}")


def slack(settings: Settings) -> Finding:
    """Ask Slack whether the webhook lives or the token is good; nothing is posted."""
    if not settings.SENTRY_SLACK_ALERTS_ENABLED:
        target = settings.SENTRY_SLACK_WEBHOOK_URL or settings.SENTRY_SLACK_BOT_TOKEN
        to = " (a target is set, though)" if target else ""
        advice = "Set SENTRY_SLACK_ALERTS_ENABLED=true and SENTRY_SLACK_WEBHOOK_URL."
        return Finding("Slack", Status.NOT_CONFIGURED, f"SENTRY_SLACK_ALERTS_ENABLED is false{to}", advice)
    try:
        return Finding("Slack", Status.PASS, handshake.slack(settings))
    except DeliveryError as error:
        variable = "SENTRY_SLACK_BOT_TOKEN" if settings.SENTRY_SLACK_BOT_TOKEN else "SENTRY_SLACK_WEBHOOK_URL"
        return Finding("Slack", Status.FAIL, str(error), f"Check {variable} and the app behind it in Slack.")


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
