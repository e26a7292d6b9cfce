"""What one tick leaves for the next: read once when a tick begins, written with what the tick decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from alerting.incidents.models import Evaluator
from alerting.poll.as_json import AsJson
from alerting.poll.past import Past
from alerting.poll.plan import Memory
from alerting.poll.rate_review import Review
from alerting.rules.answers import Measure

# Before the very first tick: any slot is newer than that.
LONGEST_INTERVAL = timedelta(seconds=301)
HEARTBEAT_EVERY = timedelta(minutes=1)
# What has a column of its own.
Column = Annotated[datetime, Field(exclude=True)]


@dataclass(frozen=True, slots=True)
class Watching:
    """A filter of environments, and since when it has been in force."""

    environment: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Sight(AsJson):
    """When each measure was last read in full, and what failed since. Kept between ticks as JSON."""

    good: Mapping[str, datetime] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def reads(self, measure: Measure, now: datetime) -> bool:
        """Whether this tick has read it in full."""
        return self.good.get(measure.value) == now


@dataclass(slots=True)
class EvaluatorState(AsJson):
    """How far we have judged, and what must be known in the next tick; all times in UTC.

    `plan` is what was asked when, `sight` what could be read, `rates` what ratios have still to be read afterwards,
    `incomplete` the ids of messages that went out without the errors behind them, `watching` the filter of environments
    in force, `look_back` the past that is looked at again, `gap_ended_at` when what was missed between good readings
    last ended. `drops` (of quota), `traffic` (usual transactions) and `behind` (Sentry's ingestion) are in the form of
    the one module that each belongs to, as JSON.
    """

    started_at: Column
    judged_until: Column
    good_until: Column
    plan: Memory = field(default_factory=Memory)
    sight: Sight = field(default_factory=Sight)
    rates: Sequence[Review] = ()
    drops: Mapping[str, Any] = field(default_factory=dict)
    traffic: Mapping[str, Any] = field(default_factory=dict)
    behind: Mapping[str, Any] = field(default_factory=dict)
    look_back: Past = field(default_factory=Past)
    incomplete: Sequence[int] = ()
    watching: Watching | None = None
    heartbeat_at: Annotated[datetime | None, Field(alias="heartbeat")] = None
    gap_ended_at: Annotated[datetime | None, Field(alias="gap_ended")] = None

    def heartbeat_is_due(self, now: datetime) -> bool:
        """Whether the dead man's switch was touched longer ago than a minute."""
        return self.heartbeat_at is None or not timedelta() <= now - self.heartbeat_at < HEARTBEAT_EVERY

    def save(self) -> None:
        """Write everything but the fence, within the caller's transaction."""
        Evaluator.objects.filter(pk=1).update(memory=self.to_json(), good_until=self.good_until)


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
    columns = {name: getattr(row, name) for name in ("started_at", "judged_until", "good_until")}
    state = EvaluatorState.from_json({**row.memory, **columns})
    # A future that did not happen because the clock was set back would be waited for.
    return replace(state, plan=state.plan.until(now))
