"""Incidents opened under another filter of environments: nobody reads for them any more, so they end, and say why."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerting.incidents import record
from alerting.incidents.desk import Desk
from alerting.incidents.evaluator_state import Watching
from alerting.incidents.models import Incident
from alerting.rules.model import Outcome, Project, Reading, Reason, Rule, Trust, Verdict, Window

# During a deploy workers with the old and the new filter take turns, and must not end each other's incidents.
PATIENCE = timedelta(minutes=5)


def watching(before: Watching | None, environment: str, now: datetime) -> Watching:
    """The filter that is in force and since when."""
    if before is None or before.environment != environment:
        return Watching(environment, now)
    return Watching(environment, min(before.since, now))


def close(watched: Watching, open_now: Sequence[Incident], rules: Sequence[Rule], desk: Desk, now: datetime) -> int:
    """End what was opened under another filter once ours has been in force for a while; returns how many are told."""
    if now - watched.since < PATIENCE:
        return 0
    known = {rule.name: rule for rule in rules}
    by_environment: dict[str, list[Incident]] = defaultdict(list)
    for incident in open_now:
        if incident.rule in known and incident.environment != desk.environment:
            by_environment[incident.environment].append(incident)
    return sum(
        record.settle(
            [_verdict(known[each.rule], each, now) for each in left], left, replace(desk, environment=environment), now
        )
        for environment, left in by_environment.items()
    )


def _verdict(rule: Rule, incident: Incident, now: datetime) -> Verdict:
    reading = Reading(
        project=Project(incident.project_id_text, incident.project),
        environment=incident.environment,
        window=Window.ending(now.replace(microsecond=0), rule.window_seconds),
        trust=Trust.NOT_WATCHED,
    )
    return Verdict(rule, reading, Outcome.UNKNOWN, Reason.NOT_WATCHED, now)
