"""An incident's value over time as Sentry has it: asked when its page is opened, within seconds, kept for a minute.

Whoever serves the page says through what to ask (`ask_through`); without that, or without an answer, the page draws
what was judged and says so.
"""

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from alerting import config
from alerting.errors import SourceError
from alerting.incidents.models import Incident
from alerting.poll import trend
from alerting.poll.background import Background
from alerting.rules.kind import Axis
from alerting.rules.model import Rule, Window
from alerting.status import incident_rows
from alerting.status.charts import Point

logger = logging.getLogger(__name__)

SECONDS = 2.5
KEPT_SECONDS = 60.0
MOST_KEPT = 200
BEFORE, AFTER = timedelta(hours=1), timedelta(minutes=30)
LONGEST = timedelta(hours=24)
# Longer than this is asked for in steps of five minutes, where the window is made of such.
FINE = timedelta(hours=6)
COARSE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """The values, oldest first, and in a sentence where they come from; no values where Sentry gave none."""

    points: tuple[Point, ...]
    note: str


NOT_ASKED = Answer((), "")
_asker: Callable[[], Background] | None = None
_kept: OrderedDict[int, tuple[float, Answer]] = OrderedDict()
_asking: set[int] = set()
_lock = threading.Lock()


def ask_through(maker: Callable[[], Background] | None) -> None:
    """Say what makes the asker, which it does once, when it is first needed; None: nobody is asked."""
    global _asker
    _asker = cache(maker) if maker else None
    _kept.clear()


def ask(incident: Incident, now: datetime) -> Answer:
    """Sentry's values for this incident's chart, at most a minute old."""
    rule = incident_rows.rules().get(incident.rule)
    if _asker is None or rule is None or not rule.kind.axes or incident.subject:
        return NOT_ASKED
    # Of other environments than those of then, the numbers would be others.
    if incident.environment != ",".join(config.current().SENTRY_ALERT_ENVIRONMENTS):
        return NOT_ASKED
    with _lock:
        at, answer = _kept.get(incident.pk, (-math.inf, NOT_ASKED))
        if time.monotonic() - at < KEPT_SECONDS or incident.pk in _asking:
            return answer
        _asking.add(incident.pk)
    try:
        answer = _asked(_asker(), incident, rule, now)
    finally:
        with _lock:
            _asking.discard(incident.pk)
            _kept[incident.pk] = (time.monotonic(), answer)
            _kept.move_to_end(incident.pk)
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return answer


def stretch(incident: Incident, rule: Rule, now: datetime) -> tuple[Window, int]:
    """What to ask for, in whole steps of so many seconds: from before it began until after it ended, a day at most."""
    end = min(now, incident.closed_at + AFTER) if incident.closed_at else now
    begin = max(incident.opened_at - BEFORE, end - LONGEST) - timedelta(seconds=rule.window_seconds)
    is_long = end - begin > FINE and rule.window_seconds % COARSE_SECONDS == 0
    step = COARSE_SECONDS if is_long or Axis.P95_MS in rule.kind.axes else trend.SHORT_INTERVAL
    first, last = math.floor(begin.timestamp() / step) * step, math.ceil(end.timestamp() / step) * step
    return Window(datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)), step


def _asked(asker: Background, incident: Incident, rule: Rule, now: datetime) -> Answer:
    window, step = stretch(incident, rule, now)
    errand, found = asker.errand(SECONDS), {}
    try:
        for axis in rule.kind.axes:
            series = asker.series(axis, window, step, [incident.project_id_text], errand)
            # One project was asked for; its name may have changed since.
            found[axis] = next(iter(series.values()), ())
    except SourceError as error:
        logger.info("incident %s is drawn without Sentry: %s", incident.pk, error)
        return Answer((), "Sentry did not answer in time; the chart shows what was judged.")
    if not any(found.values()):
        return Answer((), "Sentry has nothing for this time any more; the chart shows what was judged.")
    values = trend.values(rule, found, window, step)
    whole = math.ceil(rule.window_seconds / step)
    ends = (window.start + timedelta(seconds=step * (place + 1)) for place in range(len(values)))
    # What has only begun would look like a recovery.
    points = tuple((at, value) for at, value in zip(ends, values, strict=True) if at <= now)
    return Answer(points[whole:], "From Sentry just now, at most a minute old.")
