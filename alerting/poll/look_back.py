"""Looking again at what was judged: events that became readable later are found, placed in time, and judged.

One question over the whole past tells whether anything came at all. Only where that could have carried a window over
the threshold is it looked for, by halving; what windows around it hold is then read as finely as the rule needs.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from alerting.poll import blocks as past
from alerting.poll.blocks import Block, Count, Cut
from alerting.poll.ingestion import late_projects
from alerting.poll.past import LOOK_EVERY, Arrived, Breach, Past, Scope, Span
from alerting.rules.answers import Answer, Measure, Priority, Question, Row, Source
from alerting.rules.model import Project, Trust, Window

ARRIVALS_KEPT = timedelta(minutes=15)
# Older blocks go together, as long as one still fits into a window.
FINE_FOR = timedelta(hours=1)

logger = logging.getLogger(__name__)


class Turn:
    """Some of the work, within so many requests. What is left is done in the next turn.

    `grown` are the blocks into which more errors have come.
    """

    def __init__(self, source: Source, memory: Past, scope: Scope, limit: int) -> None:
        self.memory = memory
        self.requests = 0
        self.failed: Answer | None = None
        self.grown: list[Window] = []
        self._source = source
        self.scope = scope
        self._limit = limit

    def run(self) -> list[Breach]:
        """Read, place and split as far as the limit allows; what is decided by then is returned, each with evidence."""
        self._forget()
        # First what the last turn could not date any more: in a spell of late events work never runs out.
        breaches = self._judge(frozenset())
        while self._may_ask() and self._step():
            pass
        breaches += self._judge(frozenset(each.project.id for each in breaches))
        if not self.memory.spans:
            self.memory.blocks = past.merged(self.memory.blocks, self.scope.now - FINE_FOR, self.scope.length)
        return breaches

    def _may_ask(self) -> bool:
        return self.failed is None and self.requests < self._limit

    def _step(self) -> bool:
        """The most urgent piece of work; false where nothing is left to do."""
        memory, scope = self.memory, self.scope
        last = memory.blocks[-1].end if memory.blocks else scope.origin
        if scope.edge > last:
            return self._read_new(Window(last, scope.edge))
        if memory.spans:
            return self._place(memory.spans.pop())
        if memory.blocks and (memory.looked_at is None or scope.now - memory.looked_at >= LOOK_EVERY):
            return self._look()
        if cuts := [cut for project in self._changed() for cut in self._judged(project).cuts]:
            return self._split(max(cuts, key=lambda each: each.most))
        return False

    def _read_new(self, window: Window) -> bool:
        """What was judged when fresh is judged once more: windows that were read lay some seconds apart."""
        counts = self._read(window)
        if counts is None:
            return False
        block = Block(window.start, window.end)
        block.replace(counts, self.scope.now)
        self.memory.blocks.append(block)
        self.memory.fresh.update(_errors(counts))
        return True

    def _look(self) -> bool:
        memory = self.memory
        whole = Window(memory.blocks[0].start, memory.blocks[-1].end)
        counts = self._read(whole)
        if counts is None:
            return False
        change = _errors(counts)
        change.subtract(_sum(memory.blocks))
        change.subtract(memory.offset)
        memory.offset.update({project: count for project, count in change.items() if count})
        # Only what is positive.
        late = +change
        memory.grown.update(late)
        memory.looked_at = self.scope.now
        memory.arrivals.append(Arrived(self.scope.now, late, memory.fresh))
        memory.fresh, memory.usual = Counter(), past.usual_shares(memory.blocks)
        late_now = late_projects(memory.arrivals, self.scope.now)
        memory.late_since = {each: memory.late_since.get(each, self.scope.now) for each in late_now}
        memory.suspects = [project for project in sorted(memory.grown) if self._is_suspect(project)]
        if memory.suspects:
            memory.spans = [Span(whole.start, whole.end, {key: n for key, n in memory.offset.items() if n})]
        return True

    def _is_suspect(self, project: str) -> bool:
        """Whether what has arrived could have carried a window of this project over the threshold."""
        memory, scope = self.memory, self.scope
        if any(each.end is None for each in scope.told.get(project, ())):
            return False
        most = past.most_in_a_window(memory.blocks, project, scope.length) + memory.grown[project]
        return most > scope.rule.threshold

    def _place(self, span: Span) -> bool:
        """Halve the stretch in which something arrived, until it is one block."""
        memory = self.memory
        inside = [block for block in memory.blocks if span.start <= block.start and block.end <= span.end]
        if not inside:
            return True
        left, right = inside[: len(inside) // 2], inside[len(inside) // 2 :]
        counts = self._read(Window(inside[0].start, (left or inside)[-1].end))
        if counts is None:
            memory.spans.append(span)
            return False
        if not left:
            self._settle(inside[0], counts)
            return True
        before, after = _errors(counts), Counter(span.growth)
        before.subtract(_sum(left))
        after.subtract(before)
        for part, growth in ((left, before), (right, after)):
            if any(growth[project] > 0 for project in memory.suspects):
                changed = {project: count for project, count in growth.items() if count}
                memory.spans.append(Span(part[0].start, part[-1].end, changed))
        self._tidy()
        return True

    def _settle(self, block: Block, counts: Mapping[str, Count]) -> None:
        """It was this block in which something arrived."""
        memory = self.memory
        change = _errors(counts)
        change.subtract(_errors(block.counts))
        memory.offset.subtract(change)
        memory.grown.subtract(+change)
        if +change:
            self.grown.append(Window(block.start, block.end))
        block.replace(counts, self.scope.now)
        self._tidy()

    def _tidy(self) -> None:
        """Forget growth that is placed; of the suspects nothing is left once everything is."""
        memory = self.memory
        done = () if memory.spans else memory.suspects
        memory.grown = Counter({key: count for key, count in memory.grown.items() if count > 0 and key not in done})
        memory.offset = Counter({key: count for key, count in memory.offset.items() if count})
        if not memory.spans:
            memory.suspects = []

    def _split(self, cut: Cut) -> bool:
        counts = self._read(Window(cut.block.start, cut.at))
        if counts is None:
            return False
        place = self.memory.blocks.index(cut.block)
        self.memory.blocks[place : place + 1] = cut.block.split(cut.at, counts, self.scope.now)
        return True

    def _judge(self, told: frozenset[str]) -> list[Breach]:
        """What is news among the breaches that are decided; what cannot be dated within the limit waits for a turn.

        Projects in `told` (ids) were described in this turn.
        """
        breaches: list[Breach] = []
        for project in self._changed():
            if project in told:
                continue
            judged, is_done = self._judged(project), True
            known = self.scope.told.get(project, ())
            for stretch in judged.breaches:
                if any(each.runs_on_from(stretch, self.scope.length) for each in known):
                    continue
                dated = self._dated(project, stretch)
                is_done = is_done and dated is not None
                breaches += [self._describe(project, dated)] if dated else []
            if is_done and not judged.cuts:
                for block in self.memory.blocks:
                    block.unjudged.pop(project, None)
        return breaches

    def _dated(self, project: str, stretch: Window) -> Window | None:
        """With its first error. What a split has left over is known to lie in the rest of its block only: read it."""
        start = stretch.start.timestamp()
        block = next(
            each for each in self.memory.blocks if project in each.counts and each.counts[project].first >= start
        )
        if block.counts[project].first > block.start.timestamp():
            return stretch
        known = block.errors(project)
        counts = self._read(Window(block.start, block.end)) if self._may_ask() else None
        if counts is None:
            return None
        block.replace(counts, self.scope.now)
        if project not in counts or (block.errors(project) != known and block.length > self.scope.length):
            # What has come since may lie far from the stretch: it is judged again.
            return None
        first, last = (datetime.fromtimestamp(int(each), UTC) for each in counts[project][1:])
        return Window(first, max(stretch.end, last + timedelta(seconds=1)))

    def _describe(self, project: str, stretch: Window) -> Breach:
        blocks, length = self.memory.blocks, self.scope.length
        start, end = stretch.start.timestamp(), stretch.end.timestamp()
        counted = [each.counts[project] for each in blocks if project in each.counts]
        inside = [each for each in counted if start <= each.first and each.last < end]
        worst, value = inside[0], 0
        for place, each in enumerate(inside):
            errors = sum(other.errors for other in inside[place:] if other.last - each.first < length.total_seconds())
            if errors > value:
                worst, value = each, errors
        window_start = datetime.fromtimestamp(int(worst.first), UTC)
        still = (self.scope.now - timedelta(seconds=self.scope.settle_seconds) - length).timestamp()
        lasting = sum(each.errors for each in inside if each.last >= still)
        return Breach(
            Project(project, self.memory.names.get(project, project)),
            stretch,
            Window(window_start, window_start + length),
            value,
            first_error_at=datetime.fromtimestamp(inside[0].first, UTC),
            goes_on=lasting > self.scope.rule.threshold,
            continues=any(each.is_continued_by(stretch, length) for each in self.scope.told.get(project, ())),
        )

    def _judged(self, project: str) -> past.Judged:
        scope = self.scope
        told = scope.told.get(project, ())
        return past.judge(self.memory.blocks, project, scope.length, scope.rule.threshold, told)

    def _changed(self) -> list[str]:
        return sorted({project for block in self.memory.blocks for project in block.unjudged})

    def _read(self, window: Window) -> dict[str, Count] | None:
        answer = self._source.ask(Question(Measure.ERRORS, window, Priority.LOW, settled=True))
        self.requests += answer.requests
        if answer.trust is not Trust.VALUE:
            self.failed = answer
            return None
        self.memory.names |= {project.id: project.slug for project in answer.rows}
        return {project.id: _count(row, window) for project, row in answer.rows.items() if row.errors}

    def _forget(self) -> None:
        memory, scope = self.memory, self.scope
        for project, left in memory.give_up(scope).items():
            logger.warning(
                "Late errors of %s between %s and %s UTC are not judged: no requests were left for it",
                memory.names.get(project, project),
                f"{left.start:%Y-%m-%d %H:%M:%S}",
                f"{left.end:%H:%M:%S}",
            )
        memory.blocks = [block for block in memory.blocks if block.end > scope.origin and block.end <= scope.edge]
        memory.arrivals = [each for each in memory.arrivals if scope.now - ARRIVALS_KEPT < each.at <= scope.now]
        memory.spans = [each for each in memory.spans if each.end > scope.origin]
        if memory.looked_at is not None and memory.looked_at > scope.now:
            memory.looked_at = None


def _count(row: Row, window: Window) -> Count:
    """With the first and the last error as the server tells them, else anywhere in the window."""
    start, end = window.start.timestamp(), window.end.timestamp()
    first = row.first_error_at.timestamp() if row.first_error_at else start
    last = row.last_error_at.timestamp() if row.last_error_at else end - 0.001
    return Count(row.errors or 0, min(max(first, start), end), min(max(last, start), end))


def _errors(counts: Mapping[str, Count]) -> Counter[str]:
    return Counter({project: count.errors for project, count in counts.items()})


def _sum(blocks: Sequence[Block]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for block in blocks:
        totals.update(_errors(block.counts))
    return totals
