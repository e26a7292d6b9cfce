"""Completing notices before they are sent: the errors behind them and the last hour, asked once for a whole batch.

A tick's notices are held back for as long as that may take. What is not answered by then goes without; the next tick
asks once more, and cards that can be edited are completed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from alerting.incidents import ticks
from alerting.incidents.evaluator_state import EvaluatorState
from alerting.incidents.models import Tick
from alerting.notifiers import registry
from alerting.outbox import cards
from alerting.outbox.clean import clean_json
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Message
from alerting.poll.background import Background
from alerting.poll.gather import Gathered, gather
from alerting.poll.plan import most
from alerting.rules.model import Rule

SECONDS = 3.0
SECONDS_AFTERWARDS = 8.0
HELD = timedelta(seconds=SECONDS)
# More than these travel as a digest, which has no room for what stands behind each of them.
MOST_INCIDENTS = 5
COMPLETED = (Kind.FIRST, Kind.REMINDER, Kind.WORSE, Kind.FLAPPING)
ADDED = ("top_errors", "trend")


@dataclass(frozen=True, slots=True)
class Completion:
    """What completing needs: whom to ask, and the rules that the notices are about."""

    asker: Background
    rules: Mapping[str, Rule]

    def hold(self, until: datetime, now: datetime) -> None:
        """Within the tick's transaction: keep its notices back until they are complete, at most until then."""
        fresh = _fresh(now)
        if _is_worth_asking(fresh):
            fresh.update(due_at=until)

    def complete(self, tick: Tick, state: EvaluatorState, owed: int, spent: int, now: datetime) -> int:
        """Complete and release this tick's notices, then what the last one left; returns the requests made."""
        left, room = state.incomplete, most(state.plan) - spent
        fresh = _fresh(now)
        messages = list(fresh) if owed and _is_worth_asking(fresh) else []
        if not (left or messages):
            return 0
        requests, incomplete = 0, []
        if messages:
            try:
                found = self._gather([Notice.from_json(each.payload) for each in messages], SECONDS, room, now)
                for message in messages:
                    payload = {**message.payload, **self._added(found, Notice.from_json(message.payload))}
                    Message.objects.filter(pk=message.pk, state=Message.State.PENDING).update(payload=payload)
            finally:
                Message.objects.filter(pk__in=[each.pk for each in messages]).update(due_at=now)
            requests, incomplete = found.requests, [] if found.is_complete else [each.pk for each in messages]
        elif left:
            requests = self._complete_late(left, room, now)
        with transaction.atomic():
            if ticks.is_newest(tick):
                state.incomplete = incomplete
                state.save()
        return requests

    def _complete_late(self, left: Sequence[int], room: int, now: datetime) -> int:
        """Ask once more for what went without, and bring its cards up to date."""
        notices = {each.incident_key: Notice.from_json(each.payload) for each in Message.objects.filter(pk__in=left)}
        found = self._gather(list(notices.values()), SECONDS_AFTERWARDS, room, now)
        for key, notice in notices.items():
            added = self._added(found, notice)
            if any(added.values()):
                cards.amend(key, registry.with_cards(), added, now)
        return found.requests

    def _gather(self, notices: list[Notice], seconds: float, room: int, now: datetime) -> Gathered:
        return gather(self.asker, self.rules, notices, seconds, room, now)

    def _added(self, found: Gathered, notice: Notice) -> dict[str, Any]:
        whole = clean_json(found.add_to(notice, self.rules).to_json())
        return {name: whole[name] for name in ADDED}


def _fresh(now: datetime) -> QuerySet[Message]:
    """What this tick owes that can be completed; a new issue is its own explanation."""
    mine = Message.objects.filter(state=Message.State.PENDING, created_at=now, kind__in=COMPLETED)
    return mine.filter(payload__issue={}).order_by("rank", "id")


def _is_worth_asking(messages: QuerySet[Message]) -> bool:
    return 0 < messages.order_by().values("incident_key").distinct().count() <= MOST_INCIDENTS
