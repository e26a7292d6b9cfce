"""Windows nobody judged, read afterwards: one request over the whole gap, then only the suspects in detail.

A project whose total over the gap is not over the threshold cannot have had a window that was. For the others the gap
is halved again and again (the halves overlap by a window, so that no window is cut), quiet halves are dropped, and what
is left is read window by window in one-minute slices. Every request serves all suspects of that stretch at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from alerting.errors import SourceFault
from alerting.poll.model import Answer, Measure, Priority, Question, Source
from alerting.rules.model import Project, Rule, Trust, Window

SLICE = timedelta(minutes=1)
REQUEST_LIMIT = 150


@dataclass(frozen=True, slots=True)
class Missed:
    """The worst window of one project in the gap, and the stretch in which its windows were over the threshold."""

    project: Project
    worst: Window
    value: int
    stretch: Window


@dataclass(slots=True)
class Search:
    """The result: what was found, what it cost, and the failed answer that ended it early (None when complete)."""

    found: dict[str, Missed] = field(default_factory=dict)
    requests: int = 0
    broke_off: Answer | None = None


def search(source: Source, rule: Rule, gap: Window) -> Search:
    """Judge every window of `rule` that lies within `gap`."""
    result = Search()
    _look(source, rule, gap, (), result)
    return result


def _look(source: Source, rule: Rule, stretch: Window, suspects: tuple[str, ...], result: Search) -> None:
    hot = _over(source, rule, stretch, suspects, result)
    if not hot or result.broke_off is not None:
        return
    length = timedelta(seconds=rule.window_seconds)
    ids = tuple(sorted(project.id for project in hot))
    if stretch.end - stretch.start <= length:
        _note(hot, stretch, result)
    elif stretch.end - stretch.start <= 2 * length:
        start = stretch.start
        while start + length <= stretch.end and result.broke_off is None:
            window = Window(start, start + length)
            _note(_over(source, rule, window, ids, result), window, result)
            start += SLICE
    else:
        middle = stretch.start + (stretch.end - stretch.start) / 2
        half = timedelta(seconds=round(length.total_seconds() / 2))
        cut = middle.replace(microsecond=0)
        _look(source, rule, Window(stretch.start, cut + half), ids, result)
        if result.broke_off is None:
            _look(source, rule, Window(cut - half, stretch.end), ids, result)


def _over(source: Source, rule: Rule, window: Window, ids: tuple[str, ...], result: Search) -> dict[Project, int]:
    question = Question(Measure.ERRORS, window, Priority.LOW, project_ids=ids)
    if result.requests >= REQUEST_LIMIT:
        result.broke_off = Answer(question, Trust.SOURCE_ERROR, fault=SourceFault.BUDGET, note="too many suspects")
        return {}
    answer = source.ask(question)
    result.requests += answer.requests
    if answer.trust is not Trust.VALUE:
        result.broke_off = answer
        return {}
    counts = {project: row.errors or 0 for project, row in answer.rows.items()}
    return {project: count for project, count in counts.items() if count > rule.threshold}


def _note(hot: dict[Project, int], window: Window, result: Search) -> None:
    for project, count in hot.items():
        before = result.found.get(project.id)
        if before is None:
            result.found[project.id] = Missed(project, window, count, window)
            continue
        stretch = _union((before.stretch, window))
        worst, value = (window, count) if count > before.value else (before.worst, before.value)
        result.found[project.id] = Missed(project, worst, value, stretch)


def _union(windows: Iterable[Window]) -> Window:
    listed = list(windows)
    return Window(min(each.start for each in listed), max(each.end for each in listed))
