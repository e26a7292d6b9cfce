"""The page "silences": what is muted now, planned maintenance, and the audit of what people did."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from alerting.actions import maintenance, mutes, perform, scope
from alerting.actions.models import AuditEntry, MaintenanceWindow, Silence
from alerting.actions.scope import Known
from alerting.errors import ActionError
from alerting.notifiers.escape import one_line
from alerting.status import incident_rows
from alerting.status.access import actor, operators_only
from alerting.status.incident_page import SILENCE_CHOICES, silenced_until

AUDIT_SHOWN = 50


@require_http_methods(["GET", "HEAD"])
def silences(request: HttpRequest) -> HttpResponse:
    """Everything that keeps us quiet, and who asked for it."""
    return _page(request)


@require_POST
@operators_only
def add(request: HttpRequest) -> HttpResponse:
    """Silence a rule, a project, an environment, or any combination of them, from the form."""
    now, form = datetime.now(UTC), {name: one_line(request.POST.get(name, ""), 300) for name in SILENCE_FIELDS}
    try:
        ends_at = silenced_until(form["seconds"], now)
        about = scope.About(form["rule"], form["project"], form["environment"])
        perform.silence(about, ends_at, form["reason"], actor(request), now)
    except ActionError as error:
        return _page(request, str(error), silence=form)
    return HttpResponseRedirect("/silences/")


@require_POST
@operators_only
def end(request: HttpRequest, number: int) -> HttpResponse:
    """End a silence now."""
    try:
        perform.end_silence(number, actor(request), datetime.now(UTC))
    except ActionError as error:
        return _page(request, str(error))
    return HttpResponseRedirect("/silences/")


@require_POST
@operators_only
def plan(request: HttpRequest) -> HttpResponse:
    """Add a recurring maintenance window from the form."""
    form = {name: one_line(request.POST.get(name, ""), 300) for name in FIELDS}
    try:
        schedule = _schedule(form)
        about = scope.About(form["rule"], form["project"], form["environment"])
        perform.plan_maintenance(about, schedule, form["reason"], actor(request), datetime.now(UTC))
    except ActionError as error:
        return _page(request, str(error), form)
    return HttpResponseRedirect("/silences/")


@require_POST
@operators_only
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Delete a maintenance window."""
    try:
        perform.remove_maintenance(number, actor(request), datetime.now(UTC))
    except ActionError as error:
        return _page(request, str(error))
    return HttpResponseRedirect("/silences/")


SILENCE_FIELDS = ("rule", "project", "environment", "seconds", "reason")
FIELDS = ("rule", "project", "environment", "weekdays", "starts", "minutes", "time_zone", "reason")


def _audit(request: HttpRequest) -> dict[str, object]:
    """One page of what people did, newest first; `before` is the number it ends at, and makes it a permalink."""
    before = request.GET.get("before", "")
    kept = AuditEntry.objects.filter(pk__lt=int(before)) if before.isdecimal() else AuditEntry.objects.all()
    found = list(kept[: AUDIT_SHOWN + 1])
    older = found[AUDIT_SHOWN - 1].pk if len(found) > AUDIT_SHOWN else None
    return {"audit": found[:AUDIT_SHOWN], "older": older, "is_old": before.isdecimal()}


def _page(
    request: HttpRequest,
    mistake: str = "",
    form: dict[str, str] | None = None,
    silence: dict[str, str] | None = None,
) -> HttpResponse:
    now = datetime.now(UTC)
    silences, windows = list(Silence.objects.filter(ends_at__gt=now)), list(MaintenanceWindow.objects.all())
    projects = scope.known(each.project for each in (*silences, *windows))
    context = {
        "silences": [(each, projects.about(each), projects.doubt(each)) for each in silences],
        "windows": [_Window(each, now, projects) for each in windows],
        **_audit(request),
        "rules": [(name, rule.title) for name, rule in incident_rows.rules().items()],
        "is_planning": form is not None,
        "form": form or {"weekdays": "daily", "starts": "02:00", "minutes": "60", "time_zone": "UTC"},
        "silence": silence or {},
        "silence_choices": SILENCE_CHOICES.items(),
        "mistake": mistake,
    }
    return render(request, "status/silences.html", context, status=400 if mistake else 200)


class _Window:
    """A maintenance window in words."""

    def __init__(self, window: MaintenanceWindow, now: datetime, projects: Known) -> None:
        recurrence = mutes.recurrence(window)
        self.row = window
        self.about = projects.about(window)
        self.doubt = projects.doubt(window)
        self.days = maintenance.weekday_names(recurrence.weekdays)
        self.open_until = recurrence.open_until(now)
        self.next_start = recurrence.next_start(now)


def _schedule(form: dict[str, str]) -> maintenance.Recurrence:
    try:
        days, starts = maintenance.weekdays(form["weekdays"]), maintenance.time_of_day(form["starts"])
    except ValueError as error:
        raise ActionError(f"{error}.") from None
    if not form["minutes"].isdecimal():
        raise ActionError(f"{form['minutes']!r} is no number of minutes.")
    return maintenance.Recurrence(days, starts, int(form["minutes"]), form["time_zone"])
