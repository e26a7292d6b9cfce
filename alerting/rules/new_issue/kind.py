"""A new error type: the issue's very first appearance is the breach; it never clears, it is told once."""

from alerting.rules import levels
from alerting.rules.answers import Measure
from alerting.rules.kind import Kind
from alerting.rules.model import Outcome, Reading, Reason, Rule, Severity
from alerting.rules.new_issue.reading import ask, read
from alerting.rules.trust import missing


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
