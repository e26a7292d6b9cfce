"""Everything that is deleted once it is old, in one turn; beat asks for one every ten minutes."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from alerting.actions import once
from alerting.actions.models import AnsweredRequest, AuditEntry, Silence
from alerting.incidents import retention
from alerting.status import login


def take_turn(now: datetime, history_days: int) -> int:
    """Delete what nobody will ask about any more; returns how many rows."""
    history = timedelta(days=history_days)
    removed = retention.prune(now, history) + login.prune(now)
    for old in (
        AuditEntry.objects.filter(at__lt=now - history),
        Silence.objects.filter(ends_at__lt=now - history),
        AnsweredRequest.objects.filter(at__lt=now - once.KEPT),
        Session.objects.filter(expire_date__lt=now),
    ):
        removed += old.delete()[0]
    return removed
