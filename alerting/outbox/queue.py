"""The queue of debts: owed, taken by one sender, settled only after sending. The rows are the truth."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When

from alerting import owner
from alerting.errors import DeliveryError
from alerting.outbox import backoff, digests, fold, mended
from alerting.outbox.clean import clean, clean_json
from alerting.outbox.message import Capacity, Notice, Receipt
from alerting.outbox.models import Channel, Message


@dataclass(frozen=True, slots=True)
class Debt:
    """A notice owed to a channel; rank 0 goes first. A silenced one is written down and never sent."""

    notice: Notice
    channel: str
    rank: int = 0
    is_silenced: bool = False


def owe(debts: Iterable[Debt], now: datetime) -> int:
    """Write the debts; one that is already written stays as it is. Returns how many rows there are for them."""
    messages = [
        Message(
            dedupe_key=f"{debt.notice.key}:{debt.notice.sequence}:{debt.channel}",
            channel=debt.channel,
            incident_key=debt.notice.key,
            kind=debt.notice.kind,
            rank=debt.rank,
            payload=clean_json(debt.notice.to_json()),
            state=Message.State.SILENCED if debt.is_silenced else Message.State.PENDING,
            created_at=now,
            due_at=now,
        )
        for debt in debts
    ]
    return len(Message.objects.bulk_create(messages, batch_size=500, ignore_conflicts=True))


def anything(channel: str) -> bool:
    """Whether anything is owed on this channel at all, due or not."""
    waiting = (Message.State.PENDING, Message.State.SENDING)
    return Message.objects.filter(channel=channel, state__in=waiting).exists()


def due(channel: str, now: datetime) -> QuerySet[Message]:
    """What may be sent now, most urgent first."""
    pending = Message.objects.filter(channel=channel, state=Message.State.PENDING, due_at__lte=now)
    # A digest is as old as its oldest member, so that nobody reads "resolved" before the summary that says "firing".
    return pending.order_by("rank", "created_at", "id")


def take(channel: str, capacity: Capacity, now: datetime) -> Message | None:
    """The next message to send, marked as in our hands; a crowd or what came too late is folded into one first.

    The digest goes before what else is as urgent, and after what is more urgent than all of its members.
    """
    waiting = due(channel, now)
    if digests.gather(waiting, channel, capacity, now):
        folded_first = Case(When(kind__in=fold.FOLDED_KINDS, then=Value(0)), default=Value(1))
        waiting = waiting.order_by("rank", folded_first, "created_at", "id")
    message = waiting.first()
    if message is None:
        return None
    taken = Message.objects.filter(pk=message.pk, state=Message.State.PENDING).update(
        state=Message.State.SENDING, owner=owner.me(), taken_at=now, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    message.refresh_from_db()
    digests.date_honestly(message, now)
    return message


def thread_ref(message: Message) -> Mapping[str, str]:
    """What the provider told us about the incident's last notice on this channel."""
    last = (
        Message.objects.filter(incident_key=message.incident_key, channel=message.channel, state=Message.State.SENT)
        .exclude(ref={})
        .order_by("-id")
        .first()
    )
    return dict(last.ref) if last else {}


def mark_sent(message: Message, receipt: Receipt, now: datetime) -> None:
    """Settle after sending; the members of a digest have travelled with it.

    Recipients the server put off are owed the same notice again, and only they; who it refused is noted.
    """
    refused = "; ".join(f"{address}: {said}" for address, said in receipt.refused.items())
    with transaction.atomic():
        Message.objects.filter(pk=message.pk).update(
            state=Message.State.SENT, sent_at=now, owner="", error=clean(refused, 500), ref=dict(receipt.ref)
        )
        Message.objects.filter(folded_into=message).update(sent_at=now)
        Channel.objects.filter(name=message.channel).update(
            failures=0, last_sent_at=now, last_error=clean(refused, 500)
        )
        if message.kind != digests.CARD:
            # An edit may have reached nobody; a notice that was taken proves that a broken channel is mended.
            owe([Debt(notice, other) for other, notice in mended.notices(message.channel, now)], now)
        if receipt.deferred:
            _owe_the_rest(message, sorted(receipt.deferred), now)
        if receipt.editable and message.kind in fold.FOLDED_KINDS:
            digests.owe_cards(message, now)
        elif receipt.editable:
            digests.forget_cards(message)


def mark_failed(message: Message, error: DeliveryError, now: datetime, *, pause: bool = True) -> None:
    """Put a refused message back with its next time, or give it up where trying again cannot help.

    With `pause` the whole channel waits too: what one message was refused for now, the next one will be.
    """
    shown = clean(f"{error.reason}: {error}", 500)
    mine = Message.objects.filter(pk=message.pk, state=Message.State.SENDING, owner=owner.me())
    if error.permanent:
        mine.update(state=Message.State.FAILED, error=shown, owner="")
        return
    chance = random.random()  # noqa: S311  jitter, not a secret
    again = now + timedelta(seconds=backoff.delay(message.attempts, chance, error.retry_after))
    with transaction.atomic():
        mine.update(state=Message.State.PENDING, error=shown, owner="", due_at=again)
        if not pause:
            return
        row = Channel.objects.select_for_update().get(name=message.channel)
        row.failures += 1
        row.last_error = shown
        row.open_at = now + timedelta(seconds=backoff.delay(row.failures, chance, error.retry_after))
        row.save(update_fields=("failures", "last_error", "open_at"))


def _owe_the_rest(message: Message, recipients: list[str], now: datetime) -> None:
    wait = backoff.delay(message.attempts, random.random())  # noqa: S311  jitter, not a secret
    again = message.again(
        f"{message.dedupe_key}+{message.attempts}",
        payload={**message.payload, "recipients": recipients},
        attempts=message.attempts,
        due_at=now + timedelta(seconds=wait),
    )
    Message.objects.bulk_create([again], ignore_conflicts=True)
