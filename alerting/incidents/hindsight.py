"""Looking back, a turn per tick: what is remembered of the past is loaded, read again, judged, and stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents import blindness, gaps, late
from alerting.incidents.models import CountedBlock, Gap
from alerting.incidents.record import Desk, every_open_incident
from alerting.poll import ingestion
from alerting.poll.blocks import Block, Count
from alerting.poll.ingestion import Behind
from alerting.poll.look_back import Turn
from alerting.poll.past import Breach, Past, Scope
from alerting.rules.answers import Answer, Source
from alerting.rules.model import Rule

# What is due later than that was due before the clock was set back.
LONGEST_REST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Range:
    """How far back we look, and from when on windows are settled. `watched` names what is read and where."""

    started_at: datetime
    settle_seconds: int
    catch_up_seconds: int
    watched: str

    def origin(self, rule: Rule, now: datetime) -> datetime:
        """The past begins at the very first start at the earliest, and holds at least two windows."""
        seconds = max(self.catch_up_seconds, 2 * rule.window_seconds)
        return max(self.started_at, now - timedelta(seconds=seconds)).replace(microsecond=0)


@dataclass(slots=True)
class Review:
    """One turn that has run: what it found, and what of the database it began with, `lost` gaps included."""

    turn: Turn
    breaches: Sequence[Breach]
    stored: Mapping[datetime, tuple[Any, ...]]
    unjudged: Sequence[Gap]
    lost: Sequence[Gap]
    reach: Range

    def save(self, desk: Desk, now: datetime) -> tuple[int, dict[str, Any]]:
        """Within the caller's transaction: tell what was found; returns the notices owed and what to remember."""
        past, scope = self.turn.memory, self.turn.scope
        owed = late.tell(scope.rule, self.breaches, desk, now)
        _store(past.blocks, self.stored)
        gaps.progress(self.unjudged, past.blocks, self.turn.requests, len(self.breaches), now)
        if self.lost:
            lost, open_now = gaps.give_up(self.lost, now), every_open_incident()
            owed += blindness.leave_out(lost, open_now, self.reach.catch_up_seconds, desk.channels, now)
        return owed, {"watched": self.reach.watched, "due_at": past.due_at(scope).isoformat(), **past.to_json()}


def look_back(
    source: Source, rule: Rule, reach: Range, memory: Mapping[str, Any], environment: str, limit: int, now: datetime
) -> Review | None:
    """Ask Sentry about the past for at most so many requests; None where nothing is due. Nothing is written yet."""
    if not is_due(memory, now):
        return None
    origin = reach.origin(rule, now)
    same = memory.get("watched") == reach.watched
    rows = list(CountedBlock.objects.order_by("start").values_list("start", "end", "counts", "unjudged"))
    blocks = [_block(*row) for row in rows] if same else []
    past = replace(Past.from_json(memory if same else {}), blocks=blocks)
    if not same and memory:
        # Under another filter the past has other numbers, and none of them is news.
        origin = max(origin, now - timedelta(seconds=reach.settle_seconds + rule.window_seconds))
    waiting = gaps.unjudged()
    found, lost = [gap for gap in waiting if gap.end > origin], [gap for gap in waiting if gap.end <= origin]
    gaps.mark(past.blocks, found, now)
    told = late.told(rule, environment, reach.settle_seconds, origin)
    scope = Scope(rule, now, reach.settle_seconds, origin, [gap.window for gap in found], told)
    turn = Turn(source, past, scope, limit)
    return Review(turn, turn.run(), {start: tuple(rest) for start, *rest in rows}, found, lost, reach)


def is_due(memory: Mapping[str, Any], now: datetime) -> bool:
    """Whether there is anything to ask; else a tick costs nothing here."""
    due_at = memory.get("due_at")
    return due_at is None or not timedelta() < datetime.fromisoformat(due_at) - now <= LONGEST_REST


def behind(memory: Mapping[str, Any], answers: Sequence[Answer], now: datetime) -> Behind:
    """Whether ingestion is behind, by what looking back has found and by this tick's answers."""
    past = Past.from_json(memory)
    late = ingestion.late_projects(past.arrivals, now)
    return ingestion.behind(late, past.late_since, past.usual, answers, now)


def _block(start: datetime, end: datetime, counts: Mapping[str, Any], unjudged: Mapping[str, float]) -> Block:
    return Block(start, end, {project: Count(*count) for project, count in counts.items()}, dict(unjudged))


def _store(blocks: Sequence[Block], stored: Mapping[datetime, tuple[Any, ...]]) -> None:
    """Write what changed, and nothing else."""
    kept = {
        block.start: (block.end, {key: list(n) for key, n in block.counts.items()}, block.unjudged) for block in blocks
    }
    gone = [start for start in stored if start not in kept]
    if gone:
        CountedBlock.objects.filter(start__in=gone).delete()
    changed = [
        CountedBlock(start=start, end=end, counts=counts, unjudged=unjudged)
        for start, (end, counts, unjudged) in kept.items()
        if stored.get(start) != (end, counts, unjudged)
    ]
    CountedBlock.objects.bulk_create(
        changed,
        batch_size=500,
        update_conflicts=True,
        unique_fields=("start",),
        update_fields=("end", "counts", "unjudged"),
    )
