"""What is found afterwards, because we or Sentry were down or events came late: told once, dated, marked late."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from alerting.incidents import record
from alerting.incidents.desk import Desk
from alerting.incidents.lifecycle import Why
from alerting.incidents.models import Gap, Incident, Transition
from alerting.incidents.notice import late_and_over
from alerting.outbox import queue
from alerting.outbox.queue import Debt
from alerting.poll.blocks import Told
from alerting.poll.past import Breach
from alerting.rules.model import Outcome, Reading, Reason, Rule, Trust, Verdict, Window

REASON = Why.LATE_AND_OVER


def told(rule: Rule, desk: Desk, since: datetime) -> dict[str, list[Told]]:
    """What people know about each project since then.

    An incident's first errors are up to a window older than its opening. What ended it was read up to the settle delay
    before its end: errors after that are news again.
    """
    settle = timedelta(seconds=desk.settle_seconds)
    lead = timedelta(seconds=rule.window_seconds) + settle
    incidents = Incident.objects.filter(Q(closed_at__isnull=True) | Q(closed_at__gte=since))
    found: dict[str, list[Told]] = defaultdict(list)
    for incident in incidents.filter(rule=rule.name, environment=desk.environment):
        if incident.reason == REASON:
            start, end = (datetime.fromisoformat(moment) for moment in incident.evidence["stretch"])
            found[incident.project_id_text].append(Told(start, end, late=True))
        else:
            closed = incident.closed_at - settle if incident.closed_at else None
            start = (incident.opened_at - lead).replace(microsecond=0)
            found[incident.project_id_text].append(Told(start, closed and closed.replace(microsecond=0)))
    return found


def tell(rule: Rule, breaches: Iterable[Breach], desk: Desk, now: datetime) -> int:
    """Within the caller's transaction; returns how many notices are now owed."""
    debts: list[Debt] = []
    lasting: list[Verdict] = []
    for breach in breaches:
        if breach.continues:
            _prolong(rule, breach, desk)
        elif breach.goes_on:
            reading = _reading(rule, breach, desk.environment, _cause(breach))
            lasting.append(Verdict(rule, reading, Outcome.BREACHED, Reason.FOUND_LATE, now))
        else:
            debts += _owed(rule, breach, desk, now)
    queue.owe(debts, now)
    return sum(not debt.is_silenced for debt in debts) + (
        record.settle(lasting, record.open_incidents(desk.environment), desk, now) if lasting else 0
    )


def _prolong(rule: Rule, breach: Breach, desk: Desk) -> None:
    """More of what was told late has come: the incident grows, people are not told again."""
    near = timedelta(seconds=rule.window_seconds)
    incident = Incident.objects.filter(
        rule=rule.name,
        project_id_text=breach.project.id,
        environment=desk.environment,
        reason=REASON,
        closed_at__gte=breach.stretch.start - near,
        opened_at__lte=breach.stretch.end + near,
    ).first()
    if incident is None:
        return
    start, end = (datetime.fromisoformat(moment) for moment in incident.evidence["stretch"])
    stretch = Window(min(start, breach.stretch.start), max(end, breach.stretch.end))
    incident.evidence = {**incident.evidence, "stretch": [stretch.start.isoformat(), stretch.end.isoformat()]}
    incident.closed_at = stretch.end
    incident.peak = max(incident.peak, breach.value)
    incident.save(update_fields=("evidence", "closed_at", "peak"))


def _reading(rule: Rule, breach: Breach, environment: str, cause: str) -> Reading:
    read = (("errors", rule.kind.counts_errors), ("transactions", rule.kind.needs_transactions))
    return Reading(
        breach.project,
        environment,
        breach.worst,
        Trust.VALUE,
        float(breach.value),
        settled=True,
        dataset=" and ".join(name for name, is_read in read if is_read),
        note=f"Late: {cause}.",
        first_error_at=breach.first_error_at,
    )


def _cause(breach: Breach) -> str:
    away = Gap.objects.filter(start__lt=breach.stretch.end, end__gt=breach.stretch.start).exists()
    if away:
        return "this happened while nothing was being judged"
    return "Sentry showed these errors after their time had been judged"


def _owed(rule: Rule, breach: Breach, desk: Desk, now: datetime) -> Iterable[Debt]:
    evidence = {
        "value": breach.value,
        "threshold": rule.threshold,
        "window": [breach.worst.start.isoformat(), breach.worst.end.isoformat()],
        "stretch": [breach.stretch.start.isoformat(), breach.stretch.end.isoformat()],
    }
    cause = _cause(breach)
    reading = _reading(rule, breach, desk.environment, cause)
    incident = record.opened(rule, reading, desk.environment, REASON, breach.first_error_at)
    incident.fired_at, incident.closed_at = now, breach.stretch.end
    incident.evidence, incident.notices = evidence, 1
    incident.save()
    for before, after, reason in (("ok", "firing", "found_late"), ("firing", "ok", REASON)):
        Transition.objects.create(
            incident=incident, from_state=before, to_state=after, at=now, reason=reason, evidence=evidence
        )
    notice = late_and_over(rule, reading, cause, breach.stretch.end, incident.uid.hex, now, desk.links)
    # What a silence covered when it happened stays silenced when it is found.
    quiet = desk.quiet_at(breach.worst.end)
    is_silenced = quiet.covering(rule.name, breach.project.slug, breach.project.id, desk.environment) is not None
    return desk.debts(rule, notice, is_silenced)
