"""What stands behind a batch of notices, asked together and in time. A failure costs the answer and nothing else."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerting.errors import SourceError
from alerting.outbox.message import Notice, TopError, Trend
from alerting.poll import trend
from alerting.poll.background import Background, Points
from alerting.poll.client import Errand
from alerting.rules.kind import Axis
from alerting.rules.model import Rule, Window

logger = logging.getLogger(__name__)

MOST_WINDOWS = 2


@dataclass
class Gathered:
    """The answers; `is_complete` says that nothing is missing that asking again might bring."""

    requests: int = 0
    is_complete: bool = True
    errors: dict[Window, Mapping[str, tuple[TopError, ...]]] = field(default_factory=dict)
    series: dict[tuple[Axis, int], tuple[Window, Mapping[str, Points]]] = field(default_factory=dict)

    def add_to(self, notice: Notice, rules: Mapping[str, Rule]) -> Notice:
        """The notice with what was found about it."""
        window, rule = _window(notice), rules.get(notice.rule)
        if rule is None:
            return notice
        top = self.errors.get(window, {}).get(notice.project_id, ()) if window and rule.kind.counts_errors else ()
        return replace(notice, top_errors=top, trend=self._trend(notice, rule))

    def _trend(self, notice: Notice, rule: Rule) -> Trend | None:
        axes = rule.kind.axes
        answers = {
            axis: self.series[axis, rule.window_seconds] for axis in axes if (axis, rule.window_seconds) in self.series
        }
        if not axes or len(answers) < len(axes):
            return None
        asked = answers[axes[0]][0]
        points = {axis: found.get(notice.project, ()) for axis, (_, found) in answers.items()}
        return trend.trend(rule, points, asked, trend.interval(axes[0], rule.window_seconds))


def gather(
    asker: Background, rules: Mapping[str, Rule], notices: Iterable[Notice], seconds: float, room: int, now: datetime
) -> Gathered:
    """Ask all that these notices need within so many seconds and requests, the errors behind them first."""
    found, errand = Gathered(), asker.errand(seconds)
    windows, axes = _needed(notices, rules)
    for window, ids in windows[:MOST_WINDOWS]:
        if _has_room(found, errand, room):
            try:
                found.errors[window] = asker.top_errors(window, ids, errand)
            except SourceError as error:
                _miss(found, error)
    for (axis, length), ids in axes:
        if _has_room(found, errand, room):
            step = trend.interval(axis, length)
            asked = trend.span(step, length, now)
            try:
                found.series[axis, length] = asked, asker.series(axis, asked, step, ids, errand)
            except SourceError as error:
                _miss(found, error)
    found.requests = errand.requests
    return found


def _needed(
    notices: Iterable[Notice], rules: Mapping[str, Rule]
) -> tuple[Sequence[tuple[Window, list[str]]], Sequence[tuple[tuple[Axis, int], list[str]]]]:
    """Which windows' errors and which series, each with the ids of its projects."""
    windows: dict[Window, dict[str, None]] = defaultdict(dict)
    axes: dict[tuple[Axis, int], dict[str, None]] = defaultdict(dict)
    for notice in notices:
        rule, window = rules.get(notice.rule), _window(notice)
        if rule is None or not notice.project_id:
            continue
        if window is not None and rule.kind.counts_errors:
            windows[window][notice.project_id] = None
        for axis in rule.kind.axes:
            axes[axis, rule.window_seconds][notice.project_id] = None
    return [(key, list(ids)) for key, ids in windows.items()], [(key, list(ids)) for key, ids in axes.items()]


def _window(notice: Notice) -> Window | None:
    if not (notice.window_start and notice.window_end):
        return None
    return Window(datetime.fromisoformat(notice.window_start), datetime.fromisoformat(notice.window_end))


def _has_room(found: Gathered, errand: Errand, room: int) -> bool:
    if errand.requests < room:
        return True
    found.is_complete = False
    return False


def _miss(found: Gathered, error: SourceError) -> None:
    found.is_complete = False
    logger.info("a notice goes without what is behind it: %s", error)
