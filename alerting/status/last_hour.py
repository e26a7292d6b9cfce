"""An incident's last hour as far as it is known without asking Sentry: as judged, or as the last notice had it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.incidents.models import Incident
from alerting.incidents.topics import TOPICS
from alerting.notifiers import behind
from alerting.notifiers.evidence import moment
from alerting.outbox.message import Notice, Trend
from alerting.outbox.models import Message
from alerting.rules.direction import direction
from alerting.status import incident_rows
from alerting.status.charts import Point

STEPS = 20


@dataclass(frozen=True, slots=True)
class LastHour:
    """`trend` is None where the hour is not known, and `note` says why; else the note says where it goes."""

    trend: Trend | None
    bars: behind.Bars | None
    note: str


def of(incident: Incident, messages: Iterable[Message], now: datetime) -> LastHour:
    """What is known of the hour before now, or before the last notice that came with one."""
    if incident.subject:
        return _unknown("not shown: a new error type has no value over time")
    if incident.rule in TOPICS:
        return _unknown("not shown: this is about the service itself")
    if incident.closed_at is not None:
        return _unknown("not shown: it is over")
    points = incident_rows.last_hour([incident], now).get(incident.pk, [])
    if points and now - incident.opened_at >= incident_rows.CHART_SPAN:
        return _as_judged(incident, points, now)
    payloads = [message.payload for message in messages if message.payload.get("trend")]
    if payloads and (trend := Notice.from_json(payloads[-1]).trend):
        return _as_told(trend)
    return _unknown("not known here: it came with no notice; Sentry is asked when the page is opened")


def _unknown(why: str) -> LastHour:
    return LastHour(None, None, why)


def _as_judged(incident: Incident, points: Sequence[Point], now: datetime) -> LastHour:
    before = incident.decisions.filter(at__lt=points[0][0], value__isnull=False).order_by("-at").first()
    held = before.value if before and before.value is not None else points[0][1]
    return _shown(Trend(_steps(points, held, now), incident.threshold, ""), "as it was judged")


def _as_told(trend: Trend) -> LastHour:
    until = moment(trend.until)
    return _shown(trend, f"as told for the hour until {until:%Y-%m-%d %H:%M} UTC" if until else "as told")


def _shown(trend: Trend, whose: str) -> LastHour:
    bars = behind.bars(trend)
    going = direction(trend.values, trend.limit)
    return LastHour(trend, bars, f"{going}, {whose}" if going else whose)


def _steps(points: Sequence[Point], held: float, now: datetime) -> tuple[float, ...]:
    """The values of an hour in equal steps: of each its highest, the one before where nothing was written down."""
    step, found = incident_rows.CHART_SPAN / STEPS, []
    for place in range(STEPS):
        until = now - step * (STEPS - 1 - place)
        within = [value for at, value in points if until - step < at <= until]
        found.append(max(within, default=held))
        held = within[-1] if within else held
    return tuple(found)
