"""The one list of channels. A new one is a folder beside this file and a line here."""

from collections.abc import Collection

from alerting.config import Settings
from alerting.notifiers.base import Channel, Notifier
from alerting.notifiers.email.channel import CHANNEL as EMAIL
from alerting.notifiers.slack.channel import CHANNEL as SLACK
from alerting.notifiers.words import channel_title
from alerting.rules.model import Severity

CHANNELS: tuple[Channel, ...] = (
    EMAIL,
    SLACK,
)


def channel(name: str) -> Channel:
    """The channel of this name; raises KeyError where there is none."""
    return {each.name: each for each in CHANNELS}[name]


def build(settings: Settings) -> dict[str, Notifier]:
    """A notifier for every enabled channel, by name; nothing is connected yet."""
    return {name: channel(name).build(settings) for name in settings.channels}


def told_of(severity: Severity) -> tuple[str, ...]:
    """Names of the channels that are told of this severity, enabled or not."""
    return tuple(each.name for each in CHANNELS if severity in each.severities)


def readers(severity: Severity, enabled: Collection[str]) -> str:
    """The same in words, with what does not arrive because its channel is not among those enabled."""
    if not enabled:
        return "nobody: no channel is enabled"
    told = told_of(severity)
    return " and ".join(channel_title(name) if name in enabled else f"{channel_title(name)} (off)" for name in told)


def with_cards() -> tuple[str, ...]:
    """Names of the channels whose messages can be edited."""
    return tuple(each.name for each in CHANNELS if each.has_cards)
