"""A new error type: the issue's very first appearance is the breach; it never clears, it is told once."""

from alerting.rules.model import Outcome, Reading, Reason, Rule
from alerting.rules.trust import missing


def judge(_rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    if (unknown := missing(reading)) is not None:
        return unknown
    return (Outcome.BREACHED, Reason.FIRST_SEEN) if reading.issue is not None else (Outcome.UNKNOWN, Reason.NO_DATA)
