"""A channel that works again: whoever was told that it was broken is told, once, and what became of its notices."""

import logging
from datetime import datetime

from alerting.outbox import channels
from alerting.outbox.channel_notices import works_again
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Message
from alerting.outbox.repairs import SENT_ANOTHER_WAY
from alerting.rules.units import counted, span

logger = logging.getLogger(__name__)


def notices(channel: str, now: datetime) -> list[tuple[str, Notice]]:
    """After a notice was taken: by channel what to tell there, nothing where this one had not been broken."""
    since = channels.mend(channel, now)
    if since is None:
        return []
    logger.warning("%s takes notices again after %s", channel, span((now - since).total_seconds()))
    warned = Message.objects.filter(kind=Kind.CHANNEL, payload__project=channel, created_at__gte=since)
    latest = {message.channel: message for message in warned.exclude(channel=channel).order_by("id")}
    meanwhile = _elsewhere(channel, since)
    waiting = Message.objects.filter(channel=channel, state=Message.State.PENDING).count()
    if waiting:
        meanwhile += f" What still waits for it goes out now: {counted(waiting, 'notice')}."
    return [
        (other, works_again(Notice.from_json(message.payload), meanwhile, since, now))
        for other, message in latest.items()
    ]


def _elsewhere(channel: str, since: datetime) -> str:
    rerouted = Message.objects.filter(
        channel=channel, state=Message.State.DISCARDED, error__endswith=SENT_ANOTHER_WAY, due_at__gte=since
    ).count()
    if not rerouted:
        return "No notice took another way meanwhile."
    are = "is" if rerouted == 1 else "are"
    return f"{counted(rerouted, 'notice')} meant for it went another way meanwhile, and {are} not sent again."
