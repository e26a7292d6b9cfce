"""Not being able to see is an incident of its own: told once with the reason, and told when it is over."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alerting.incidents import about_us, topics
from alerting.incidents.desk import Desk
from alerting.incidents.evaluator_state import Sight
from alerting.incidents.models import Incident
from alerting.incidents.topics import BLIND
from alerting.outbox.clean import clean
from alerting.rules.answers import MEASURES, Answer
from alerting.rules.model import Window
from alerting.rules.units import span, stamp

logger = logging.getLogger(__name__)

SHORTEST = timedelta(seconds=60)
SAID_ONCE_IN = timedelta(minutes=10)


def look(before: Sight, answers: Iterable[Answer], asked: Collection[str], now: datetime) -> Sight:
    """What can be seen after this tick: a fault stands until its question is answered, or asked no more."""
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


def unreadable(sight: Sight) -> list[str]:
    """What could not be read at the last tick and why, a sentence each."""
    faults = sight.faults
    return [f"{MEASURES[name].capitalize()} cannot be read: {faults[name]}" for name in MEASURES if name in faults]


def patience(interval_seconds: int) -> timedelta:
    """How long nothing may be read before it is told: six ticks, at least a minute."""
    return max(SHORTEST, 6 * timedelta(seconds=interval_seconds))


def stands() -> bool:
    """Whether people have been told that we are blind, and not yet that it is over."""
    return about_us.standing(BLIND) is not None


def _standing(open_now: Iterable[Incident]) -> Incident | None:
    return next((each for each in open_now if each.rule == BLIND.rule), None)


def update(sight: Sight, open_now: Iterable[Incident], desk: Desk, started_at: datetime, now: datetime) -> bool:
    """Open or close the incident of being blind, within the caller's transaction; true while it is open."""
    limit = patience(desk.interval_seconds)
    blind = {
        name: sight.good.get(name, started_at)
        for name in sight.faults
        if name in MEASURES and now - sight.good.get(name, started_at) >= limit
    }
    incident = _standing(open_now)
    if blind and incident is None:
        _open(blind, sight, desk.channels, limit, now)
    elif incident is not None and not any(name in MEASURES for name in sight.faults):
        _close(incident, desk.channels, now)
        return False
    return bool(blind) or incident is not None


def leave_out(stretches: Sequence[Window | None], open_now: Iterable[Incident], desk: Desk, now: datetime) -> int:
    """Say what is too long ago to be judged, within the caller's transaction; returns how many notices are owed.

    While we are told to be blind, the notice of seeing again says it. Else no evaluation ran: that is told at once.
    """
    found = [each for each in stretches if each is not None]
    if not found:
        return 0
    # Counts and rates are read again in ticks of their own.
    said_before = Incident.objects.filter(
        rule=BLIND.rule, closed_at__gte=now - SAID_ONCE_IN, evidence__has_key="left_out"
    )
    if said_before.exists():
        return 0
    whole = Window(min(each.start for each in found), max(each.end for each in found))
    logger.warning(
        "%s to %s is not judged: longer ago than SENTRY_CATCH_UP_SECONDS", stamp(whole.start), stamp(whole.end)
    )
    said = (
        f"What happened from {stamp(whole.start)} to {stamp(whole.end)} is not judged: that is longer ago than "
        f"SENTRY_CATCH_UP_SECONDS ({span(desk.catch_up_seconds)})."
    )
    incident = _standing(open_now)
    if incident is not None:
        incident.evidence = {**incident.evidence, "left_out": said}
        incident.save(update_fields=("evidence",))
        return 0
    seconds, limit = (now - whole.start).total_seconds(), desk.catch_up_seconds
    evidence = {"since": whole.start.isoformat(), "measures": [], "left_out": said}
    incident = about_us.begin(BLIND, "sight_regained", seconds, limit, evidence, now, over_since=whole.start)
    return about_us.tell(BLIND, topics.running_again(said, whole.start, whole.end, now), incident, desk.channels, now)


def _open(
    blind: Mapping[str, datetime], sight: Sight, channels: Collection[str], limit: timedelta, now: datetime
) -> None:
    reason = next(iter(dict.fromkeys(sight.faults[name] for name in blind)))
    lost = " and ".join(MEASURES[name] for name in MEASURES if name in blind)
    since = min(blind.values())
    seconds = (now - since).total_seconds()
    evidence = {"since": since.isoformat(), "measures": sorted(blind), "fault": clean(reason)}
    incident = about_us.begin(BLIND, "no_good_reading", seconds, limit.total_seconds(), evidence, now)
    about_us.tell(BLIND, topics.blind(lost, reason, since, now), incident, channels, now)


def _close(incident: Incident, channels: Collection[str], now: datetime) -> None:
    since = datetime.fromisoformat(incident.evidence["since"])
    about_us.end(incident, "sight_regained", now)
    about_us.tell(BLIND, topics.sighted(incident.evidence.get("left_out", ""), since, now), incident, channels, now)
