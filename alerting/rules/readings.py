"""Answers → readings, one per rule and project. Pure. Nothing missing is ever read as zero."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alerting.rules.answers import Answer, Measure, Row
from alerting.rules.model import Judgement, Project, Reading, Rule, Trust, Window
from alerting.rules.units import plain

ABSENT = Row()
Readings = list[tuple[Rule, Reading]]


@dataclass(frozen=True, slots=True)
class Dropped:
    """By project id: errors by Sentry's reason, and transactions (whichever of their categories lost most)."""

    errors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    transactions: Mapping[str, int] = field(default_factory=dict)

    def to_json(self, now: datetime) -> dict[str, Any]:
        errors = {project: dict(reasons) for project, reasons in self.errors.items()}
        return {"at": now.isoformat(), "projects": errors, "transactions": dict(self.transactions)}


@dataclass(frozen=True, slots=True)
class Watched:
    """What must be read even where an answer leaves it out: projects with an open incident, by rule name.

    `dropped` is what quota and spike protection dropped lately.
    """

    open_projects: Mapping[str, frozenset[Project]] = field(default_factory=dict)
    dropped: Dropped = field(default_factory=Dropped)
    environment: str = ""


def assemble(rules: Iterable[Rule], answers: Sequence[Answer], watched: Watched) -> Readings:
    """Every reading that these answers give to these rules."""
    readings: Readings = []
    # What was asked to confirm something is no reading of its own.
    answers = [each for each in answers if not each.question.unfiltered and not each.question.project_ids]
    for rule in rules:
        match rule.judgement:
            case Judgement.CRITICAL_ERRORS:
                found = _counts(rule, answers, watched)
            case Judgement.ERROR_RATE:
                found = _rates(rule, answers, watched)
            case Judgement.P95_LATENCY:
                found = _percentiles(rule, answers, watched)
            case Judgement.NEW_ISSUE:
                found = _issues(answers, watched)
        readings += [(rule, reading) for reading in found]
    return readings


def _counts(rule: Rule, answers: Sequence[Answer], watched: Watched) -> list[Reading]:
    readings: list[Reading] = []
    for answer in answers:
        question = answer.question
        if question.measure is not Measure.ERRORS or question.window.seconds != rule.window_seconds:
            continue
        for project, row in _rows(answer, watched.open_projects.get(rule.name, frozenset())):
            reading = _base(project, row, answer, watched)
            if reading.trust is Trust.VALUE:
                reading = replace(reading, value=float(row.errors or 0), first_error_at=row.first_error_at)
            readings.append(_overlay_drops(reading, watched))
        if question.beside_drops and not watched.environment:
            readings += _with_drops(answer, answers, watched)
    return readings


def _with_drops(kept: Answer, answers: Sequence[Answer], watched: Watched) -> list[Reading]:
    """What was kept and what was dropped in the same window: together they are the least that happened."""
    dropped = next((each for each in answers if _is_about(each, Measure.OUTCOMES, kept.question.window)), None)
    if dropped is None or kept.trust is not Trust.VALUE:
        return []
    rows = {project.id: (project, row) for project, row in kept.rows.items()}
    readings: list[Reading] = []
    for project, row in dropped.rows.items():
        if not row.dropped:
            continue
        named, counted = rows.get(project.id, (project, Row(errors=0)))
        listed = _listed(row.dropped_reasons)
        note = (
            f"At least: {plain(counted.errors or 0)} errors that Sentry kept and {row.dropped} events it dropped "
            f"({listed}). Of dropped events neither the level nor the environment is known."
        )
        readings.append(
            replace(
                _base(named, counted, kept, watched),
                trust=Trust.DROPPED,
                value=float((counted.errors or 0) + row.dropped),
                first_error_at=counted.first_error_at,
                dataset=f"{kept.dataset} + outcomes",
                detail={"kept": float(counted.errors or 0), "dropped": float(row.dropped)},
                note=note,
            )
        )
    return readings


def _is_about(answer: Answer, measure: Measure, window: Window) -> bool:
    return answer.question.measure is measure and answer.question.window == window and answer.trust is Trust.VALUE


