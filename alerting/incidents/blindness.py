"""Not being able to see is an incident of its own: told once with the reason, and told when it is over."""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents.models import Incident, Transition
from alerting.incidents.notice import stamp
from alerting.outbox import queue
from alerting.outbox.clean import clean
from alerting.outbox.message import Kind, Notice
from alerting.outbox.queue import Debt
from alerting.poll.model import Answer
from alerting.rules.units import span

logger = logging.getLogger(__name__)

RULE = "blind"
SUBJECT = "sentry"
SHORTEST = timedelta(seconds=60)
MEASURES = {"errors": "error counts", "performance": "transactions and latency", "new_issues": "new issues"}


@dataclass(frozen=True, slots=True)
class Sight:
    """When each measure was last read in full, and what failed since. Kept between ticks as JSON."""

    good: Mapping[str, datetime]
    faults: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        return {"good": {name: at.isoformat() for name, at in self.good.items()}, "faults": dict(self.faults)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Sight":
        good = {name: datetime.fromisoformat(at) for name, at in data.get("good", {}).items()}
        return cls(good, dict(data.get("faults", {})))


def look(memory: Mapping[str, Any], answers: Iterable[Answer], asked: Collection[str], now: datetime) -> Sight:
    """What can be seen after this tick: a fault stands until its question is answered, or asked no more."""
    before = Sight.from_json(memory)
    # A time that is still to come was noted before the clock was set back: from then on it counts as now.
    good = {name: min(at, now) for name, at in before.good.items()}
    faults = {name: fault for name, fault in before.faults.items() if name in asked}
    for answer in answers:
        measure = answer.question.measure.value
        if answer.is_complete:
            good[measure] = now
            faults.pop(measure, None)
        else:
            faults[measure] = answer.note or "Sentry gave no answer."
            logger.warning("%s could not be read: %s", measure, faults[measure])
    return Sight(good, faults)


def unreadable(memory: Mapping[str, Any]) -> list[str]:
    """What could not be read at the last tick and why, a sentence each, from the evaluator's memory."""
    faults = Sight.from_json(memory.get("sight", {})).faults
    return [f"{MEASURES[name].capitalize()} cannot be read: {faults[name]}" for name in MEASURES if name in faults]


def patience(interval_seconds: int) -> timedelta:
    """How long nothing may be read before it is told: six ticks, at least a minute."""
    return max(SHORTEST, 6 * timedelta(seconds=interval_seconds))


def stands() -> bool:
    """Whether people have been told that we are blind, and not yet that it is over."""
    return Incident.objects.filter(rule=RULE, closed_at__isnull=True).exists()


def update(sight: Sight, channels: tuple[str, ...], interval_seconds: int, started_at: datetime, now: datetime) -> bool:
    """Open or close the incident of being blind, within the caller's transaction; true while it is open."""
    limit = patience(interval_seconds)
    blind = {
        name: sight.good.get(name, started_at)
        for name in sight.faults
        if name in MEASURES and now - sight.good.get(name, started_at) >= limit
    }
    incident = Incident.objects.filter(rule=RULE, closed_at__isnull=True).first()
    if blind and incident is None:
        since = min(blind.values())
        _open(blind, sight, since, channels, limit, now)
    elif incident is not None and not any(name in MEASURES for name in sight.faults):
        _close(incident, channels, now)
        return False
    return bool(blind) or incident is not None


def _open(
    blind: Mapping[str, datetime],
    sight: Sight,
    since: datetime,
    channels: tuple[str, ...],
    limit: timedelta,
    now: datetime,
) -> None:
    reason = next(iter(dict.fromkeys(sight.faults[name] for name in blind)))
    lost = ", ".join(MEASURES[name] for name in MEASURES if name in blind)
    seconds = (now - since).total_seconds()
    incident = Incident.objects.create(
        rule=RULE,
        severity="high",
        project_id_text=SUBJECT,
        project=SUBJECT,
        state="firing",
        opened_at=now,
        fired_at=now,
        value=seconds,
        peak=seconds,
        threshold=limit.total_seconds(),
        reason="no_good_reading",
        evidence={"since": since.isoformat(), "measures": sorted(blind), "fault": clean(reason)},
        notices=1,
    )
    _note(incident, "ok", "firing", "no_good_reading", now)
    notice = Notice(
        kind=Kind.BLIND,
        key=incident.uid.hex,
        headline=f"cannot read Sentry since {since:%H:%M:%S} UTC",
        sentence=(
            f"{lost.capitalize()} could not be read from Sentry since {stamp(since)}: {reason} "
            "Until this is mended, silence from us means nothing. Nothing was resolved or fired because of it."
        ),
        severity="high",
        at=stamp(now),
        rule=RULE,
        rule_title="Blind",
        project=SUBJECT,
        value=f"no reading for {span(seconds)}",
        threshold=span(limit.total_seconds()),
        reason="no_good_reading",
        opened_at=stamp(since),
        notes=("`alerting check` says what is wrong, part by part.",),
    )
    queue.owe([Debt(notice, channel) for channel in channels], now)


def _close(incident: Incident, channels: tuple[str, ...], now: datetime) -> None:
    since = datetime.fromisoformat(incident.evidence["since"])
    lasted = span((now - since).total_seconds())
    incident.state, incident.closed_at, incident.notices = "ok", now, incident.notices + 1
    incident.reason = "sight_regained"
    incident.save(update_fields=("state", "closed_at", "notices", "reason"))
    _note(incident, "firing", "ok", "sight_regained", now)
    notice = Notice(
        kind=Kind.SIGHTED,
        key=incident.uid.hex,
        headline=f"Sentry can be read again after {lasted}",
        sentence=(
            f"Resolved: Sentry answers again. It could not be read from {stamp(since)} to {stamp(now)}. "
            "What was missed in between is being judged now and told once, marked late."
        ),
        severity="high",
        at=stamp(now),
        rule=RULE,
        rule_title="Blind",
        project=SUBJECT,
        value="reading again",
        threshold=span(incident.threshold),
        reason="sight_regained",
        opened_at=stamp(since),
        resolved_at=stamp(now),
        sequence=incident.notices,
    )
    queue.owe([Debt(notice, channel) for channel in channels], now)


def _note(incident: Incident, before: str, after: str, reason: str, now: datetime) -> None:
    Transition.objects.create(
        incident=incident, from_state=before, to_state=after, at=now, reason=reason, evidence=incident.evidence
    )
