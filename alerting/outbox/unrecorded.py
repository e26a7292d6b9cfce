"""What a provider has taken and the database has not written down yet: kept in this process until it can be.

A database that is locked or away right after a sending would otherwise have the notice sent again.
"""

from datetime import datetime

from alerting.outbox import queue
from alerting.outbox.message import Receipt
from alerting.outbox.models import Message

_taken: dict[int, tuple[Message, Receipt, datetime]] = {}


def settle(message: Message, receipt: Receipt, now: datetime) -> None:
    """Mark the message as sent, now or as soon as the database takes it; raises where it does not."""
    _taken[message.pk] = (message, receipt, now)
    settle_all(message.channel)


def settle_all(channel: str) -> None:
    """Write down what this channel has taken; to be asked for before anything is sent or given back."""
    for message, receipt, at in [each for each in _taken.values() if each[0].channel == channel]:
        queue.mark_sent(message, receipt, at)
        del _taken[message.pk]
