"""P95 latency: how long all but the slowest twentieth of transactions take."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.evaluate import judge_over_sample
from alerting.rules.kind import SEE_TRANSACTIONS, Axis, Kind, Situation, settled, transactions_page
from alerting.rules.model import Reading, Rule, Severity, Trust
from alerting.rules.readings import Watched, base, rows, settled_answer
from alerting.rules.units import span, text, transactions


def ask(rule: Rule, situation: Situation) -> list[tuple[Question, ...]]:
    return [(settled(Measure.PERFORMANCE, rule, situation, Priority.NORMAL),)]


def read(rule: Rule, answers: Sequence[Answer], watched: Watched) -> Iterator[Reading]:
    """One reading for each project with transactions."""
    answer = settled_answer(answers, Measure.PERFORMANCE, rule.window_seconds)
    if answer is None:
        return
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
        yield reading


def headline(rule: Rule, reading: Reading, value: float) -> str:
    return f"p95 latency {text(rule, value)} in {span(reading.window.seconds)}"


def sample(reading: Reading) -> str:
    return "" if reading.sample is None else transactions(reading)


KIND = Kind(
    name="p95_latency",
    title="P95 latency",
    unit="ms",
    severity=Severity.MEDIUM,
    threshold="SENTRY_P95_LATENCY_THRESHOLD_MS",
    window="SENTRY_P95_LATENCY_WINDOW_SECONDS",
    min_sample="SENTRY_P95_LATENCY_MIN_TRANSACTIONS",
    measures=frozenset({Measure.PERFORMANCE}),
    axes=(Axis.P95_MS,),
    ask=ask,
    read=read,
    judge=judge_over_sample,
    headline=headline,
    sample=sample,
    link=transactions_page,
    next_step=SEE_TRANSACTIONS,
)
