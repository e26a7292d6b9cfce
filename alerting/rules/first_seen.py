"""A new error type: the issue's very first appearance is the breach; it never clears, it is told once."""

from alerting.rules import levels
from alerting.rules.model import Outcome, Reading, Reason, Rule
from alerting.rules.trust import missing


def judge(rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    if (unknown := missing(reading)) is not None:
        return unknown
    if reading.issue is None:
        return Outcome.UNKNOWN, Reason.NO_DATA
    if not levels.counts(reading.issue, rule.levels):
        return Outcome.CLEAR, Reason.LEVEL_NOT_COUNTED
    return Outcome.BREACHED, Reason.FIRST_SEEN
