"""Ratios and percentiles: judged on settled windows only, and only over a sample that is large enough."""

from alerting.rules.model import Outcome, Reading, Reason, Rule
from alerting.rules.trust import clearing, missing


def judge(rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    if reading.sample == 0:
        return Outcome.UNKNOWN, Reason.NO_TRANSACTIONS
    if (unknown := missing(reading)) is not None:
        return unknown
    if not reading.settled:
        return Outcome.UNKNOWN, Reason.NOT_SETTLED
    if reading.sample is None or reading.sample < rule.min_sample:
        return Outcome.UNKNOWN, Reason.TOO_FEW_TRANSACTIONS
    if reading.value is not None and reading.value > rule.threshold:
        return Outcome.BREACHED, Reason.OVER_THRESHOLD
    return clearing(reading)
