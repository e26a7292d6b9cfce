"""Counts only grow: over the threshold is certain at once, under it only once the window has settled."""

from alerting.rules.model import Outcome, Reading, Reason, Rule
from alerting.rules.trust import clearing, missing


def judge(rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    if (unknown := missing(reading)) is not None:
        return unknown
    if reading.value is not None and reading.value > rule.threshold:
        return Outcome.BREACHED, Reason.OVER_THRESHOLD
    if not reading.settled:
        return Outcome.UNKNOWN, Reason.NOT_SETTLED
    return clearing(reading)
