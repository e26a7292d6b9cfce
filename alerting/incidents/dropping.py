"""Sentry drops events while we watch some environments only: told once, for drops cannot be counted among them."""

from datetime import datetime

from alerting.incidents.models import Incident, Transition
from alerting.incidents.notice import stamp
from alerting.incidents.record import Desk
from alerting.outbox import queue
from alerting.outbox.clean import clean
from alerting.outbox.message import Kind, Notice
from alerting.outbox.queue import Debt
from alerting.rules.readings import Dropped

RULE = "dropping"
SUBJECT = "sentry"
MOST_NAMED = 10


def update(dropped: Dropped, desk: Desk, now: datetime) -> int:
    """Within the caller's transaction: one notice when dropping begins, a quiet end; returns notices owed."""
    if not desk.environment:
        return 0
    incident = Incident.objects.filter(rule=RULE, closed_at__isnull=True).first()
    if dropped.errors and incident is None:
        return _open(dropped, desk, now)
    if incident is not None and not dropped.errors:
        incident.state, incident.closed_at, incident.reason = "ok", now, "dropping_stopped"
        incident.save(update_fields=("state", "closed_at", "reason"))
        _note(incident, "firing", "ok", now)
    return 0


def _open(dropped: Dropped, desk: Desk, now: datetime) -> int:
    counts = {project: sum(reasons.values()) for project, reasons in dropped.errors.items()}
    total, named = sum(counts.values()), sorted(counts, key=lambda each: -counts[each])[:MOST_NAMED]
    incident = Incident.objects.create(
        rule=RULE,
        severity="medium",
        project_id_text=SUBJECT,
        project=SUBJECT,
        state="firing",
        opened_at=now,
        fired_at=now,
        value=total,
        peak=total,
        threshold=0,
        reason="dropping_began",
        evidence={"projects": counts},
        notices=1,
    )
    _note(incident, "ok", "firing", now)
    shown = ", ".join(f"{counts[each]} of project {clean(each, 32)}" for each in named)
    reasons = ", ".join(sorted({clean(reason, 40) for each in dropped.errors.values() for reason in each}))
    notice = Notice(
        kind=Kind.FIRST,
        key=incident.uid.hex,
        headline=f"Sentry dropped {total} error events in the last minutes, so our counts are too low",
        sentence=(
            f"Sentry throws error events away ({reasons}): {shown}. It does not say of which environment, so they are "
            f"missing from what we count in {desk.environment}. Until it stops, no incident of these projects is "
            "resolved and no error rate of theirs is judged."
        ),
        severity="medium",
        at=stamp(now),
        rule=RULE,
        rule_title="Dropped events",
        project=SUBJECT,
        environment=desk.environment,
        value=f"{total} dropped error events",
        threshold="0",
        reason="dropping_began",
        opened_at=stamp(now),
    )
    queue.owe([Debt(notice, channel) for channel in desk.channels], now)
    return len(desk.channels)


def _note(incident: Incident, before: str, after: str, now: datetime) -> None:
    Transition.objects.create(
        incident=incident, from_state=before, to_state=after, at=now, reason=incident.reason, evidence=incident.evidence
    )
