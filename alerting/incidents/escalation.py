"""What nobody has acknowledged in time goes to a second address, once."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from alerting.incidents import notice
from alerting.incidents.models import Incident
from alerting.outbox import queue
from alerting.outbox.message import Notice
from alerting.outbox.models import Message
from alerting.outbox.queue import Debt

if TYPE_CHECKING:
    from alerting.incidents.record import Desk


def escalate(desk: "Desk", now: datetime) -> int:
    """Owe the escalation of every firing incident that is due for it, in the caller's transaction; returns how many.

    What is silenced waits until the silence is over. A notice that was never written (no channel) cannot escalate.
    """
    plan = desk.escalation
    if plan is None:
        return 0
    quiet = desk.quiet_at(now)
    waiting = Incident.objects.filter(
        closed_at__isnull=True, environment=desk.environment, state="firing", fired_at__lte=now - plan.after
    ).exclude(pk__in=list(quiet.in_hand))
    debts: list[Debt] = []
    for incident in waiting.exclude(standing__has_key="escalated"):
        if quiet.covering(incident.rule, incident.project, incident.project_id_text, incident.environment):
            continue
        told = Message.objects.filter(incident_key=incident.uid.hex).exclude(payload={}).order_by("-id").first()
        if told is None:
            continue
        incident.standing = {**incident.standing, "escalated": now.isoformat()}
        incident.save(update_fields=("standing",))
        waited = now - (incident.fired_at or now)
        base = notice.escalated(Notice.from_json(told.payload), incident.uid.hex, waited, now)
        targets = plan.targets.items()
        debts += [Debt(replace(base, **towards), channel) for channel, towards in targets if channel in desk.channels]
    return queue.owe(debts, now)
