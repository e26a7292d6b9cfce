"""A new error type: the issue's very first appearance is the breach; it never clears, it is told once."""

from collections.abc import Sequence
from datetime import timedelta

from alerting.rules import levels, windows
from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.evaluate import missing
from alerting.rules.kind import Kind, Situation
from alerting.rules.model import Outcome, Reading, Reason, Rule, Severity, Trust, Window
from alerting.rules.readings import Watched

OVERLAP = timedelta(minutes=10)
# Every so many seconds; of every so many turns one reaches so many hours back.
LATE_EVERY = 120
LATE_HOURS = ((15, 24), (5, 6), (1, 1))


def ask(_: Rule, situation: Situation) -> list[tuple[Question, ...]]:
    since = max(situation.started_at, (situation.issues_until or situation.started_at) - OVERLAP)
    newest = Question(Measure.NEW_ISSUES, Window(since, windows.floor(situation.now, 1)), Priority.NORMAL)
    return [(newest,), (_late(situation),)]


def _late(situation: Situation) -> Question:
    """Issues whose first event came late: the last hour again and again, the whole last day now and then."""
    end = windows.floor(situation.now, LATE_EVERY)
    turn = int(end.timestamp()) // LATE_EVERY
    hours = next(reach for turns, reach in LATE_HOURS if turn % turns == 0)
    start = max(situation.started_at, end - timedelta(hours=hours))
    return Question(Measure.NEW_ISSUES, Window(min(start, end), end), Priority.LOW, settled=True)


def read(_: Rule, answers: Sequence[Answer], watched: Watched) -> list[Reading]:
    """One reading for each issue."""
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


def judge(rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    if (unknown := missing(reading)) is not None:
        return unknown
    if reading.issue is None:
        return Outcome.UNKNOWN, Reason.NO_DATA
    if not levels.counts(reading.issue, rule.levels):
        return Outcome.CLEAR, Reason.LEVEL_NOT_COUNTED
    return Outcome.BREACHED, Reason.FIRST_SEEN


def headline(_: Rule, reading: Reading, __: float) -> str:
    return f"new error type {reading.issue.short_id if reading.issue else ''}".strip()


def link(rule: Rule, reading: Reading) -> tuple[str, str]:
    """What is shown where the issue's own page is not one of this Sentry's."""
    return "issues/", f"issue.id:{reading.issue.id}" if reading.issue else levels.query(rule.levels)


KIND = Kind(
    name="new_issue",
    title="New error type",
    unit="issues",
    severity=Severity.MEDIUM,
    switch="SENTRY_NEW_ISSUE_ALERTS_ENABLED",
    measures=frozenset({Measure.NEW_ISSUES}),
    ask=ask,
    read=read,
    judge=judge,
    headline=headline,
    sample=lambda _: "",
    link=link,
)
