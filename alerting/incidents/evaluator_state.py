"""What one tick leaves for the next: read once when a tick begins, written with what the tick decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents.blindness import Sight
from alerting.incidents.models import Evaluator
from alerting.poll.plan import Memory
from alerting.poll.rate_review import Review

# Before the very first tick: any slot is newer than that.
LONGEST_INTERVAL = timedelta(seconds=301)
HEARTBEAT_EVERY = timedelta(minutes=1)
OWNED = ("drops", "traffic", "behind", "look_back")


@dataclass(slots=True)
class EvaluatorState:
    """How far we have judged, and what must be known in the next tick; all times in UTC.

    `plan` is what was asked when, `sight` what could be read, `rates` what ratios have still to be read afterwards,
    `incomplete` the ids of messages that went out without the errors behind them, `watching` the filter of environments
    and since when it has been in force, `gap_ended_at` when what was missed between good readings last ended. `drops`
    (of quota), `traffic` (usual transactions), `behind` (Sentry's ingestion) and `look_back` (the past) are in the form
    of the one module that each belongs to, as JSON.
    """

    started_at: datetime
    judged_until: datetime
    good_until: datetime
    plan: Memory = field(default_factory=Memory)
    sight: Sight = field(default_factory=Sight)
    rates: Sequence[Review] = ()
    drops: Mapping[str, Any] = field(default_factory=dict)
    traffic: Mapping[str, Any] = field(default_factory=dict)
    behind: Mapping[str, Any] = field(default_factory=dict)
    look_back: Mapping[str, Any] = field(default_factory=dict)
    incomplete: Sequence[int] = ()
    watching: tuple[str, datetime] | None = None
    heartbeat_at: datetime | None = None
    gap_ended_at: datetime | None = None

    def heartbeat_is_due(self, now: datetime) -> bool:
        """Whether the dead man's switch was touched longer ago than a minute."""
        return self.heartbeat_at is None or not timedelta() <= now - self.heartbeat_at < HEARTBEAT_EVERY

    def save(self) -> None:
        """Write everything but the fence, within the caller's transaction."""
        Evaluator.objects.filter(pk=1).update(memory=self._to_json(), good_until=self.good_until)

    def _to_json(self) -> dict[str, Any]:
        memory: dict[str, Any] = {
            "plan": self.plan.to_json(),
            "sight": self.sight.to_json(),
            "rates": [each.to_json() for each in self.rates],
            "incomplete": list(self.incomplete),
            **{name: getattr(self, name) for name in OWNED},
        }
        if self.watching is not None:
            memory["watching"] = {"environment": self.watching[0], "since": self.watching[1].isoformat()}
        if self.heartbeat_at is not None:
            memory["heartbeat"] = self.heartbeat_at.isoformat()
        if self.gap_ended_at is not None:
            memory["gap_ended"] = self.gap_ended_at.isoformat()
        return memory


def load(now: datetime) -> EvaluatorState:
    """The single row, made on the very first start."""
    row, _ = Evaluator.objects.get_or_create(
        pk=1, defaults={"started_at": now, "judged_until": now - LONGEST_INTERVAL, "good_until": now}
    )
    return _state(row, now)


def read(now: datetime) -> EvaluatorState | None:
    """The state as it stands, for those who only look; None before the very first tick."""
    row = Evaluator.objects.filter(pk=1).first()
    return None if row is None else _state(row, now)


def _state(row: Evaluator, now: datetime) -> EvaluatorState:
    memory, watching, heartbeat = row.memory, row.memory.get("watching"), row.memory.get("heartbeat")
    gap_ended = memory.get("gap_ended")
    return EvaluatorState(
        started_at=row.started_at,
        judged_until=row.judged_until,
        good_until=row.good_until,
        # A future that did not happen because the clock was set back would be waited for.
        plan=Memory.from_json(memory.get("plan", {})).until(now),
        sight=Sight.from_json(memory.get("sight", {})),
        rates=[Review.from_json(each) for each in memory.get("rates", [])],
        incomplete=memory.get("incomplete", []),
        **{name: memory.get(name, {}) for name in OWNED},
        watching=(watching["environment"], datetime.fromisoformat(watching["since"])) if watching else None,
        heartbeat_at=datetime.fromisoformat(heartbeat) if heartbeat else None,
        gap_ended_at=datetime.fromisoformat(gap_ended) if gap_ended else None,
    )
