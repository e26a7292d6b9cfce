"""Sentry drops events while we watch some environments only: told once, for drops cannot be counted among them."""

from datetime import datetime

from alerting.incidents import about_us, topics
from alerting.incidents.record import Desk
from alerting.incidents.topics import DROPPING
from alerting.outbox.clean import clean
from alerting.rules.readings import Dropped


def update(dropped: Dropped, desk: Desk, now: datetime) -> int:
    """Within the caller's transaction: one notice when dropping begins, a quiet end; returns notices owed."""
    if not desk.environment:
        return 0
    incident = about_us.standing(DROPPING)
    if dropped.errors and incident is None:
        return _open(dropped, desk, now)
    if incident is not None and not dropped.errors:
        about_us.end(incident, "dropping_stopped", now, is_told=False)
    return 0


def _open(dropped: Dropped, desk: Desk, now: datetime) -> int:
    counts = {project: sum(reasons.values()) for project, reasons in dropped.errors.items()}
    total, named = sum(counts.values()), sorted(counts, key=lambda each: -counts[each])[: topics.MOST_NAMED]
    incident = about_us.begin(DROPPING, "dropping_began", total, 0, {"projects": counts}, now)
    shown = ", ".join(f"{counts[each]} of project {clean(each, 32)}" for each in named)
    reasons = ", ".join(sorted({clean(reason, 40) for each in dropped.errors.values() for reason in each}))
    words = topics.dropping(shown, reasons, total, desk.environment, now)
    return about_us.tell(DROPPING, words, incident, desk.channels, now)
