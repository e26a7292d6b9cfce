"""How long the past is kept: closed incidents and all that belongs to them for `ALERTING_HISTORY_DAYS`, then no more.

Never deleted are an open incident, how it began, and a message that is still owed. Everything goes in small batches,
so that a tick waits for milliseconds, and one turn takes seconds: what is left goes in the next.
"""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Min, Q, QuerySet

from alerting.incidents import decisions, quiet_issues, ticks
from alerting.incidents.models import Decision, Gap, Incident, Transition
from alerting.outbox.models import Message

BATCH = 200
TURN_SECONDS = 20.0
SETTLED = (Message.State.SENT, Message.State.DISCARDED)
# Of an incident that stays open, what is older than this is thinned as if it had closed.
OPEN_IN_FULL = timedelta(days=1)


def prune(now: datetime, history: timedelta) -> int:
    """Delete what is older than `history`, for a turn at most; returns how many rows."""
    ends = time.monotonic() + TURN_SECONDS
    before = now - history
    removed = ticks.prune(now, history) + quiet_issues.prune(now)
    # An issue that may still be read as new must be known to have been told.
    may_be_new = Q(closed_at__gte=now - quiet_issues.KEPT) & ~Q(subject="")
    closed = Incident.objects.filter(closed_at__lt=before).exclude(may_be_new)
    removed += _delete(closed.order_by("closed_at"), ends)
    removed += _delete(Gap.objects.filter(finished_at__lt=before), ends)
    removed += _shorten_open_incidents(now, before, ends)
    long_open = Incident.objects.filter(closed_at__isnull=True, opened_at__lt=before)
    threads = [uid.hex for uid in long_open.values_list("uid", flat=True)]
    forgotten = _settled_messages(before).exclude(pk__in=_last_of(threads))
    return removed + _delete(forgotten.order_by("created_at"), ends)


def _shorten_open_incidents(now: datetime, before: datetime, ends: float) -> int:
    """An incident that stays open for months would grow with every reminder: its middle goes, its beginning stays."""
    still_open = Incident.objects.filter(closed_at__isnull=True)
    removed = decisions.thin(still_open.filter(opened_at__lt=now - OPEN_IN_FULL).values_list("pk", flat=True))
    old = still_open.filter(opened_at__lt=before)
    for model, name in ((Transition, "transitions"), (Decision, "decisions")):
        first = [pk for pk in old.annotate(first=Min(f"{name}__pk")).values_list("first", flat=True) if pk]
        removed += _delete(model.objects.filter(incident__in=old, at__lt=before).exclude(pk__in=first), ends)
    return removed


def _settled_messages(before: datetime) -> QuerySet[Message]:
    """What was owed before then and nobody waits for; the members of a digest that is still owed stay with it."""
    travelled = Q(state=Message.State.FOLDED) & (Q(folded_into=None) | Q(folded_into__state__in=SETTLED))
    return Message.objects.filter(Q(state__in=SETTLED) | travelled, created_at__lt=before)


def _last_of(threads: Collection[str]) -> list[int]:
    """The last message of these incidents on each channel: what is told next continues it."""
    sent = Message.objects.filter(incident_key__in=threads, state=Message.State.SENT).exclude(ref={})
    return [last for *_, last in sent.values_list("incident_key", "channel").annotate(last=Max("pk"))]


def _delete(rows: QuerySet[Any], ends: float) -> int:
    """Batch by batch, each in a transaction of its own."""
    removed = 0
    while time.monotonic() < ends and (batch := list(rows.values_list("pk", flat=True)[:BATCH])):
        removed += rows.model._default_manager.filter(pk__in=batch).delete()[0]
    return removed
