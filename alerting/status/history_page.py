"""The page "history": every incident, newest first, filtered by rule, project and time; each view is a permalink."""

from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerting.actions import scope
from alerting.incidents.models import Incident
from alerting.incidents.quiet import Quiet
from alerting.notifiers.escape import one_line
from alerting.status import incident_rows

PAGE = 50


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """One page of incidents; `before` is the number the next page ends at."""
    asked = {name: one_line(request.GET.get(name, ""), 100) for name in ("rule", "project", "since", "until", "before")}
    mistakes: list[str] = []
    incidents = Incident.objects.select_related("acknowledgement").defer("standing")
    if asked["rule"]:
        incidents = incidents.filter(rule=asked["rule"])
    if asked["project"]:
        project_id = scope.known([asked["project"]]).id_of(asked["project"])
        incidents = incidents.filter(Q(project=asked["project"]) | Q(project_id_text=project_id))
    if (since := _day(asked, "since", mistakes)) is not None:
        incidents = incidents.filter(opened_at__gte=since)
    if (until := _day(asked, "until", mistakes)) is not None:
        incidents = incidents.filter(opened_at__lte=datetime.combine(until, time.max, UTC))
    if asked["before"].isdecimal():
        incidents = incidents.filter(pk__lt=int(asked["before"]))
    found = list(incidents.order_by("-pk")[: PAGE + 1])
    now = datetime.now(UTC)
    older = ""
    if len(found) > PAGE:
        older = urlencode({**{key: each for key, each in asked.items() if each}, "before": found[PAGE - 1].pk})
    context = {
        "rows": incident_rows.rows(found[:PAGE], Quiet(), now),
        "asked": asked,
        "is_filtered": any(asked.values()),
        "older": older,
        "rules": [(name, rule.title) for name, rule in incident_rows.rules().items()],
        "mistake": " ".join(mistakes),
    }
    return render(request, "status/history.html", context, status=400 if mistakes else 200)


def _day(asked: dict[str, str], name: str, mistakes: list[str]) -> datetime | None:
    """The beginning of the day that is asked for; what is no date is forgotten, because a date's field takes none."""
    if not asked[name]:
        return None
    try:
        return datetime.combine(date.fromisoformat(asked[name]), time(), UTC)
    except ValueError:
        asked[name] = ""
        mistakes.append(f"“{name}” is no date: write it as 2026-01-31.")
        return None
