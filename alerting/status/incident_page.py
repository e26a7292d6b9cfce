"""The page of one incident: every decision with its reading and reason, notices, and what one can do about it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from alerting import reasons
from alerting.actions import mutes, perform, scope
from alerting.errors import ActionError
from alerting.incidents.models import Decision, Incident
from alerting.notifiers.words import tag
from alerting.outbox.models import Message
from alerting.status import incident_rows, sentry_chart
from alerting.status.access import actor, operators_only
from alerting.status.told import last_told

MOST_DECISIONS = 200
SILENCE_CHOICES = {"3600": "1 hour", "14400": "4 hours", "43200": "12 hours", "86400": "1 day", "604800": "7 days"}
STATES = {
    Message.State.PENDING: "waiting",
    Message.State.SENDING: "being sent",
    Message.State.SENT: "delivered",
    Message.State.FOLDED: "in a digest",
    Message.State.FAILED: "given up",
    Message.State.DISCARDED: "discarded",
    Message.State.SILENCED: "silenced",
}


@require_safe
def incident(request: HttpRequest, number: int) -> HttpResponse:
    """Everything that is known about one incident."""
    return _page(request, number)


@require_safe
def by_key(request: HttpRequest, uid: UUID) -> HttpResponse:  # noqa: ARG001
    """Where notices link to: they are written before their incident has a number."""
    found = Incident.objects.filter(uid=uid).values_list("pk", flat=True).first()
    if found is None:
        raise Http404
    return HttpResponseRedirect(f"/incidents/{found}/")


@require_POST
@operators_only
def acknowledge(request: HttpRequest, number: int) -> HttpResponse:
    """Take the incident in hand, or give it back."""
    try:
        if request.POST.get("undo"):
            perform.unacknowledge(number, actor(request), datetime.now(UTC))
        else:
            perform.acknowledge(number, actor(request), datetime.now(UTC), request.POST.get("note", ""))
    except ActionError as error:
        return _page(request, number, str(error))
    return HttpResponseRedirect(f"/incidents/{number}/")


@require_POST
@operators_only
def silence(request: HttpRequest, number: int) -> HttpResponse:
    """Silence this incident's rule in its project, or more of it."""
    found, now = _find(number), datetime.now(UTC)
    covers = request.POST.get("covers", "both")
    project = found.project or found.project_id_text
    about = scope.About("" if covers == "project" else found.rule, "" if covers == "rule" else project)
    try:
        ends_at = silenced_until(request.POST.get("seconds", ""), now)
        perform.silence(about, ends_at, request.POST.get("reason", ""), actor(request), now, found)
    except ActionError as error:
        return _page(request, number, str(error))
    return HttpResponseRedirect(f"/incidents/{number}/")


def silenced_until(seconds: str, now: datetime) -> datetime:
    """When a silence of one of the choices ends. Raises ActionError where it is none of them."""
    if seconds not in SILENCE_CHOICES:
        raise ActionError("Choose how long the silence lasts.")
    return (now + timedelta(seconds=int(seconds))).replace(microsecond=0)


def _page(request: HttpRequest, number: int, mistake: str = "") -> HttpResponse:
    found, now = _find(number), datetime.now(UTC)
    decisions = list(found.decisions.order_by("-id")[:MOST_DECISIONS])
    asked = sentry_chart.ask(found, now)
    points = asked.points or [(each.at, each.value) for each in reversed(decisions) if each.value is not None]
    row = incident_rows.rows([found], mutes.at(now), now)[0]
    messages = list(Message.objects.filter(incident_key=found.uid.hex))
    context = {
        "row": row,
        "incident": found,
        "why": reasons.told(found.reason),
        "chart_note": asked.note,
        "told": last_told(messages),
        "chart": incident_rows.chart_of(found, points, now),
        "decisions": [_Decision(each, found) for each in decisions],
        "is_cut": len(decisions) == MOST_DECISIONS,
        "transitions": [(each, reasons.told(each.reason)) for each in found.transitions.all()],
        "messages": [(each, tag(each.kind), STATES[Message.State(each.state)]) for each in messages],
        "audit": found.audit.all(),
        "acknowledgement": getattr(found, "acknowledgement", None),
        "can_be_silenced": found.rule not in scope.ALWAYS_TOLD,
        "silence_choices": SILENCE_CHOICES.items(),
        "mistake": mistake,
        "summary": f"{row.title} in {row.project}: {row.value}, {row.state}",
        "refresh_seconds": 10 if found.closed_at is None else 0,
    }
    return render(request, "status/incident.html", context, status=400 if mistake else 200)


class _Decision:
    """One line of the table: a decision in people's units."""

    def __init__(self, decision: Decision, incident: Incident) -> None:
        value = decision.value
        self.row = decision
        self.why = reasons.decided(decision.reason)
        self.value = "–" if value is None else incident_rows.shown(incident.rule, value, incident.threshold)[0]
        self.told = tag(decision.told) if decision.told else ""
        self.trust = "" if decision.trust == "value" else decision.trust.replace("_", " ")


def _find(number: int) -> Incident:
    found = Incident.objects.filter(pk=number).select_related("acknowledgement").first()
    if found is None:
        raise Http404
    return found
