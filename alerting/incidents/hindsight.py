"""Looking back, a turn per tick: what is remembered of the past is loaded, read again, judged, and stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents import blindness, gaps, late
from alerting.incidents.desk import Desk
from alerting.incidents.evaluator_state import EvaluatorState
from alerting.incidents.models import CountedBlock, Gap
from alerting.incidents.record import every_open_incident
from alerting.poll.blocks import Block, Count
from alerting.poll.look_back import Turn
from alerting.poll.past import Breach, Past, Scope
from alerting.rules.answers import Source
from alerting.rules.model import Rule

# What is due later than that was due before the clock was set back.
LONGEST_REST = timedelta(minutes=15)


@dataclass(slots=True)
class Review:
    """One turn that has run: what it found, and what of the database it began with, `lost` gaps included."""

    turn: Turn
    breaches: Sequence[Breach]
    stored: Mapping[datetime, tuple[Any, ...]]
    unjudged: Sequence[Gap]
    lost: Sequence[Gap]
    desk: Desk

    def save(self, now: datetime) -> tuple[int, Past]:
        """Within the caller's transaction: tell what was found; returns the notices owed and what to remember."""
        past, scope, desk = self.turn.memory, self.turn.scope, self.desk
        owed = late.tell(scope.rule, self.breaches, desk, now)
        _store(past.blocks, self.stored)
        gaps.progress(self.unjudged, past.blocks, self.turn.requests, len(self.breaches), now)
        if self.lost:
            lost, open_now = gaps.give_up(self.lost, now), every_open_incident()
            owed += blindness.leave_out(lost, open_now, desk, now)
        return owed, replace(past, watched=desk.watched, due_at=past.next_look(scope))


def look_back(
    source: Source, rule: Rule, state: EvaluatorState, desk: Desk, limit: int, now: datetime
) -> Review | None:
    """Ask Sentry about the past for at most so many requests; None where nothing is due. Nothing is written yet."""
    if not is_due(state.look_back, now):
        return None
    # The past begins at the very first start at the earliest, and holds at least two windows.
    reach, settle = max(desk.catch_up_seconds, 2 * rule.window_seconds), desk.settle_seconds
    origin = max(state.started_at, now - timedelta(seconds=reach)).replace(microsecond=0)
    rows = list(CountedBlock.objects.order_by("start").values_list("start", "end", "counts", "unjudged"))
    if state.look_back.watched == desk.watched:
        past = replace(state.look_back, blocks=[_block(*row) for row in rows])
    else:
        past = Past()
        if state.look_back.watched is not None:
            # Under another filter the past has other numbers, and none of them is news.
            origin = max(origin, now - timedelta(seconds=settle + rule.window_seconds))
    waiting = list(Gap.objects.filter(finished_at__isnull=True).order_by("id"))
    found, lost = [gap for gap in waiting if gap.end > origin], [gap for gap in waiting if gap.end <= origin]
    gaps.mark(past.blocks, found, now)
    told = late.told(rule, desk, origin)
    turn = Turn(source, past, Scope(rule, now, settle, origin, [gap.window for gap in found], told), limit)
    return Review(turn, turn.run(), {start: tuple(rest) for start, *rest in rows}, found, lost, desk)


def is_due(past: Past, now: datetime) -> bool:
    """Whether there is anything to ask; else a tick costs nothing here."""
    return past.due_at is None or not timedelta() < past.due_at - now <= LONGEST_REST


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
