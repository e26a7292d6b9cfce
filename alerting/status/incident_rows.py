"""Incidents as the page shows them: values in people's units, times, who has it, how bad it is. Few queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial

from alerting import config
from alerting.actions.scope import About
from alerting.incidents.models import Decision, Incident
from alerting.incidents.quiet import Mute, Quiet
from alerting.incidents.topics import TOPICS
from alerting.notifiers.escape import one_line
from alerting.rules import catalog
from alerting.rules.model import Rule
from alerting.rules.units import plain, span, text
from alerting.status.charts import Chart, Point, draw
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
    mute: Mute | None = None
    chart: Chart | None = None

    @property
    def project(self) -> str:
        """The project's name as Sentry gave it, which may hold what turns a line around."""
        return one_line(self.incident.project, 100)

    @property
    def muted(self) -> str:
        """Who silenced it, why, with what else, until when; empty where it is told."""
        if self.mute is None:
            return ""
        return f"{self.mute.label} ({self.silenced}), until {self.mute.until:%Y-%m-%d %H:%M} UTC"

    @property
    def silenced(self) -> About:
        """What the silence that covers it is about."""
        mute = self.mute or Mute("", "", self.incident.opened_at)
        return About(mute.rule, self.project if mute.project else "", mute.environment)


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """The rules this process knows, by name."""
    return {rule.name: rule for rule in catalog.build(config.current())}


def rows(incidents: Iterable[Incident], mutes: Quiet, now: datetime, *, charts: bool = False) -> list[IncidentRow]:
    """The rows of these incidents, in their order; two queries more with charts and the errors behind them."""
    listed = list(incidents)
    points = last_hour(listed[:CHARTED], now) if charts else {}
    errors = first_errors(each.uid.hex for each in listed[:CHARTED]) if charts else {}
    made = [_row(each, mutes, now, points.get(each.pk, ())) for each in listed]
    return [replace(row, first_error=errors.get(row.incident.uid.hex, "")) for row in made]


def worst_first(row: IncidentRow) -> tuple[int, bool, float, datetime]:
    """The sort key: severity, then what nobody has in hand, then how far over the threshold, then age."""
    return SEVERITIES.index(row.incident.severity), bool(row.acknowledged_by), -row.share, row.incident.opened_at


def shown(rule_name: str, value: float, threshold: float) -> tuple[str, str]:
    """A value and a threshold of this rule in people's units."""
    if (topic := TOPICS.get(rule_name)) is not None:
        return topic.value(value), topic.threshold(threshold)
    rule = rules().get(rule_name)
    if rule is None:
        return plain(value), plain(threshold)
    if threshold != rule.threshold:
        # What it was over then, which the rule may not have any more.
        rule = replace(rule, threshold=threshold)
    return text(rule, value), text(rule, threshold)


def title(rule_name: str) -> str:
    """What people call the rule."""
    named = TOPICS.get(rule_name) or rules().get(rule_name)
    return named.title if named else rule_name.replace("_", " ")


def unit(rule_name: str) -> str | None:
    """What the numbers of this rule count, for programs; None for a rule that is not known any more."""
    named = TOPICS.get(rule_name) or rules().get(rule_name)
    return named.unit if named else None


def chart_of(incident: Incident, points: Sequence[Point], now: datetime) -> Chart | None:
    """Its values over time; of one that is open the last value is held until now."""
    open_until = now if incident.closed_at is None else None
    return draw(points, incident.threshold, partial(_said, incident), open_until)


def last_hour(incidents: Sequence[Incident], now: datetime) -> Mapping[int, list[tuple[datetime, float]]]:
    """What was read of each incident in the last hour, oldest first. One query."""
    found: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    decisions = (
        Decision.objects.filter(incident__in=incidents, at__gte=now - CHART_SPAN, value__isnull=False)
        .order_by("at")
        .values_list("incident_id", "at", "value")[:MOST_CHART_POINTS]
    )
    for incident_id, moment, value in decisions:
        found[incident_id].append((moment, value or 0.0))
    return found


def _row(incident: Incident, mutes: Quiet, now: datetime, points: Sequence[tuple[datetime, float]]) -> IncidentRow:
    lasting = _lasting(incident, now)
    value, threshold = shown(incident.rule, lasting or incident.value, incident.threshold)
    peak, _ = shown(incident.rule, lasting or incident.peak, incident.threshold)
    issue_title = one_line(str(incident.evidence.get("issue", {}).get("title", ""))) if incident.subject else ""
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
        mute=mute,
        chart=chart_of(incident, points, now),
    )


def _said(incident: Incident, value: float) -> str:
    return shown(incident.rule, value, incident.threshold)[0]


def _lasting(incident: Incident, now: datetime) -> float:
    """How many seconds it has lasted, where that is its value and it goes on; the row keeps what was told first."""
    since = incident.evidence.get("since")
    if incident.closed_at is not None or unit(incident.rule) != "seconds" or not since:
        return 0.0
    return (now - datetime.fromisoformat(since)).total_seconds()
