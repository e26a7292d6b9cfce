"""What stands behind a notice as every channel shows it: the most frequent errors, the last hour, its course. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerting.notifiers.escape import one_line, safe_link
from alerting.notifiers.evidence import moment
from alerting.outbox.message import Kind, Notice, Trend
from alerting.rules.direction import Direction, direction
from alerting.rules.units import span

TEXT_LIMIT = 160
MOST_ERRORS = 3
MOST_BARS = 30
BLOCKS = "▁▂▃▄▅▆▇█"
FULL_HEIGHT = 48
# A trend that ended longer ago than this tells nothing of now: an escalation has the one of the notice before.
FRESH = timedelta(minutes=5)
_DIRECTIONS = {
    Direction.RISING: "It is rising.",
    Direction.FALLING: "It is falling.",
    Direction.STEADY: "Steady for the last 15 min.",
}


@dataclass(frozen=True, slots=True)
class Culprit:
    """One error in words; `title` and `place` come from events. `details` say how old and how new it is."""

    count: str
    title: str
    place: str
    details: str
    link: str

    @property
    def rest(self) -> str:
        """Everything but count and title, in one line."""
        return " · ".join(part for part in (self.place, self.details) if part)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in pixels: what is up to the threshold, and what is over it."""

    under: int
    over: int


@dataclass(frozen=True, slots=True)
class Bars:
    """The last hour. `caption` says in words what the picture shows."""

    sparkline: str
    caption: str
    bars: tuple[Bar, ...]
    under_height: int
    over_height: int


def culprits(notice: Notice) -> tuple[Culprit, ...]:
    """The errors behind a notice, most frequent first."""
    return tuple(
        Culprit(
            count=f"{error.count} ×",
            title=one_line(error.title, TEXT_LIMIT) or "an error without a title",
            place=one_line(error.culprit, TEXT_LIMIT),
            details=" · ".join(_details(error.first_seen, notice.at, one_line(error.release, 60))),
            link=safe_link(error.link),
        )
        for error in notice.top_errors[:MOST_ERRORS]
    )


def share(notice: Notice) -> str:
    """How much of the whole these errors make; empty where there are none."""
    top = notice.top_errors[:MOST_ERRORS]
    if not top:
        return ""
    together = sum(error.count for error in top)
    # Late events may have come between the two answers.
    whole = max(notice.errors, together)
    if together == whole:
        return f"{'One error type' if len(top) == 1 else f'{len(top)} error types'} behind it, no others"
    name = "The most frequent error type is" if len(top) == 1 else f"The {len(top)} most frequent error types are"
    return f"{name} {_part(together, whole)} of all"


def going(notice: Notice) -> Direction | None:
    """Where the value is going now; None where that is not known, or it comes and goes.

    Nor is a first notice steady: what it tells has just climbed over its threshold.
    """
    trend = None if notice.kind is Kind.FLAPPING else notice.trend
    found = direction(trend.values, trend.limit) if trend and _is_fresh(trend, notice.at) else None
    return None if found is Direction.STEADY and notice.kind is Kind.FIRST else found


def going_sentence(notice: Notice) -> str:
    """The same as a sentence; empty where it is not known."""
    found = going(notice)
    return _DIRECTIONS[found] if found else ""


def bars(trend: Trend | None, at: str = "") -> Bars | None:
    """The last hour against the threshold; None where it is not known. `at` is when it is told, empty for now."""
    if trend is None or not trend.values:
        return None
    values, limit = [_bounded(value) for value in trend.values[-MOST_BARS:]], _bounded(trend.limit)
    top = max(*values, limit, 1e-9)
    over = sum(value > limit for value in values)
    line = round(FULL_HEIGHT * limit / top)
    until = moment(trend.until)
    hour = f"The hour before {until:%H:%M} UTC" if until and not _is_fresh(trend, at) else "Last hour"
    return Bars(
        "".join(BLOCKS[min(7, round(7 * value / top))] for value in values),
        f"{hour}: {_lasting(over, len(values))}",
        tuple(_bar(value, limit, top, line) for value in values),
        line,
        FULL_HEIGHT - line,
    )


def _bounded(value: float) -> float:
    """Nothing that is counted or measured here is larger, and nobody could read it."""
    return min(max(0.0, value), 1e12)


def _bar(value: float, limit: float, top: float, line: int) -> Bar:
    height = round(FULL_HEIGHT * value / top)
    if value > limit:
        return Bar(line, max(2, height - line))
    return Bar(min(line, max(1, height)), 0)


def _lasting(over: int, count: int) -> str:
    if over in {0, count}:
        return "over the threshold all the time" if over else "never over the threshold"
    # A single bar may be seconds old.
    return f"over the threshold for {'up to' if over == 1 else 'about'} {span(3600 / count * over)}"


def _is_fresh(trend: Trend, at: str) -> bool:
    until, told = moment(trend.until), moment(at)
    return until is None or told is None or told - until <= FRESH


def _part(together: int, whole: int) -> str:
    return f"{min(99, round(100 * together / whole))}%" if together * 200 >= whole else "less than 1%"


def _details(first_seen: str, at: str, release: str) -> Sequence[str]:
    then, now = moment(first_seen), moment(at)
    found = []
    if then and now:
        age = (now - then).total_seconds()
        found.append(f"first seen {span(age)} earlier" if age >= 1 else "first seen just now")
    if release:
        found.append(f"since release {release}")
    return found
