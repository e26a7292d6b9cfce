"""Sentry's ingestion is behind: a line in the log when that begins and when it ends, and told once where it lasts.

It is told only where it keeps something from people: an incident that cannot end, a rate that cannot be told.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents import about_us, topics
from alerting.incidents.desk import Desk
from alerting.incidents.models import Incident
from alerting.incidents.topics import BEHIND
from alerting.outbox.clean import clean
from alerting.rules.model import Reason, Verdict
from alerting.rules.units import stamp

logger = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=30)
# Ratios are judged once a minute, and what is put off is not judged in between.
OVER_AFTER = timedelta(minutes=3)


def update(
    memory: Mapping[str, Any], verdicts: Sequence[Verdict], standing: Sequence[Incident], desk: Desk, now: datetime
) -> tuple[dict[str, Any], int]:
    """Within the caller's transaction: what to remember (empty while all is well) and how many notices are owed."""
    held = [each for each in verdicts if each.reason is Reason.INGESTION_BEHIND]
    kept = dict(memory)
    if not held:
        if not kept or timedelta() <= now - _moment(kept, "until") < OVER_AFTER:
            return kept, 0
        logger.info("Sentry's ingestion has caught up: it was behind from %s to %s", kept["since"], kept["until"])
        return {}, _close(kept, desk, now)
    if not kept:
        kept = {"since": stamp(now), "until": stamp(now)}
        logger.info("Sentry's ingestion is behind (%s): what late events may change is not judged", held[0].why)
    waiting = _waiting(held, standing)
    kept |= {"until": stamp(now), "why": clean((waiting or held)[0].why)}
    if not waiting:
        return kept, 0
    kept.setdefault("waiting_since", stamp(now))
    if kept.get("told") or now - _moment(kept, "waiting_since") < PATIENCE:
        return kept, 0
    return {**kept, "told": True}, _open(kept, waiting, desk, now)


def sentence(memory: Mapping[str, Any]) -> str:
    """What there is to say about it now; empty while all is well."""
    if not memory:
        return ""
    return f"Sentry's ingestion is behind since {memory['since']}: {memory.get('why', '')}."


def _waiting(held: Sequence[Verdict], standing: Sequence[Incident]) -> list[Verdict]:
    """What people do not learn because of it."""
    is_open = {each.key for each in standing}
    return [
        each
        for each in held
        if each.key in is_open
        or (each.rule.kind.needs_transactions and (each.reading.value or 0.0) > each.rule.threshold)
    ]


def _moment(memory: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(memory[name])


def _open(memory: Mapping[str, Any], waiting: Sequence[Verdict], desk: Desk, now: datetime) -> int:
    since, why = _moment(memory, "since"), memory["why"]
    named = list(dict.fromkeys(f"{each.rule.title} of {each.reading.project.slug}" for each in waiting))
    evidence = {"since": memory["since"], "why": why, "waiting": named}
    lasted = (now - since).total_seconds()
    incident = about_us.begin(BEHIND, "ingestion_behind", lasted, PATIENCE.total_seconds(), evidence, now)
    return about_us.tell(BEHIND, topics.behind(why, named, since, now), incident, desk.channels, now)


def _close(memory: Mapping[str, Any], desk: Desk, now: datetime) -> int:
    incident = about_us.standing(BEHIND)
    if incident is None:
        return 0
    about_us.end(incident, "ingestion_caught_up", now)
    words = topics.caught_up(_moment(incident.evidence, "since"), _moment(memory, "until"))
    return about_us.tell(BEHIND, words, incident, desk.channels, now)
