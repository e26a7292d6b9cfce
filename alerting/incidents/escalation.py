"""What nobody has acknowledged in time goes to a second address, once."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, Q, QuerySet

from alerting.incidents import notice
from alerting.incidents.desk import Desk
from alerting.incidents.models import Incident
from alerting.outbox import queue
from alerting.outbox.message import Notice
from alerting.outbox.models import Message
from alerting.outbox.queue import Debt


def escalate(desk: Desk, now: datetime) -> int:
    """Owe the escalation of every open incident that is due for it, in the caller's transaction; returns how many.

    The clock starts when people were first told, and again when somebody gave it back. What is silenced waits until
    the silence is over. A notice that was never written (no channel) cannot escalate.
    """
    plan = desk.escalation
    if plan is None:
        return 0
    quiet = desk.quiet_at(now)
    waiting = _unattended(desk.environment, now - plan.after).exclude(pk__in=list(quiet.in_hand))
    incidents = [
        each for each in waiting if not quiet.covering(each.rule, each.project, each.project_id_text, each.environment)
    ]
    first_told = _first_told(each.uid.hex for each in incidents)
    debts: list[Debt] = []
    for incident in incidents:
        began = first_told.get(incident.uid.hex)
        if began is None or (waited := now - max(began, incident.given_back or began)) < plan.after:
            continue
        told = Message.objects.filter(incident_key=incident.uid.hex).exclude(payload={}).order_by("-id").first()
        if told is None:
            continue
        incident.standing = {**incident.standing, "escalated": now.isoformat()}
        incident.save(update_fields=("standing",))
        base = notice.escalated(Notice.from_json(told.payload), incident.uid.hex, waited, now)
        targets = plan.targets.items()
        debts += [Debt(replace(base, **towards), channel) for channel, towards in targets if channel in desk.channels]
    return queue.owe(debts, now)


def _unattended(environment: str, opened_by: datetime) -> QuerySet[Any]:
    """What is broken and was not escalated yet, with when it was last given back.

    What comes and goes never "fired": it is told as flapping from its beginning.
    """
    broken = Incident.objects.filter(
        closed_at__isnull=True, environment=environment, state__in=("firing", "flapping"), opened_at__lte=opened_by
    )
    given_back = Max("audit__at", filter=Q(audit__action="gave back"))
    return broken.exclude(standing__has_key="escalated").annotate(given_back=given_back)


def _first_told(keys: Iterable[str]) -> dict[str, datetime]:
    """When the first notice was owed that no silence kept back, by incident key; a broken channel does not delay it."""
    notices = Message.objects.filter(incident_key__in=list(keys)).exclude(state=Message.State.SILENCED)
    return dict(notices.values_list("incident_key").annotate(Min("created_at")))
