"""What is told of ourselves and of Sentry, and of no project: how such an incident begins, ends and is told."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerting.incidents.models import Incident, Transition
from alerting.outbox import queue
from alerting.outbox.message import Kind, Notice
from alerting.outbox.queue import Debt
from alerting.rules.units import counted, plain, span, stamp

SUBJECT = "sentry"


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to tell: its name in rows, and in people's words what its values and its threshold are."""

    rule: str
    title: str
    severity: str
    unit: str
    value: Callable[[float], str]
    threshold: Callable[[float], str] = span


BLIND = Topic("blind", "Blind", "high", "seconds", lambda value: f"no reading for {span(value)}")
BEHIND = Topic("behind", "Ingestion behind", "medium", "seconds", lambda value: f"behind for {span(value)}")
DROPPING = Topic(
    "dropping",
    "Dropped events",
    "medium",
    "events",
    lambda value: counted(value, "dropped error event"),
    plain,
)
TOPICS = {topic.rule: topic for topic in (BLIND, BEHIND, DROPPING)}


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


def tell(topic: Topic, kind: Kind, incident: Incident, channels: Collection[str], now: datetime, **words: str) -> int:
    """Owe the notice to every channel, within the caller's transaction; returns how many that are.

    `words` are the notice's headline, sentence, value and when it began; its environment where there is one.
    """
    fields: dict[str, Any] = {
        **words,
        "severity": topic.severity,
        "at": stamp(now),
        "rule": topic.rule,
        "rule_title": topic.title,
        "project": SUBJECT,
        "threshold": topic.threshold(incident.threshold),
        "reason": incident.reason,
        "resolved_at": stamp(now) if incident.closed_at else "",
        "sequence": incident.notices,
    }
    notice = Notice(kind=kind, key=incident.uid.hex, **fields)
    queue.owe([Debt(notice, channel) for channel in channels], now)
    return len(channels)


def _note(incident: Incident, now: datetime) -> None:
    before, after = ("ok", "firing") if incident.closed_at is None else ("firing", "ok")
    Transition.objects.create(
        incident=incident, from_state=before, to_state=after, at=now, reason=incident.reason, evidence=incident.evidence
    )
