"""From series per interval to the last hour of a rule's value, each step comparable to its threshold. Pure."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from alerting.outbox.message import Trend
from alerting.poll.background import Points
from alerting.rules.kind import Axis
from alerting.rules.model import Rule, Window
from alerting.rules.units import stamp

HOUR = 3600
STEPS = 20
# A percentile cannot be added up over minutes, so it is asked for in longer ones.
P95_INTERVAL, LONG_INTERVAL, SHORT_INTERVAL = 300, 300, 60


def interval(axis: Axis, window_seconds: int) -> int:
    """Seconds between the points to ask for: whole minutes, of which a window holds a whole number."""
    if axis is Axis.P95_MS:
        return P95_INTERVAL
    return SHORT_INTERVAL if window_seconds <= HOUR else LONG_INTERVAL


def span(seconds: int, window_seconds: int, now: datetime) -> Window:
    """What to ask for: the last hour and the window before it, the minute that has only begun included."""
    end = datetime.fromtimestamp(math.ceil(now.timestamp() / seconds) * seconds, UTC)
    buckets = math.ceil((HOUR + window_seconds) / seconds)
    return Window(end - timedelta(seconds=buckets * seconds), end)


def trend(rule: Rule, found: Mapping[Axis, Points], asked: Window, seconds: int) -> Trend | None:
    """The trend of one project; None where it had nothing at all."""
    if not any(found.values()):
        return None
    last_hour = values(rule, found, asked, seconds)[-HOUR // seconds :]
    return Trend(tuple(_highest(last_hour)), rule.threshold, stamp(asked.end))


def values(rule: Rule, found: Mapping[Axis, Points], asked: Window, seconds: int) -> list[float]:
    """For each interval the rule's value over the window that ends with it; the first ones lack what came before."""
    buckets = round(asked.seconds / seconds)
    held = 1 if Axis.P95_MS in found else math.ceil(rule.window_seconds / seconds)
    series = {axis: _rolled(points, asked, seconds, buckets, held) for axis, points in found.items()}
    if rule.kind.is_ratio:
        errors, transactions = series[Axis.ERRORS], series[Axis.TRANSACTIONS]
        return [few / many if many else 0.0 for few, many in zip(errors, transactions, strict=True)]
    return next(iter(series.values()))


def _rolled(points: Points, asked: Window, seconds: int, buckets: int, held: int) -> list[float]:
    """For each interval the sum of the window that ends with it."""
    single = [0.0] * buckets
    for at, value in points:
        place = int((at - asked.start.timestamp()) // seconds)
        if 0 <= place < buckets:
            single[place] += value
    total, sums = 0.0, []
    for place, value in enumerate(single):
        total += value - (single[place - held] if place >= held else 0.0)
        sums.append(max(0.0, total))
    return sums


def _highest(values: list[float]) -> list[float]:
    """At most `STEPS` values, of each stretch its highest, so that no peak is lost."""
    stretch = max(1, math.ceil(len(values) / STEPS))
    return [round(max(values[at : at + stretch]), 6) for at in range(0, len(values), stretch)]
