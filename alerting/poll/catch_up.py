"""Windows nobody judged, read afterwards: one request over the whole gap, then only the suspects in detail.

A project whose total over the gap is not over the threshold cannot have had a window that was. For the others the gap
is halved again and again (the halves overlap by a window, so that no window is cut) and quiet halves are dropped. What
is left, and what is so busy that halving would drop nothing, is read window by window in one-minute steps. Every
request serves all suspects of that stretch at once.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerting.poll.model import Answer, Measure, Priority, Question, Source
from alerting.rules.model import Project, Rule, Trust, Window

SLICE = timedelta(minutes=1)
# One turn of a search, well within a task's time limit; the next turn goes on from there.
TURN_REQUESTS = 100
TURN_SECONDS = 45.0
# A project that had this share of the threshold in the average window is likely to be over it in every half.
BUSY = 0.7


@dataclass(frozen=True, slots=True)
class Missed:
    """The worst window of one project in the gap, and the stretch in which its windows were over the threshold."""

    project: Project
    worst: Window
    value: int
    stretch: Window


@dataclass(slots=True)
class Search:
    """The result: what was found, what it cost, and the failed answer that ended it early (None when none did).

    `judged_until` is how far every window has been judged; it lies before the gap's end where the turn was over.
    """

    judged_until: datetime
    found: dict[str, Missed] = field(default_factory=dict)
    requests: int = 0
    broke_off: Answer | None = None


def search(
    source: Source,
    rule: Rule,
    gap: Window,
    skip: frozenset[str] = frozenset(),
    clock: Callable[[], float] = time.monotonic,
) -> Search:
    """Judge every window of `rule` that lies within `gap`, for all projects but those with an id in `skip`."""
    searcher = _Searcher(source, rule, skip, clock, clock() + TURN_SECONDS, Search(gap.start))
    searcher.look(gap, ())
    return searcher.result


@dataclass(slots=True)
class _Searcher:
    source: Source
    rule: Rule
    skip: frozenset[str]
    clock: Callable[[], float]
    ends: float
    result: Search
    over: bool = False

    def look(self, stretch: Window, suspects: tuple[str, ...]) -> None:
        """Judge the windows of a stretch; stretches come in the order of time."""
        hot = self._read(stretch, suspects)
        if self.over:
            return
        ids = tuple(sorted(project.id for project in hot))
        if not hot:
            self._judged(stretch.end)
        elif stretch.end - stretch.start <= self._length:
            self._note(hot, stretch)
            self._judged(stretch.end)
        elif stretch.end - stretch.start <= 2 * self._length or self._is_busy(stretch, max(hot.values())):
            self._step_through(stretch, ids)
        else:
            cut = (stretch.start + (stretch.end - stretch.start) / 2).replace(microsecond=0)
            half = timedelta(seconds=round(self._length.total_seconds() / 2))
            self.look(Window(stretch.start, cut + half), ids)
            if not self.over:
                self.look(Window(cut - half, stretch.end), ids)

    @property
    def _length(self) -> timedelta:
        return timedelta(seconds=self.rule.window_seconds)

    def _is_busy(self, stretch: Window, count: int) -> bool:
        return count * (self._length / (stretch.end - stretch.start)) > BUSY * self.rule.threshold

    def _step_through(self, stretch: Window, ids: tuple[str, ...]) -> None:
        start, last = stretch.start, stretch.end - self._length
        while True:
            window = Window(min(start, last), min(start, last) + self._length)
            hot = self._read(window, ids)
            if self.over:
                return
            self._note(hot, window)
            self._judged(window.end)
            if start >= last:
                return
            start += SLICE

    def _read(self, window: Window, ids: tuple[str, ...]) -> dict[Project, int]:
        """Projects over the threshold with their counts; sets `over` where there is no answer, or the turn is over."""
        result = self.result
        if result.requests and (result.requests >= TURN_REQUESTS or self.clock() >= self.ends):
            self.over = True
            return {}
        answer = self.source.ask(Question(Measure.ERRORS, window, Priority.LOW, project_ids=ids))
        result.requests += answer.requests
        if answer.trust is not Trust.VALUE:
            result.broke_off, self.over = answer, True
            return {}
        counts = {project: row.errors or 0 for project, row in answer.rows.items() if project.id not in self.skip}
        return {project: count for project, count in counts.items() if count > self.rule.threshold}

    def _judged(self, until: datetime) -> None:
        self.result.judged_until = max(self.result.judged_until, until)

    def _note(self, hot: dict[Project, int], window: Window) -> None:
        for project, count in hot.items():
            before = self.result.found.get(project.id)
            if before is None:
                self.result.found[project.id] = Missed(project, window, count, window)
                continue
            stretch = _union((before.stretch, window))
            worst, value = (window, count) if count > before.value else (before.worst, before.value)
            self.result.found[project.id] = Missed(project, worst, value, stretch)


def _union(windows: Iterable[Window]) -> Window:
    listed = list(windows)
    return Window(min(each.start for each in listed), max(each.end for each in listed))
