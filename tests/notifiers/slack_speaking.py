"""The notifier for Slack in both modes, speaking to a stand-in."""

import pytest

from alerting.errors import DeliveryError
from alerting.examples.afternoon import firing
from alerting.notifiers.slack.notifier import BotMode, SlackNotifier, WebhookMode
from tests.notifiers.stand_ins import BOT_TOKEN, SlackServer


def webhook(server: SlackServer, seconds: float = 10.0) -> SlackNotifier:
    return SlackNotifier(WebhookMode(server.webhook_url), seconds=seconds)


def bot(server: SlackServer, channel: str = "#alerts") -> SlackNotifier:
    return SlackNotifier(BotMode(BOT_TOKEN, channel, server.api_url))


def refused(notifier: SlackNotifier, ref: dict[str, str] | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notifier.send(firing(), ref or {}, "k:1:slack")
    return caught.value
