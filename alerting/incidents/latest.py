"""What every project read last, for the page: one row that each tick overwrites."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from alerting.incidents.models import LatestReadings
from alerting.outbox.clean import clean
from alerting.rules.model import Verdict

# A page shows what is close to its threshold; an organisation of thousands must not make the row a megabyte.
MOST_PROJECTS = 300
NOTE_LIMIT = 80


def remember(verdicts: Iterable[Verdict], now: datetime) -> None:
    """Keep the values of the rules that were judged in this tick; those of the others stay as they are."""
    judged: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    for verdict in verdicts:
        reading, rule = verdict.reading, verdict.rule
        if reading.issue is None:
            note = "" if reading.value is not None else verdict.reason.replace("_", " ")
            judged[rule.name][reading.project.id] = [
                clean(reading.project.slug, 100),
                reading.value,
                clean(note, NOTE_LIMIT),
            ]
    if not judged:
        return
    row = LatestReadings.objects.filter(pk=1).first() or LatestReadings(pk=1)
    for name, projects in judged.items():
        row.readings[name] = dict(sorted(projects.items(), key=_highest_first)[:MOST_PROJECTS])
    row.at = now
    row.save()


def _highest_first(project: tuple[str, list[Any]]) -> float:
    """What could not be judged goes last."""
    _, (_, value, _) = project
    return 1.0 if value is None else -value
