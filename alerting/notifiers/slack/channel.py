"""The channel Slack: the variables it uses, how much it takes, and its parts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from alerting.config import Settings
from alerting.findings import Finding
from alerting.notifiers.base import Channel, Demonstration, Notifier, Preview
from alerting.outbox.message import Capacity, Notice

# Most want to know only how much a channel takes: what speaks to it is imported by those who let it speak.


def build(settings: Settings) -> Notifier:
    from alerting.notifiers.slack import notifier

    return notifier.build(settings)


def check(settings: Settings) -> Finding:
    from alerting.notifiers.slack import probe

    return probe.check(settings)


def preview(notice: Notice, settings: Settings) -> Preview:
    from alerting.notifiers.slack import slack_card

    return slack_card.preview(notice, settings)


def escalation(settings: Settings) -> Mapping[str, Any]:
    channel = settings.SENTRY_ALERT_ESCALATION_SLACK_CHANNEL
    return {"recipients": (), "slack_channel": channel} if channel else {}


def demonstration(stand_ins: Mapping[str, str]) -> Mapping[str, str]:
    return {"SENTRY_SLACK_ALERTS_ENABLED": "true", "SENTRY_SLACK_WEBHOOK_URL": stand_ins["webhook"]}


TARGET = ("SENTRY_SLACK_WEBHOOK_URL", "SENTRY_SLACK_CHANNEL", "SENTRY_SLACK_BOT_TOKEN")
CHANNEL = Channel(
    name="slack",
    settings=(*TARGET, "SENTRY_SLACK_API_URL"),
    build=build,
    check=check,
    preview=preview,
    escalation=escalation,
    demonstration=Demonstration(demonstration, ("SENTRY_SLACK_ALERTS_ENABLED", *TARGET)),
    # One message a second on a webhook or channel (Slack's documentation, "Rate limits"). Its blocks hold about 75
    # lines with everything in them, twice as many with what nobody can do without.
    capacity=Capacity(pace=timedelta(seconds=1.1), lines=70, short_lines=150),
    has_cards=True,
)
