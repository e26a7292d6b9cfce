"""A channel that works again: whoever was told that it was broken is told, once, and what became of its notices."""

import logging
from dataclasses import replace
from datetime import datetime

from alerting.outbox import channels
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Message
from alerting.outbox.repairs import SENT_ANOTHER_WAY
from alerting.rules.units import counted, span, stamp

logger = logging.getLogger(__name__)


def notices(channel: str, now: datetime) -> list[tuple[str, Notice]]:
    """After a notice was taken: by channel what to tell there, nothing where this one had not been broken."""
    since = channels.mend(channel, now)
    if since is None:
        return []
    lasted = span((now - since).total_seconds())
    logger.warning("%s takes notices again after %s", channel, lasted)
    warned = Message.objects.filter(kind=Kind.CHANNEL, payload__project=channel, created_at__gte=since)
    latest = {message.channel: message for message in warned.exclude(channel=channel).order_by("id")}
    sentence = f"{channel.capitalize()} takes our notices again, after {lasted}. {_elsewhere(channel, since)}"
    waiting = Message.objects.filter(channel=channel, state=Message.State.PENDING).count()
    if waiting:
        sentence += f" What still waits for it goes out now: {counted(waiting, 'notice')}."
    return [
        (other, _notice(Notice.from_json(message.payload), sentence, lasted, since, now))
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


def _notice(told: Notice, sentence: str, lasted: str, since: datetime, now: datetime) -> Notice:
    """The end of what `told` began, in the same thread."""
    return replace(
        told,
        kind=Kind.MENDED,
        headline=f"{told.project.capitalize()} takes our notices again after {lasted}",
        sentence=sentence,
        at=stamp(now),
        rule_title="Channel works again",
        value="mended",
        reason="channel_mended",
        opened_at=stamp(since),
        resolved_at=stamp(now),
        notes=(),
        recipients=(),
        edit_only=False,
        sequence=told.sequence + 1,
    )
