"""Error rate: errors as a part of transactions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from alerting.rules.answers import Answer, Measure, Priority, Question, Row
from alerting.rules.evaluate import judge_over_sample
from alerting.rules.kind import SEE_TRANSACTIONS, Axis, Kind, Situation, settled, transactions_page
from alerting.rules.model import Reading, Rule, Severity, Trust
from alerting.rules.readings import Watched, base, rows, settled_answer
from alerting.rules.units import counted, span, text, transactions


def ask(rule: Rule, situation: Situation) -> list[tuple[Question, ...]]:
    """First what may have to be found out: what it costs then is taken off the rest."""
    performance = settled(Measure.PERFORMANCE, rule, situation, Priority.HIGH)
    return [(performance, settled(Measure.ERRORS, rule, situation, Priority.HIGH))]


def read(rule: Rule, answers: Sequence[Answer], watched: Watched) -> Iterator[Reading]:
    """One reading for each project with transactions, where both counts are of the same window."""
    performance = settled_answer(answers, Measure.PERFORMANCE, rule.window_seconds)
    errors = settled_answer(answers, Measure.ERRORS, rule.window_seconds)
    if performance is None or errors is None or performance.question.window != errors.question.window:
        return
    by_id = {project.id: row for project, row in errors.rows.items()}
    for project, row in rows(performance, rule, watched):
        reading = base(project, row, performance, watched)
        if reading.trust is Trust.VALUE and errors.trust is not Trust.VALUE:
            reading = replace(reading, trust=errors.trust, note=errors.note)
        if reading.trust is Trust.VALUE:
            found = by_id.get(project.id, Row(errors=0))
            sample, count = row.transactions or 0, found.errors or 0
            reading = replace(
                reading,
                trust=Trust.VALUE if sample else Trust.NO_DATA,
                value=count / sample if sample else None,
                sample=sample,
                stored=row.stored,
                first_error_at=found.first_error_at,
                dataset=" + ".join(name for name in (errors.dataset, performance.dataset) if name),
                detail={"errors": float(count), "transactions": float(sample)},
                note=performance.note if sample else "No transactions in this window, so there is no error rate.",
            )
        yield _without_rate(reading, watched)


def _without_rate(reading: Reading, watched: Watched) -> Reading:
    """No rate where events were dropped on either side of the division: nobody knows what it is."""
    errors = sum(watched.dropped.errors.get(reading.project.id, {}).values())
    sent = watched.dropped.transactions.get(reading.project.id, 0)
    if not (errors or sent) or reading.trust not in {Trust.VALUE, Trust.NO_DATA}:
        return reading
    both = (errors, "error event"), (sent, "transaction")
    lost = " and ".join(counted(count, name) for count, name in both if count)
    note = f"Sentry dropped {lost} of this project in the last minutes, so its error rate is not judged."
    return replace(reading, trust=Trust.DROPPED, value=None, note=note)


def headline(rule: Rule, reading: Reading, value: float) -> str:
    return f"error rate {text(rule, value)} in {span(reading.window.seconds)}"


def sample(reading: Reading) -> str:
    if reading.sample is None:
        return ""
    return f"{counted(reading.detail.get('errors', 0), 'error')} / {transactions(reading)}"


KIND = Kind(
    name="error_rate",
    title="Error rate",
    unit="ratio",
    severity=Severity.HIGH,
    threshold="SENTRY_ERROR_RATE_THRESHOLD",
    window="SENTRY_ERROR_RATE_WINDOW_SECONDS",
    min_sample="SENTRY_ERROR_RATE_MIN_TRANSACTIONS",
    measures=frozenset({Measure.ERRORS, Measure.PERFORMANCE}),
    axes=(Axis.ERRORS, Axis.TRANSACTIONS),
    ask=ask,
    read=read,
    judge=judge_over_sample,
    headline=headline,
    sample=sample,
    link=transactions_page,
    next_step=SEE_TRANSACTIONS,
)
