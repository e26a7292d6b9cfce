"""The page "rules": each with its threshold, where that came from, what every project reads now, when it last fired."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerting import config
from alerting.incidents.models import Incident, LatestReadings
from alerting.notifiers import registry
from alerting.notifiers.escape import one_line
from alerting.rules import catalog
from alerting.rules.model import Rule
from alerting.rules.units import plain, span, text
from alerting.status import incident_rows

MOST_PROJECTS = 100


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule that is switched on, and those that are not."""
    latest = LatestReadings.objects.first()
    fired = dict(Incident.objects.order_by().values_list("rule").annotate(Max("opened_at")))
    listed = [_row(rule, latest, fired.get(rule.name)) for rule in incident_rows.rules().values()]
    off = [f"{kind.title} ({kind.switch})" for kind in catalog.KINDS if kind.name not in incident_rows.rules()]
    context = {"rules": listed, "off": off, "read_at": latest.at if latest else None, "refresh_seconds": 15}
    return render(request, "status/rules.html", context)


def _row(rule: Rule, latest: LatestReadings | None, last_fired: datetime | None) -> dict[str, object]:
    """One rule with where its settings come from and what it sees."""
    readings = _readings(rule, latest.readings.get(rule.name, {}) if latest else {})
    origins = [(name, _plainly(getattr(config.current(), name)), config.origin(name)) for name in rule.kind.variables]
    return {
        "rule": rule,
        "threshold": "for every new one" if rule.kind.is_told_once else f"over {text(rule, rule.threshold)}",
        "window": span(rule.window_seconds) if rule.window_seconds else "",
        "origins": origins,
        "last_fired": last_fired,
        "told": registry.readers(rule.severity, config.current().channels),
        "readings": readings[:MOST_PROJECTS],
        "further": max(0, len(readings) - MOST_PROJECTS),
    }


def _plainly(value: object) -> str:
    """As one would write it into the environment."""
    return plain(value) if isinstance(value, float) else str(value)


def _readings(rule: Rule, stored: Mapping[str, Sequence[Any]]) -> list[dict[str, str]]:
    """What each project reads now: closest to the threshold first; what cannot be judged last, with the reason.

    `meter` is the value as a part of the threshold, 1 at the most and empty where nothing could be judged.
    """
    rows: list[tuple[float, str, dict[str, str]]] = []
    for project_id, (slug, value, note) in stored.items():
        project = one_line(slug or project_id, 100)
        if value is None:
            rows.append((-1.0, project, {"project": project, "value": "–", "margin": one_line(note), "meter": ""}))
            continue
        share = value / rule.threshold if rule.threshold else float(value > 0) * 2
        margin = "over the threshold" if value > rule.threshold else f"{text(rule, rule.threshold - value)} left"
        shown = {"project": project, "value": text(rule, value), "margin": margin, "meter": f"{min(share, 1.0):.2f}"}
        rows.append((share, project, shown))
    return [shown for _, _, shown in sorted(rows, key=lambda row: (-row[0], row[1]))]
