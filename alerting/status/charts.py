"""Values over time against a threshold as inline SVG: a step line, drawn with attributes only. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 600, 120
MARGIN = 6
MOST_POINTS = 240


@dataclass(frozen=True, slots=True)
class Chart:
    """Coordinates for the template. `description` says in words what the picture shows."""

    line: str
    area: str
    threshold_y: float
    description: str
    first_at: datetime
    last_at: datetime
    highest: float
    width: int = WIDTH
    height: int = HEIGHT


Point = tuple[datetime, float]


def draw(points: Sequence[Point], threshold: float, unit: str, until: datetime | None = None) -> Chart | None:
    """The chart of these points, oldest first, the last value held until `until`; None where there are none."""
    if not points:
        return None
    kept = _thinned(points)
    begin, end = kept[0][0], max(kept[-1][0], until or kept[-1][0])
    seconds = max(1.0, (end - begin).total_seconds())
    highest = max(value for _, value in kept)
    top = max(highest, threshold) * 1.1 or 1.0

    def x(moment: datetime) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (moment - begin).total_seconds() / seconds, 1)

    def y(value: float) -> float:
        return round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * max(0.0, value) / top, 1)

    steps = [f"M{x(kept[0][0])} {y(kept[0][1])}"]
    steps += [f"H{x(moment)}V{y(value)}" for moment, value in kept[1:]]
    line = "".join([*steps, f"H{x(end)}"])
    area = f"{line}V{y(0)}H{x(begin)}Z"
    over = sum(value > threshold for _, value in kept)
    description = (
        f"{len(points)} values from {begin:%H:%M} to {end:%H:%M} UTC: the last {kept[-1][1]:g}, the highest "
        f"{highest:g}{unit}, threshold {threshold:g}{unit}, {over} of {len(kept)} over it"
    )
    return Chart(line, area, y(threshold), description, begin, end, highest)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """At most `MOST_POINTS`: of each stretch its highest value, so that no peak is lost."""
    if len(points) <= MOST_POINTS:
        return list(points)
    stretch = -(-len(points) // MOST_POINTS)
    return [
        max(points[start : start + stretch], key=lambda point: point[1]) for start in range(0, len(points), stretch)
    ]
