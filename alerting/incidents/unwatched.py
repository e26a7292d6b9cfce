"""Incidents opened under another filter of environments: nobody reads for them any more, so they end, and say why."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents import record
from alerting.incidents.models import Incident
from alerting.incidents.record import Desk
from alerting.rules.model import Outcome, Project, Reading, Reason, Rule, Trust, Verdict, Window

# During a deploy workers with the old and the new filter take turns, and must not end each other's incidents.
PATIENCE = timedelta(minutes=5)


def watching(memory: Mapping[str, Any], environment: str, now: datetime) -> dict[str, str]:
    """The filter that is in force and since when, to be remembered between ticks."""
    kept = memory.get("watching", {})
    same = kept.get("environment") == environment
    since = min(datetime.fromisoformat(kept["since"]), now) if same else now
    return {"environment": environment, "since": since.isoformat()}


def close(watched: Mapping[str, str], rules: Sequence[Rule], desk: Desk, now: datetime) -> int:
    """End what was opened under another filter once ours has been in force for a while; returns how many are told."""
    if now - datetime.fromisoformat(watched["since"]) < PATIENCE:
        return 0
    known = {rule.name: rule for rule in rules}
    left = Incident.objects.filter(closed_at__isnull=True, rule__in=list(known)).exclude(environment=desk.environment)
    by_environment: dict[str, list[Verdict]] = defaultdict(list)
    for incident in left:
        by_environment[incident.environment].append(_verdict(known[incident.rule], incident, now))
    return sum(
        record.settle(verdicts, replace(desk, environment=environment), now)
        for environment, verdicts in by_environment.items()
    )


def _verdict(rule: Rule, incident: Incident, now: datetime) -> Verdict:
    reading = Reading(
        project=Project(incident.project_id_text, incident.project),
        environment=incident.environment,
        window=Window.ending(now.replace(microsecond=0), rule.window_seconds),
        trust=Trust.NOT_WATCHED,
    )
    return Verdict(rule, reading, Outcome.UNKNOWN, Reason.NOT_WATCHED, now)
