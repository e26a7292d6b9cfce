"""The page "now": what is open, worst first, and whether we can see at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerting import config
from alerting.actions import mutes, scope
from alerting.incidents import blindness, evaluator_state, lagging
from alerting.incidents.evaluator_state import EvaluatorState
from alerting.incidents.models import Incident
from alerting.incidents.quiet import Mute
from alerting.outbox.models import Channel
from alerting.rules.catalog import TOLD_ONCE
from alerting.rules.units import counted, span
from alerting.status import incident_rows

NEW_TYPES_WITHIN = timedelta(hours=24)
MOST_NEW_TYPES = 20
MOST_OPEN = 200


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether evaluations are running: `state` is waiting, seeing, late or blind; `good_until` is when all was read."""

    state: str
    sentence: str
    good_until: datetime | None = None


@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """Open incidents with their charts, new error types of the last day, silences, and our own state."""
    at = datetime.now(UTC)
    muted = mutes.at(at)
    everything = Incident.objects.filter(closed_at__isnull=True).select_related("acknowledgement").defer("standing")
    open_now = list(everything[: MOST_OPEN + 1])
    listed = sorted(incident_rows.rows(open_now[:MOST_OPEN], muted, at, charts=True), key=incident_rows.worst_first)
    # A new error type is told and closed in one step, and by the time of closing there is an index.
    new_types = Incident.objects.filter(closed_at__gte=at - NEW_TYPES_WITHIN, rule__in=TOLD_ONCE)
    new_types = new_types.select_related("acknowledgement").defer("standing").order_by("-closed_at")
    broken = list(Channel.objects.exclude(broken_reason=""))
    return render(
        request,
        "status/now.html",
        {
            "rows": listed,
            "more": len(open_now) > MOST_OPEN,
            "new_types": incident_rows.rows(new_types[:MOST_NEW_TYPES], muted, at),
            "sight": sight(evaluator_state.read(at), at),
            "broken": broken,
            "mutes": _named(muted.mutes),
            "summary": _summary(listed, len(broken)),
            "refresh_seconds": 10,
        },
    )


def _named(found: Sequence[Mute]) -> list[tuple[Mute, scope.About]]:
    """Each mute with what it is about; no query where there is none."""
    projects = scope.known(each.project for each in found) if found else scope.Known({}, {})
    return [(each, projects.about(each)) for each in found]


def sight(state: EvaluatorState | None, at: datetime) -> Sight:
    """How our own evaluation stands, in one sentence."""
    if state is None:
        return Sight("waiting", "Waiting for the first evaluation: start `celery -A worker worker` and its beat.")
    age = at - max(state.judged_until, state.started_at)
    faults = blindness.unreadable(state.sight)
    if age > blindness.patience(config.current().SENTRY_POLL_INTERVAL_SECONDS):
        return Sight(
            "late", f"Nothing has been evaluated for {span(age.total_seconds())}: are worker and beat running?"
        )
    if faults:
        return Sight("blind", " ".join(faults), state.good_until)
    behind = lagging.sentence(state.behind)
    return Sight("seeing", f"Last evaluated {span(age.total_seconds())} ago. {behind}".strip())


def _summary(listed: list[incident_rows.IncidentRow], broken: int) -> str:
    """What a screen reader is told when the page has changed."""
    words = counted(len(listed), "open incident") if listed else "No open incident"
    first = f", the worst in {listed[0].project}: {listed[0].value}" if listed else ""
    stopped = f", {counted(broken, 'broken channel')}" if broken else ""
    return f"{words}{first}{stopped}"
