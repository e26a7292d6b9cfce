"""What happens in the projects of the examples, second by second: every number in a notice is counted from it. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from alerting.outbox.message import Notice, TopError, Trend
from alerting.poll import trend
from alerting.poll.background import Points
from alerting.rules.kind import Axis
from alerting.rules.model import Project, Reading, Rule, Trust, Window
from alerting.rules.units import stamp

DAY = datetime(2026, 11, 23, tzinfo=UTC)
ENVIRONMENT = "production"
# Windows end with a tick, and people are told some seconds later.
TICK_SECONDS = 15
SHOWN_ERRORS = 3


def clock(time: str) -> datetime:
    """The moment of the examples' day at "12:07:41", in UTC."""
    hours, minutes, seconds = (int(part) for part in time.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def window(now: datetime, seconds: int) -> Window:
    """The freshest window that a notice of this moment can be about."""
    end = now.timestamp() // TICK_SECONDS * TICK_SECONDS
    return Window.ending(datetime.fromtimestamp(end, UTC), seconds)


@dataclass(frozen=True, slots=True)
class Burst:
    """So many errors of one kind, evenly spread from `begin` (included) to `end`, both times of day."""

    error: TopError
    begin: str
    end: str
    count: int

    @property
    def moments(self) -> Sequence[datetime]:
        begin, end = clock(self.begin), clock(self.end)
        return [begin + (end - begin) * place / self.count for place in range(self.count)]


class Happenings:
    """One project's errors."""

    def __init__(self, project: Project, *bursts: Burst) -> None:
        self.project = project
        self._errors = sorted(((moment, each.error) for each in bursts for moment in each.moments), key=_moment)

    def reading(self, seen: Window) -> Reading:
        """What Sentry answers about this window."""
        errors = self._within(seen)
        return Reading(
            self.project,
            ENVIRONMENT,
            seen,
            Trust.VALUE,
            value=float(len(errors)),
            dataset="errors",
            first_error_at=errors[0][0].replace(microsecond=0) if errors else None,
        )

    def peak(self, since: datetime, until: datetime, rule: Rule) -> float:
        """The highest count of any tick's window between these moments."""
        ticks = range(int(since.timestamp()), int(until.timestamp()) + 1, TICK_SECONDS)
        ends = [window(datetime.fromtimestamp(tick, UTC), rule.window_seconds) for tick in ticks]
        return max(self.reading(each).value or 0.0 for each in ends)

    def complete(self, notice: Notice, rule: Rule) -> Notice:
        """The notice with the errors behind it and the hour before it."""
        seen = Window(datetime.fromisoformat(notice.window_start), datetime.fromisoformat(notice.window_end))
        counts = Counter(error for _, error in self._within(seen))
        top = tuple(replace(error, count=count) for error, count in counts.most_common(SHOWN_ERRORS))
        return replace(notice, top_errors=top, trend=self._trend(datetime.fromisoformat(notice.at), rule))

    def _trend(self, now: datetime, rule: Rule) -> Trend | None:
        step = trend.interval(Axis.ERRORS, rule.window_seconds)
        asked = trend.span(step, rule.window_seconds, now)
        points = [(moment.timestamp(), 1.0) for moment, _ in self._within(Window(asked.start, now))]
        return trend.trend(rule, {Axis.ERRORS: points}, asked, step)

    def _within(self, seen: Window) -> Sequence[tuple[datetime, TopError]]:
        first, last = (bisect_left(self._errors, moment, key=_moment) for moment in (seen.start, seen.end))
        return self._errors[first:last]


def _moment(happened: tuple[datetime, TopError]) -> datetime:
    return happened[0]


def hour(rule: Rule, now: datetime, **series: Sequence[float]) -> Trend | None:
    """The last hour from values per interval that end with the present one; named as the axes are."""
    axes = {Axis(name): values for name, values in series.items()}
    step = trend.interval(next(iter(axes)), rule.window_seconds)
    asked = trend.span(step, rule.window_seconds, now)
    found = {axis: _points(values, asked, step) for axis, values in axes.items()}
    return trend.trend(rule, found, asked, step)


def _points(values: Sequence[float], asked: Window, step: int) -> Points:
    end = asked.end.timestamp()
    return [(end - step * (len(values) - place), value) for place, value in enumerate(values)]


def first_seen(time: str, days: int = 0) -> str:
    """When an error was first seen, so many days before."""
    return stamp(clock(time) - timedelta(days=days))
