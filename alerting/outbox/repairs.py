"""What happens to debts besides being sent: given back, owed again, sent the other way, or discarded."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from alerting import owner
from alerting.outbox import digests, fold
from alerting.outbox.clean import clean
from alerting.outbox.message import Notice
from alerting.outbox.models import Message

# A sender that is alive but stopped may have got its message out; dead or elsewhere, nobody can tell after this.
SENDING_GRACE = timedelta(minutes=5)
SENDING_LIMIT = timedelta(seconds=45)
SENT_ANOTHER_WAY = " instead"


def recover(channel: str, now: datetime) -> int:
    """Give back what a dead sender held; returns how many. This is the one place where a repeat can come from."""
    lost = [
        message.pk
        for message in Message.objects.filter(channel=channel, state=Message.State.SENDING)
        if _is_lost(message, now)
    ]
    return Message.objects.filter(pk__in=lost, state=Message.State.SENDING).update(
        state=Message.State.PENDING, owner="", due_at=now
    )


def requeue_failed(channel: str, now: datetime) -> int:
    """Owe again what was given up on this channel, after its configuration changed."""
    return Message.objects.filter(channel=channel, state=Message.State.FAILED).update(
        state=Message.State.PENDING, due_at=now, attempts=0
    )


def retry(message: Message, now: datetime) -> bool:
    """Owe a message again on an operator's word; false where it is on its way or has arrived."""
    given_up = (Message.State.PENDING, Message.State.FAILED, Message.State.DISCARDED)
    again = {"state": Message.State.PENDING, "due_at": now, "created_at": now, "attempts": 0}
    return Message.objects.filter(pk=message.pk, state__in=given_up).update(**again) == 1


def discard(message: Message) -> bool:
    """Give a message up on an operator's word; false where it is on its way or has arrived."""
    waiting = (Message.State.PENDING, Message.State.FAILED)
    return Message.objects.filter(pk=message.pk, state__in=waiting).update(state=Message.State.DISCARDED) == 1


def reroute(channel: str, others: Iterable[str], reason: str, now: datetime, *, only: int | None = None) -> int:
    """Owe through `others` what `channel` cannot deliver, or just the message `only`; returns how many copies.

    Who was owed the same notice anyway gets no second one. Without another channel everything stays where it is.
    """
    targets = list(others)
    if not targets:
        return 0
    note = f"{channel.capitalize()} refused this notice ({reason}), so it comes this way."
    with transaction.atomic():
        unsent = Message.objects.filter(channel=channel, state__in=(Message.State.FAILED, Message.State.PENDING))
        chosen = unsent.filter(pk=only) if only is not None else unsent
        freed = digests.take_apart(chosen.filter(kind__in=fold.FOLDED_KINDS))
        stranded = list((chosen | unsent.filter(pk__in=freed)).exclude(kind__in=digests.ALONE))
        copies = [_copy(each, target, note, now) for each in stranded for target in targets]
        written = Message.objects.filter(dedupe_key__in=[copy.dedupe_key for copy in copies])
        before = written.count()
        # What had left a channel for this one goes back to it, now that this one refuses.
        back = written.filter(state=Message.State.DISCARDED, error__endswith=SENT_ANOTHER_WAY).update(
            state=Message.State.PENDING, due_at=now, attempts=0, error=""
        )
        Message.objects.bulk_create(copies, batch_size=500, ignore_conflicts=True)
        Message.objects.filter(pk__in=[each.pk for each in stranded]).update(
            state=Message.State.DISCARDED,
            due_at=now,
            error=clean(f"{reason}: sent by {', '.join(targets)}", 480) + SENT_ANOTHER_WAY,
        )
    return len(copies) - before + back


def clock_went_back(now: datetime) -> None:
    """Times written under the old clock are now."""
    waiting = Message.objects.filter(state__in=(Message.State.PENDING, Message.State.SENDING))
    waiting.filter(due_at__gt=now).update(due_at=now)
    waiting.filter(taken_at__gt=now).update(taken_at=now)


def _copy(message: Message, channel: str, note: str, now: datetime) -> Message:
    notice = Notice.from_json(message.payload)
    payload = replace(notice, notes=(*notice.notes, note)).to_json()
    key = f"{message.dedupe_key.rsplit(':', 1)[0]}:{channel}"
    return message.again(key, channel=channel, payload=payload, due_at=now)


def _is_lost(message: Message, now: datetime) -> bool:
    taken_at = message.taken_at or message.created_at
    # Ours can only be a leftover of a task that ended in the middle: this is asked before anything is taken.
    if message.owner == owner.me() or owner.is_dead(message.owner):
        return True
    return now - taken_at > (SENDING_GRACE if owner.is_alive(message.owner) else SENDING_LIMIT)
