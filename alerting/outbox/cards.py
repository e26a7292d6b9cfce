"""Bringing an incident's card up to date without a notice: for what people did, who see it where they look."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from alerting.outbox import digests
from alerting.outbox.models import Message


def refresh(incident_key: str, channels: Iterable[str], in_hand: str, now: datetime) -> int:
    """Owe an edit of every card of this incident that names who has it (nobody, where empty); returns how many."""
    return amend(incident_key, channels, {"in_hand": in_hand}, now)


def add_note(incident_key: str, channels: Iterable[str], sentence: str, now: datetime) -> int:
    """Owe an edit of every card of this incident that says this besides what it says; returns how many."""
    told = Message.objects.filter(incident_key=incident_key).exclude(payload={}).order_by("-id").first()
    notes = told.payload.get("notes", ()) if told is not None else ()
    return amend(incident_key, channels, {"notes": [*notes, sentence]}, now)


def amend(incident_key: str, channels: Iterable[str], changes: Mapping[str, Any], now: datetime) -> int:
    """Owe an edit of every card of this incident that shows these changes of its notice; returns how many.

    The card shows what was told last. What is still to be sent carries the news itself. `channels` are those with
    cards; what a webhook posted has no ref, and cannot be edited.
    """
    owed = 0
    for channel in channels:
        mine = Message.objects.filter(incident_key=incident_key, channel=channel)
        for waiting in mine.filter(state=Message.State.PENDING):
            Message.objects.filter(pk=waiting.pk, state=Message.State.PENDING).update(
                payload={**waiting.payload, **changes}
            )
        newest = mine.filter(state__in=(Message.State.SENT, Message.State.FOLDED)).order_by("-id").first()
        if newest is None or not mine.filter(state=Message.State.SENT).exclude(ref={}).exists():
            continue
        edit = digests.card(newest, f"{incident_key}:{channel}:{now.timestamp():.3f}", changes, now)
        Message.objects.bulk_create([edit], ignore_conflicts=True)
        owed += 1
    return owed
