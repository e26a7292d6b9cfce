"""What every channel's notifier is: one method that delivers a notice or raises one kind of error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from alerting.outbox.message import Notice


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider told us about a delivered notice, kept for the incident's next one.

    `ref` is opaque to everybody but the notifier that wrote it (Slack bot: channel and ts of the card; email: the
    Message-ID that starts the thread). It never holds a secret. `editable` says that what was sent can be changed
    afterwards, so that a change told elsewhere is worth an edit (`Notice.edit_only`).

    A mail is delivered once at least one recipient has it. `refused` maps recipients turned away for good, `deferred`
    those turned away for now, to what the server said; owe the latter the same notice again, limited to them with
    `Notice.recipients`.
    """

    ref: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    deferred: Mapping[str, str] = field(default_factory=dict)
    editable: bool = False


class Notifier(Protocol):
    """One channel. `channel` is its name in rules and outbox rows ("email", "slack")."""

    channel: str

    def send(self, notice: Notice, ref: Mapping[str, str], dedupe_key: str) -> Receipt:
        """Deliver `notice`.

        `ref` is the last receipt's ref of the same incident on this channel, empty for the first. `dedupe_key` is
        stable over retries of the same outbox message. Raises DeliveryError, and nothing else.
        """
        ...
