"""Sentry drops events while we watch some environments only: told once, for drops cannot be counted among them."""

from collections.abc import Mapping
from datetime import datetime

from alerting.incidents import about_us, topics
from alerting.incidents.desk import Desk
from alerting.incidents.topics import DROPPING
from alerting.outbox.clean import clean
from alerting.rules.readings import Dropped


def update(dropped: Dropped, slugs: Mapping[str, str], desk: Desk, now: datetime) -> int:
    """Within the caller's transaction: one notice when dropping begins, a quiet end; returns notices owed.

    `slugs` names the projects by id, as far as they are known.
    """
    if not desk.environment:
        return 0
    incident = about_us.standing(DROPPING)
    if dropped.errors and incident is None:
        return _open(dropped, slugs, desk, now)
    if incident is not None and not dropped.errors:
        about_us.end(incident, "dropping_stopped", now, is_told=False)
    return 0


def _open(dropped: Dropped, slugs: Mapping[str, str], desk: Desk, now: datetime) -> int:
    counts = {project: sum(reasons.values()) for project, reasons in dropped.errors.items()}
    incident = about_us.begin(DROPPING, "dropping_began", sum(counts.values()), 0, {"projects": counts}, now)
    most_first = sorted(counts, key=lambda each: -counts[each])
    named = [(_name(each, slugs), counts[each]) for each in most_first]
    reasons = ", ".join(sorted({clean(reason, 40) for each in dropped.errors.values() for reason in each}))
    words = topics.dropping(named, reasons, desk.environment, now)
    return about_us.tell(DROPPING, words, incident, desk.channels, now)


def _name(project_id: str, slugs: Mapping[str, str]) -> str:
    slug = clean(slugs.get(project_id, ""), 100)
    return slug or f"project {clean(project_id, 32)}"
