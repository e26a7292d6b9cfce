"""The 95th percentile of how long transactions take, asked of the newest settled window. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.kind import Situation, settled
from alerting.rules.model import Reading, Rule, Trust
from alerting.rules.readings import Watched, base, rows, settled_answer


def ask(rule: Rule, situation: Situation) -> list[tuple[Question, ...]]:
    return [(settled(Measure.PERFORMANCE, rule, situation, Priority.NORMAL),)]


def read(rule: Rule, answers: Sequence[Answer], watched: Watched) -> list[Reading]:
    """One reading for each project with transactions."""
    answer = settled_answer(answers, Measure.PERFORMANCE, rule.window_seconds)
    if answer is None:
        return []
    readings: list[Reading] = []
    for project, row in rows(answer, rule, watched):
        reading = base(project, row, answer, watched)
        if reading.trust is Trust.VALUE:
            missing = row.p95_ms is None
            reading = replace(
                reading,
                trust=Trust.NO_DATA if missing else Trust.VALUE,
                value=row.p95_ms,
                sample=row.transactions or 0,
                stored=row.stored,
                note="No transactions in this window, so there is no percentile." if missing else reading.note,
            )
        readings.append(reading)
    return readings
