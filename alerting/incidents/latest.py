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
    shares: dict[tuple[str, str], float] = {}
    for verdict in verdicts:
        reading, rule = verdict.reading, verdict.rule
        if reading.issue is None:
            note = "" if reading.value is not None else verdict.reason.replace("_", " ")
            judged[rule.name][reading.project.id] = [
                clean(reading.project.slug, 100),
                reading.value,
                clean(note, NOTE_LIMIT),
            ]
            shares[rule.name, reading.project.id] = reading.value if reading.value is not None else -1.0
    if not judged:
        return
    kept = {
        name: dict(sorted(projects.items(), key=lambda each: -shares[name, each[0]])[:MOST_PROJECTS])
        for name, projects in judged.items()
    }
    row = LatestReadings.objects.filter(pk=1).first()
    readings = {**(row.readings if row else {}), **kept}
    if row is None:
        LatestReadings.objects.create(pk=1, at=now, readings=readings)
    else:
        LatestReadings.objects.filter(pk=1).update(at=now, readings=readings)
