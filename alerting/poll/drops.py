"""What quota and spike protection dropped lately, as the last answer about outcomes had it. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerting.rules.answers import Answer, Measure
from alerting.rules.model import Trust
from alerting.rules.readings import Dropped

# While outcomes cannot be read, nothing says that quota has stopped dropping; but not every server can tell them.
REMEMBERED = timedelta(minutes=30)


def told_by(answer: Answer) -> Dropped:
    """What one answer tells."""
    rows = {project.id: row for project, row in answer.rows.items()}
    return Dropped(
        {key: dict(row.dropped_reasons) or {"quota": row.dropped} for key, row in rows.items() if row.dropped},
        {key: row.dropped_transactions for key, row in rows.items() if row.dropped_transactions},
    )


def newest(answers: Iterable[Answer]) -> Dropped | None:
    """What this tick's answer about the last minutes tells; None where outcomes were not asked or could not be read."""
    for answer in answers:
        of_now = answer.question.measure is Measure.OUTCOMES and not answer.question.settled
        if of_now and answer.trust is Trust.VALUE:
            return told_by(answer)
    return None


def slugs(answers: Iterable[Answer]) -> dict[str, str]:
    """Project id → slug, of every project that an answer of this tick names."""
    return {project.id: project.slug for answer in answers for project in answer.rows if project.slug}


def lately(memory: Mapping[str, Any], answers: Iterable[Answer], now: datetime) -> Dropped:
    """This tick's answer, or the last one while it is recent."""
    told = newest(answers)
    if told is not None:
        return told
    recent = memory and timedelta() <= now - datetime.fromisoformat(memory["at"]) <= REMEMBERED
    return Dropped(dict(memory["projects"]), dict(memory.get("transactions", {}))) if recent else Dropped()
