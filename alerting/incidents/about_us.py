"""Incidents about ourselves and about Sentry in the database: how they begin and end, and that they are told."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from alerting.incidents.models import Incident, Transition
from alerting.incidents.topics import SUBJECT, Topic, Words, notice
from alerting.outbox import queue
from alerting.outbox.queue import Debt


def standing(topic: Topic) -> Incident | None:
    """The open incident about this, None where there is none."""
    return Incident.objects.filter(rule=topic.rule, closed_at__isnull=True).first()


def begin(
    topic: Topic,
    reason: str,
    value: float,
    threshold: float,
    evidence: Mapping[str, Any],
    now: datetime,
    *,
    over_since: datetime | None = None,
) -> Incident:
    """Write the incident, within the caller's transaction; closed at once where it began then and is over."""
    incident = Incident.objects.create(
        rule=topic.rule,
        severity=topic.severity,
        project_id_text=SUBJECT,
        project=SUBJECT,
        state="ok" if over_since else "firing",
        opened_at=over_since or now,
        fired_at=now,
        closed_at=now if over_since else None,
        value=value,
        peak=value,
        threshold=threshold,
        reason=reason,
        evidence=evidence,
        notices=1,
    )
    _note(incident, now)
    return incident


def end(incident: Incident, reason: str, now: datetime, *, is_told: bool = True) -> None:
    """Close the incident, within the caller's transaction."""
    incident.state, incident.closed_at, incident.reason = "ok", now, reason
    incident.notices += is_told
    incident.save(update_fields=("state", "closed_at", "reason", "notices"))
    _note(incident, now)


def tell(topic: Topic, words: Words, incident: Incident, channels: Collection[str], now: datetime) -> int:
    """Owe the notice to every channel, within the caller's transaction; returns how many that are."""
    told = notice(topic, words, incident.uid.hex, incident.reason, incident.threshold, incident.notices, now)
    queue.owe([Debt(told, channel) for channel in channels], now)
    return len(channels)


def _note(incident: Incident, now: datetime) -> None:
    before, after = ("ok", "firing") if incident.closed_at is None else ("firing", "ok")
    Transition.objects.create(
        incident=incident, from_state=before, to_state=after, at=now, reason=incident.reason, evidence=incident.evidence
    )
