"""Values over time against a threshold: as inline SVG, a step line drawn with attributes only, and in words. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 600, 120
MARGIN = 6
MOST_POINTS = 240
# A change by less than this part of the chart's height is none that anybody would see.
VISIBLE = 0.1


@dataclass(frozen=True, slots=True)
class Chart:
    """Coordinates for the template. `description` says in words what the picture shows."""

    line: str
    area: str
    threshold_y: float
    description: str
    first_at: datetime
    last_at: datetime
    width: int = WIDTH
    height: int = HEIGHT


Point = tuple[datetime, float]
# How a value is written, with its unit.
Words = Callable[[float], str]


def draw(points: Sequence[Point], threshold: float, words: Words, until: datetime | None = None) -> Chart | None:
    """The chart of these points, oldest first, the last value held until `until`; None where there are none."""
    if not points:
        return None
    kept = _thinned(points)
    begin, end = kept[0][0], max(kept[-1][0], until or kept[-1][0])
    seconds = max(1.0, (end - begin).total_seconds())
    top = max(threshold, *(value for _, value in kept)) * 1.1 or 1.0

    def x(moment: datetime) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (moment - begin).total_seconds() / seconds, 1)

    def y(value: float) -> float:
        return round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * max(0.0, value) / top, 1)

    steps = [f"M{x(kept[0][0])} {y(kept[0][1])}"]
    steps += [f"H{x(moment)}V{y(value)}" for moment, value in kept[1:]]
    line = "".join([*steps, f"H{x(end)}"])
    area = f"{line}V{y(0)}H{x(begin)}Z"
    said = f"From {begin:%H:%M} to {end:%H:%M} UTC {described([value for _, value in kept], threshold, words)}"
    return Chart(line, area, y(threshold), said, begin, end)


def described(values: Sequence[float], threshold: float, words: Words) -> str:
    """What a glance at the picture tells: it rises from 3 errors to 37 errors; over the threshold of 10 errors …"""
    first, last, highest, lowest = values[0], values[-1], max(values), min(values)
    least = VISIBLE * max(highest, threshold)
    if highest - max(first, last) > least:
        way = f"rises from {words(first)} to {words(highest)} and falls to {words(last)}"
    elif min(first, last) - lowest > least:
        way = f"falls from {words(first)} to {words(lowest)} and rises to {words(last)}"
    elif abs(last - first) <= least:
        way = f"stays about level at {words(last)}"
    else:
        way = f"{'rises' if last > first else 'falls'} from {words(first)} to {words(last)}"
    over = sum(value > threshold for value in values)
    where = "over" if last > threshold else "at or under" if over else "never over"
    when = "all the time" if over == len(values) else "at the end" if over else ""
    return f"it {way}; {where} the threshold of {words(threshold)} {when}".rstrip()


def _thinned(points: Sequence[Point]) -> list[Point]:
    """At most `MOST_POINTS`: of each stretch its highest value, so that no peak is lost."""
    if len(points) <= MOST_POINTS:
        return list(points)
    stretch = -(-len(points) // MOST_POINTS)
    return [
        max(points[start : start + stretch], key=lambda point: point[1]) for start in range(0, len(points), stretch)
    ]
