"""Incidents as the page shows them: values in people's units, times, who has it, how bad it is. Few queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from alerting import config
from alerting.incidents import blindness, lagging
from alerting.incidents.models import Decision, Incident
from alerting.incidents.quiet import Quiet
from alerting.rules import catalog
from alerting.rules.model import Rule
from alerting.rules.units import plain, span, text
from alerting.status.charts import Chart, draw
from alerting.status.told import first_errors

CHARTED = 50
CHART_SPAN = timedelta(hours=1)
MOST_CHART_POINTS = 20_000
SEVERITIES = ("high", "medium", "low")
STATES = {
    "firing": "over the threshold",
    "recovering": "recovering",
    "flapping": "flapping",
    "ok": "over",
}


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident in people's words. `share` is its value as a multiple of the threshold."""

    incident: Incident
    title: str
    value: str
    peak: str
    threshold: str
    state: str
    lasted: str
    share: float
    issue_title: str
    first_error: str = ""
    acknowledged_by: str = ""
    muted: str = ""
    chart: Chart | None = None


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """The rules this process knows, by name."""
    return {rule.name: rule for rule in catalog.build(config.current())}


def rows(incidents: Iterable[Incident], mutes: Quiet, now: datetime, *, charts: bool = False) -> list[IncidentRow]:
    """The rows of these incidents, in their order; two queries more with charts and the errors behind them."""
    listed = list(incidents)
    points = _points(listed[:CHARTED], now) if charts else {}
    errors = first_errors(each.uid.hex for each in listed[:CHARTED]) if charts else {}
    made = [_row(each, mutes, now, points.get(each.pk, ())) for each in listed]
    return [replace(row, first_error=errors.get(row.incident.uid.hex, "")) for row in made]


def worst_first(row: IncidentRow) -> tuple[int, bool, float, datetime]:
    """The sort key: severity, then what nobody has in hand, then how far over the threshold, then age."""
    return SEVERITIES.index(row.incident.severity), bool(row.acknowledged_by), -row.share, row.incident.opened_at


def shown(rule_name: str, value: float, threshold: float) -> tuple[str, str]:
    """A value and a threshold of this rule in people's units."""
    if rule_name == blindness.RULE:
        return f"no reading for {span(value)}", span(threshold)
    if rule_name == lagging.RULE:
        return f"behind for {span(value)}", span(threshold)
    rule = rules().get(rule_name)
    if rule is None:
        return plain(value), plain(threshold)
    return text(rule, value), text(rule, threshold)


def title(rule_name: str) -> str:
    """What people call the rule."""
    if rule_name == blindness.RULE:
        return "Blind"
    if rule_name == lagging.RULE:
        return "Ingestion behind"
    rule = rules().get(rule_name)
    return rule.title if rule else rule_name.replace("_", " ")


def _row(incident: Incident, mutes: Quiet, now: datetime, points: Sequence[tuple[datetime, float]]) -> IncidentRow:
    value, threshold = shown(incident.rule, incident.value, incident.threshold)
    peak, _ = shown(incident.rule, incident.peak, incident.threshold)
    issue_title = str(incident.evidence.get("issue", {}).get("title", "")) if incident.subject else ""
    mute = None
    if incident.closed_at is None:
        mute = mutes.covering(incident.rule, incident.project, incident.project_id_text, incident.environment)
    acknowledgement = getattr(incident, "acknowledgement", None)
    return IncidentRow(
        incident=incident,
        title=title(incident.rule),
        value="new error type" if incident.subject else value,
        peak="" if incident.subject else peak,
        threshold="" if incident.subject else threshold,
        state=STATES.get(incident.state, incident.state),
        lasted=span(((incident.closed_at or now) - incident.opened_at).total_seconds()),
        share=incident.value / incident.threshold if incident.threshold else incident.value,
        issue_title=issue_title,
        acknowledged_by=acknowledgement.by if acknowledgement else "",
        muted=f"{mute.label}, until {mute.until:%Y-%m-%d %H:%M} UTC" if mute else "",
        chart=draw(points, incident.threshold, "", now if incident.closed_at is None else None),
    )


def _points(incidents: Sequence[Incident], now: datetime) -> Mapping[int, list[tuple[datetime, float]]]:
    """What was read of each incident in the last hour, oldest first."""
    found: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    decisions = (
        Decision.objects.filter(incident__in=incidents, at__gte=now - CHART_SPAN, value__isnull=False)
        .order_by("at")
        .values_list("incident_id", "at", "value")[:MOST_CHART_POINTS]
    )
    for incident_id, moment, value in decisions:
        found[incident_id].append((moment, value or 0.0))
    return found