def _rates(rule: Rule, answers: Sequence[Answer], watched: Watched) -> list[Reading]:
    performance = _settled(answers, Measure.PERFORMANCE, rule.window_seconds)
    errors = _settled(answers, Measure.ERRORS, rule.window_seconds)
    if performance is None or errors is None or performance.question.window != errors.question.window:
        return []
    counted = {project.id: row for project, row in errors.rows.items()}
    readings: list[Reading] = []
    for project, row in _rows(performance, watched.open_projects.get(rule.name, frozenset())):
        reading = _base(project, row, performance, watched)
        if reading.trust is Trust.VALUE and errors.trust is not Trust.VALUE:
            reading = replace(reading, trust=errors.trust, note=errors.note)
        if reading.trust is Trust.VALUE:
            found = counted.get(project.id, Row(errors=0))
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
        readings.append(_without_rate(reading, watched))
    return readings


def _percentiles(rule: Rule, answers: Sequence[Answer], watched: Watched) -> list[Reading]:
    answer = _settled(answers, Measure.PERFORMANCE, rule.window_seconds)
    if answer is None:
        return []
    readings: list[Reading] = []
    for project, row in _rows(answer, watched.open_projects.get(rule.name, frozenset())):
        reading = _base(project, row, answer, watched)
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


def _issues(answers: Sequence[Answer], watched: Watched) -> list[Reading]:
    return [
        Reading(
            project=issue.project,
            environment=watched.environment,
            window=Window(issue.first_seen, issue.first_seen),
            trust=Trust.VALUE,
            value=1.0,
            dataset="issues",
            issue=issue,
            first_error_at=issue.first_seen,
        )
        for answer in answers
        if answer.question.measure is Measure.NEW_ISSUES
        for issue in answer.issues
    ]


def _settled(answers: Sequence[Answer], measure: Measure, window_seconds: int) -> Answer | None:
    for answer in answers:
        question = answer.question
        if question.measure is measure and question.settled and question.window.seconds == window_seconds:
            return answer
    return None


def _rows(answer: Answer, open_projects: frozenset[Project]) -> Iterable[tuple[Project, Row]]:
    """The answer's rows, and an empty one for every project that is watched but absent from them.

    Of an answer that is not complete only the watched projects are read: they must learn that they were not judged.
    """
    if answer.trust is Trust.VALUE:
        yield from answer.rows.items()
    known = {project.id for project in answer.rows} if answer.trust is Trust.VALUE else set()
    for project in open_projects:
        if project.id not in known:
            yield project, ABSENT


def _base(project: Project, row: Row, answer: Answer, watched: Watched) -> Reading:
    complete = answer.trust is Trust.VALUE
    outside = complete and answer.covered is not None and project.id not in answer.covered
    return Reading(
        project=project,
        environment=watched.environment,
        window=answer.question.window,
        trust=Trust.NOT_WATCHED if outside else answer.trust,
        settled=answer.question.settled,
        absent=complete and row is ABSENT,
        dataset=answer.dataset,
        note=answer.note,
    )


def _overlay_drops(reading: Reading, watched: Watched) -> Reading:
    reasons = watched.dropped.errors.get(reading.project.id)
    if not reasons or reading.trust not in {Trust.VALUE, Trust.NO_DATA}:
        return reading
    note = (
        f"Sentry dropped {sum(reasons.values())} error events of this project in the last minutes "
        f"({_listed(reasons)}), so the true value is higher and a falling one proves no recovery."
    )
    return replace(reading, trust=Trust.DROPPED, note=f"{reading.note} {note}".strip())


def _without_rate(reading: Reading, watched: Watched) -> Reading:
    """No rate where events were dropped on either side of the division: nobody knows what it is."""
    errors = sum(watched.dropped.errors.get(reading.project.id, {}).values())
    transactions = watched.dropped.transactions.get(reading.project.id, 0)
    if not (errors or transactions) or reading.trust not in {Trust.VALUE, Trust.NO_DATA}:
        return reading
    lost = " and ".join(
        f"{count} {name}" for count, name in ((errors, "error events"), (transactions, "transactions")) if count
    )
    note = f"Sentry dropped {lost} of this project in the last minutes, so its error rate is not judged."
    return replace(reading, trust=Trust.DROPPED, value=None, note=note)


def _listed(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{plain(count)} by {name}" for name, count in sorted(reasons.items()))
