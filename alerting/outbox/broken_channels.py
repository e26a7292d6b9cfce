"""Channels that refuse for good: stopped with the reason, their notices sent the other way, opened when mended."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from alerting.errors import DeliveryError
from alerting.outbox import channel_notices, channels, queue, repairs
from alerting.outbox.models import Channel, Message
from alerting.outbox.queue import Debt

# These refuse one notice; everything else permanent refuses whatever we send.
ONE_NOTICE_ONLY = frozenset(
    {
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_payload",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "smtp_content",
        "too_many_attachments",
        "unrenderable",
    }
)


def clear(channel: str, enabled: Iterable[str], fingerprint: str, now: datetime) -> bool:
    """Whether the channel may be used now. A broken one may when its configuration has changed or a trial is due.

    Until then its notices take the other way. A trial is the next notice itself: taken, it opens the channel
    (`queue.mark_sent`); refused, it takes the other way as well, and the next trial is put off.
    """
    row = channels.get(channel, now)
    if not row.broken_reason:
        return True
    if row.fingerprint != fingerprint:
        reopen(channel, now)
        return True
    if row.open_at <= now:
        repairs.requeue_failed(channel, now)
        return True
    repairs.reroute(channel, _working(channel, enabled), row.broken_reason, now)
    return False


def reopen(channel: str, now: datetime) -> int:
    """Open a broken channel and owe again what was given up on it; returns how many notices that are."""
    with transaction.atomic():
        channels.reopen(channel, now)
        return repairs.requeue_failed(channel, now)


def report(message: Message, error: DeliveryError, enabled: Iterable[str], fingerprint: str, now: datetime) -> None:
    """After a permanent refusal: the notice takes the other way, and people learn once that the channel is broken."""
    others = _working(message.channel, enabled)
    one_notice = error.reason in ONE_NOTICE_ONLY or bool(error.recipients)
    with transaction.atomic():
        if one_notice:
            channels.put_off_trial(message.channel, now)
        elif channels.mark_broken(message.channel, error.reason, fingerprint, now):
            notice = channel_notices.broken(message.channel, error, now)
            queue.owe([Debt(notice, other) for other in others], now)
        repairs.reroute(message.channel, others, error.reason, now, only=message.pk if one_notice else None)


def is_open(channel: str) -> bool:
    """Whether the channel is not broken."""
    return not Channel.objects.filter(name=channel).exclude(broken_reason="").exists()


def _working(channel: str, enabled: Iterable[str]) -> list[str]:
    broken = set(Channel.objects.exclude(broken_reason="").values_list("name", flat=True))
    return [name for name in enabled if name != channel and name not in broken]
