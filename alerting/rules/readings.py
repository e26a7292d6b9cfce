"""Answers → readings, one per rule and project. Pure. Nothing missing is ever read as zero."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerting.rules.answers import Answer, Measure, Row
from alerting.rules.model import Project, Reading, Rule, Trust
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
    # What was asked to confirm something is no reading of its own.
    answers = [each for each in answers if not each.question.unfiltered and not each.question.project_ids]
    return [(rule, reading) for rule in rules for reading in rule.kind.read(rule, answers, watched)]


def settled_answer(answers: Sequence[Answer], measure: Measure, window_seconds: int) -> Answer | None:
    """The answer about a settled window of this length, None where there is none."""
    for answer in answers:
        question = answer.question
        if question.measure is measure and question.settled and question.window.seconds == window_seconds:
            return answer
    return None


def rows(answer: Answer, rule: Rule, watched: Watched) -> Iterable[tuple[Project, Row]]:
    """The answer's rows, and an empty one for every project that is watched but absent from them.

    Of an answer that is not complete only the watched projects are read: they must learn that they were not judged.
    """
    if answer.trust is Trust.VALUE:
        yield from answer.rows.items()
    known = {project.id for project in answer.rows} if answer.trust is Trust.VALUE else set()
    for project in watched.open_projects.get(rule.name, ()):
        if project.id not in known:
            yield project, ABSENT


def base(project: Project, row: Row, answer: Answer, watched: Watched) -> Reading:
    """The reading of one project before its value: what the answer says of all of them."""
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


def listed(reasons: Mapping[str, int]) -> str:
    """Counts by Sentry's reason, in words."""
    return ", ".join(f"{plain(count)} by {name}" for name, count in sorted(reasons.items()))
