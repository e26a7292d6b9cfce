"""Critical errors: a count only grows, so over the threshold is certain at once, under it only once it has settled."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from alerting.rules import levels, windows
from alerting.rules.answers import Answer, Measure, Priority, Question, Row
from alerting.rules.evaluate import clearing, missing
from alerting.rules.kind import Axis, Kind, Situation, settled
from alerting.rules.model import Outcome, Reading, Reason, Rule, Severity, Trust, Window
from alerting.rules.readings import Watched, base, listed, rows
from alerting.rules.units import counted, least, plain, span, text


def ask(rule: Rule, situation: Situation) -> list[tuple[Question, ...]]:
    """With a steady lag the freshest window never holds a window's worth of errors; its settled twin does."""
    freshest = Question(Measure.ERRORS, windows.fresh(situation.now, rule.window_seconds), Priority.HIGH)
    groups: list[tuple[Question, ...]] = [(freshest,), (settled(Measure.ERRORS, rule, situation, Priority.HIGH),)]
    if situation.dropping:
        # What was dropped in one window, and what was kept in the very same. Outcomes are told in whole minutes.
        whole = Window.ending(windows.floor(situation.now, 60), max(1, rule.window_seconds // 60) * 60)
        kept = Question(Measure.ERRORS, whole, Priority.HIGH, beside_drops=True)
        groups.append((Question(Measure.OUTCOMES, whole, Priority.HIGH, settled=True), kept))
    return groups


def read(rule: Rule, answers: Sequence[Answer], watched: Watched) -> Iterator[Reading]:
    """One reading for each project of each window that was counted."""
    for answer in answers:
        question = answer.question
        if question.measure is not Measure.ERRORS or question.window.seconds != rule.window_seconds:
            continue
        for project, row in rows(answer, rule, watched):
            reading = base(project, row, answer, watched)
            if reading.trust is Trust.VALUE:
                reading = replace(reading, value=float(row.errors or 0), first_error_at=row.first_error_at)
            yield _overlay_drops(reading, watched)
        if question.beside_drops and not watched.environment:
            yield from _with_drops(answer, answers, watched)


def _with_drops(kept: Answer, answers: Sequence[Answer], watched: Watched) -> Iterator[Reading]:
    """What was kept and what was dropped in the same window: together they are the least that happened."""
    told = [each for each in answers if each.question.measure is Measure.OUTCOMES and each.trust is Trust.VALUE]
    dropped = next((each for each in told if each.question.window == kept.question.window), None)
    if dropped is None or kept.trust is not Trust.VALUE:
        return
    by_id = {project.id: (project, row) for project, row in kept.rows.items()}
    for project, row in dropped.rows.items():
        if not row.dropped:
            continue
        named, read_row = by_id.get(project.id, (project, Row(errors=0)))
        errors = read_row.errors or 0
        note = (
            f"At least: {counted(errors, 'error')} that Sentry kept and {counted(row.dropped, 'event')} it dropped "
            f"({listed(row.dropped_reasons)}). Of dropped events neither the level nor the environment is known."
        )
        yield replace(
            base(named, read_row, kept, watched),
            trust=Trust.DROPPED,
            value=float(errors + row.dropped),
            first_error_at=read_row.first_error_at,
            dataset=f"{kept.dataset} + outcomes",
            detail={"kept": float(errors), "dropped": float(row.dropped)},
            note=note,
        )


def _overlay_drops(reading: Reading, watched: Watched) -> Reading:
    reasons = watched.dropped.errors.get(reading.project.id)
    if not reasons or reading.trust not in {Trust.VALUE, Trust.NO_DATA}:
        return reading
    note = (
        f"Sentry dropped {counted(sum(reasons.values()), 'error event')} of this project in the last minutes "
        f"({listed(reasons)}), so the true value is higher and a falling one proves no recovery."
    )
    return replace(reading, trust=Trust.DROPPED, note=f"{reading.note} {note}".strip())


def judge(rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    if (unknown := missing(reading)) is not None:
        return unknown
    if reading.value is not None and reading.value > rule.threshold:
        return Outcome.BREACHED, Reason.OVER_THRESHOLD
    if not reading.settled:
        return Outcome.UNKNOWN, Reason.NOT_SETTLED
    return clearing(reading)


def headline(rule: Rule, reading: Reading, value: float) -> str:
    return f"{least(reading)}{text(rule, value)} in {span(reading.window.seconds)}"


def sample(reading: Reading) -> str:
    """Of a plain count the value is the sample."""
    if "dropped" not in reading.detail:
        return ""
    return f"{plain(reading.detail['kept'])} kept and {counted(reading.detail['dropped'], 'dropped event')}"


def link(rule: Rule, _: Reading) -> tuple[str, str]:
    return "issues/", levels.query(rule.levels)


KIND = Kind(
    name="critical_errors",
    title="Critical errors",
    unit="errors",
    severity=Severity.HIGH,
    threshold="SENTRY_CRITICAL_ERROR_THRESHOLD",
    window="SENTRY_CRITICAL_ERROR_WINDOW_SECONDS",
    measures=frozenset({Measure.ERRORS}),
    axes=(Axis.ERRORS,),
    ask=ask,
    read=read,
    judge=judge,
    headline=headline,
    sample=sample,
    link=link,
)
