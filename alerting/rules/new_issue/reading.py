"""Issues first seen: asked since the last answer, and once more for those whose first event came late. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from alerting.rules import windows
from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.kind import Situation
from alerting.rules.model import Reading, Rule, Trust, Window
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
