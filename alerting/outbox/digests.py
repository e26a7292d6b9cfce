"""Digests in the database: which messages travel together, how they are put together, and how taken apart again."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from alerting.outbox import fold
from alerting.outbox.clean import clean_json
from alerting.outbox.message import Capacity, Kind, Notice
from alerting.outbox.models import Message
from alerting.rules.catalog import TOLD_ONCE

STALE_AFTER = timedelta(hours=1)
# A row of this kind posts nothing: it brings an incident's card up to date whose change was told in a digest.
CARD = "card"
CARD_RANK = 9
# These are never folded: digests themselves, and what nobody reads as a message.
ALONE = (*fold.FOLDED_KINDS, CARD, Kind.ESCALATED)


def gather(waiting: QuerySet[Message], channel: str, capacity: Capacity, now: datetime) -> bool:
    """Fold a crowd, or what waited too long, into one more message; true where a digest is to go next."""
    crowd, kind = _crowd(waiting, now)
    # A digest that was refused for now is folded anew with what has come since: hours of refusals end in few messages.
    if crowd is not None and take_apart(waiting.filter(kind__in=fold.FOLDED_KINDS)):
        crowd, kind = _crowd(waiting, now)
    if crowd is None:
        return False
    count = crowd.count()
    members = list(crowd[: fold.most(capacity, count, titled=False)])
    if any(member.payload["rule"] in TOLD_ONCE for member in members):
        members = members[: fold.most(capacity, count, titled=True)]
    return bool(members) and _fold(members, channel, kind, count, now)


def date_honestly(message: Message, now: datetime) -> None:
    """Make a digest that waited too long itself a late summary, instead of letting it arrive as if fresh."""
    if message.kind != Kind.DIGEST or message.created_at > now - STALE_AFTER:
        return
    notice = fold.overdue(Notice.from_json(message.payload), now)
    message.kind, message.payload = notice.kind, clean_json(notice.to_json())
    message.save(update_fields=("kind", "payload"))


def take_apart(digests: Iterable[Message]) -> list[int]:
    """Owe the members of unsent digests one by one again, so that each can go another way; returns their ids."""
    freed: list[int] = []
    for digest in digests:
        members = list(digest.members.values_list("pk", flat=True))
        # What was owed once more to some recipients of a digest has no members of its own: it stays a digest.
        unsent = Message.objects.filter(pk=digest.pk, state__in=(Message.State.PENDING, Message.State.FAILED))
        if members and unsent.update(state=Message.State.DISCARDED, error="taken apart: its notices go on singly"):
            Message.objects.filter(pk__in=members).update(state=Message.State.PENDING, folded_into=None)
            freed += members
    return freed


def card(told: Message, key: str, changes: Mapping[str, Any], now: datetime) -> Message:
    """A row, not written yet, that edits the card to what was told, with these changes of its notice."""
    payload = {**told.payload, **changes, "edit_only": True}
    return told.again(f"{key}:{CARD}", kind=CARD, rank=CARD_RANK, payload=payload, created_at=now, due_at=now)


def owe_cards(digest: Message, now: datetime) -> int:
    """After a digest: owe an edit of every card that shows what was so before it; returns how many."""
    newest = {member.incident_key: member for member in digest.members.order_by("id")}
    sent = Message.objects.filter(channel=digest.channel, state=Message.State.SENT, incident_key__in=list(newest))
    standing = set(sent.exclude(ref={}).values_list("incident_key", flat=True))
    edits = [card(newest[key], newest[key].dedupe_key, {}, now) for key in newest if key in standing]
    return len(Message.objects.bulk_create(edits, batch_size=500, ignore_conflicts=True))


def forget_cards(message: Message) -> None:
    """After a notice that edited its incident's card itself: edits to an older state must not follow."""
    older = Message.objects.filter(channel=message.channel, incident_key=message.incident_key, kind=CARD)
    older = older.filter(state=Message.State.PENDING, payload__sequence__lte=message.payload.get("sequence", 0))
    older.update(state=Message.State.DISCARDED, error="a later notice has edited the card")


def _crowd(waiting: QuerySet[Message], now: datetime) -> tuple[QuerySet[Message] | None, Kind]:
    """Which of the waiting messages are to travel together, and as what."""
    single = waiting.exclude(kind__in=ALONE)
    stale = single.filter(created_at__lte=now - STALE_AFTER)
    oldest = stale.first()
    if oldest is not None:
        # One digest goes to one set of recipients: who has a notice already must not get it again in a summary.
        return stale.filter(payload__recipients=oldest.payload.get("recipients", [])), Kind.STALE
    for_everyone = single.filter(payload__recipients=[])
    if for_everyone.count() > fold.FOLD_ABOVE:
        return for_everyone, Kind.DIGEST
    new_issues = for_everyone.filter(payload__rule__in=TOLD_ONCE)
    if new_issues.count() > fold.FOLD_NEW_ISSUES_ABOVE:
        return new_issues, Kind.DIGEST
    return None, Kind.DIGEST


def _silenced(members: list[Message], now: datetime) -> dict[str, int]:
    """How many notices of the same time were kept back by silences, for the digest's totals."""
    count = Message.objects.filter(
        channel=members[0].channel,
        state=Message.State.SILENCED,
        created_at__gte=min(member.created_at for member in members),
        created_at__lte=now,
    ).count()
    return {Message.State.SILENCED.value: count} if count else {}


def _fold(members: list[Message], channel: str, kind: Kind, count: int, now: datetime) -> bool:
    """One transaction: members folded, the digest owed in their place."""
    with transaction.atomic():
        pks = [member.pk for member in members]
        notices = [Notice.from_json(member.payload) for member in members]
        notice = fold.digest(notices, kind, count, now, pks[0])
        notice = replace(notice, recipients=notices[0].recipients, totals={**notice.totals, **_silenced(members, now)})
        digest = Message.objects.create(
            dedupe_key=f"{notice.key}:{channel}",
            channel=channel,
            incident_key=notice.key,
            kind=kind,
            rank=min(member.rank for member in members),
            payload=clean_json(notice.to_json()),
            created_at=min(member.created_at for member in members),
            due_at=now,
        )
        moved = Message.objects.filter(pk__in=pks, state=Message.State.PENDING).update(
            state=Message.State.FOLDED, folded_into=digest
        )
        if moved != len(pks):
            transaction.set_rollback(True)
            return False
    return True
