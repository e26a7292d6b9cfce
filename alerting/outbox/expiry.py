"""How long messages are kept that nobody waits for any more."""

import time
from collections.abc import Collection
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from alerting.outbox.models import Message

BATCH = 200
SETTLED = (Message.State.SENT, Message.State.DISCARDED)


def prune(before: datetime, threads: Collection[str], ends: float) -> int:
    """Delete settled messages that were owed before then, until `ends` by the monotonic clock; returns how many.

    What is still owed stays, and so do the members of a digest that is. Of `threads`, incidents that are open all the
    while, the last message of each channel stays: what is told next continues it.
    """
    removed = 0
    rows = _forgotten(before).exclude(pk__in=_last_of(threads)).order_by("created_at")
    while time.monotonic() < ends and (batch := list(rows.values_list("pk", flat=True)[:BATCH])):
        removed += Message.objects.filter(pk__in=batch).delete()[0]
    return removed


def _forgotten(before: datetime) -> QuerySet[Message]:
    travelled = Q(state=Message.State.FOLDED) & (Q(folded_into=None) | Q(folded_into__state__in=SETTLED))
    return Message.objects.filter(Q(state__in=SETTLED) | travelled, created_at__lt=before)


def _last_of(threads: Collection[str]) -> list[int]:
    sent = Message.objects.filter(incident_key__in=threads, state=Message.State.SENT).exclude(ref={})
    return [last for *_, last in sent.values_list("incident_key", "channel").annotate(last=Max("pk"))]
