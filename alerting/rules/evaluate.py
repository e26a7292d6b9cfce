"""From a reading to its verdict: rule + reading + now, and what the judgements of several kinds share."""

from collections.abc import Iterable
from datetime import datetime

from alerting.rules.model import Outcome, Reading, Reason, Rule, Trust, Verdict

_MISSING = {
    Trust.NO_DATA: Reason.NO_DATA,
    Trust.PARTIAL: Reason.PARTIAL,
    Trust.SOURCE_ERROR: Reason.SOURCE_ERROR,
    Trust.NOT_WATCHED: Reason.NOT_WATCHED,
    Trust.NOT_VISIBLE: Reason.NOT_VISIBLE,
}


def judge_all(readings: Iterable[tuple[Rule, Reading]], now: datetime) -> list[Verdict]:
    """Verdicts in the order of the readings."""
    return [judge(rule, reading, now) for rule, reading in readings]


def judge(rule: Rule, reading: Reading, now: datetime) -> Verdict:
    """The verdict on one reading."""
    outcome, reason = rule.kind.judge(rule, reading)
    return Verdict(rule, reading, outcome, reason, now)


def judge_over_sample(rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    """Ratios and percentiles are judged on settled windows only, and only over a sample that is large enough."""
    if reading.sample == 0 and reading.trust is Trust.NO_DATA:
        return Outcome.UNKNOWN, Reason.NO_TRANSACTIONS
    if reading.trust is Trust.DROPPED and reading.value is None:
        return Outcome.UNKNOWN, Reason.DROPPED
    if (unknown := missing(reading)) is not None:
        return unknown
    if not reading.settled:
        return Outcome.UNKNOWN, Reason.NOT_SETTLED
    if reading.held < rule.min_sample:
        # What quota dropped is missing from the sample as well, so its size says nothing about the traffic.
        dropped = reading.trust is Trust.DROPPED
        return Outcome.UNKNOWN, Reason.DROPPED if dropped else Reason.TOO_FEW_TRANSACTIONS
    if reading.value is not None and reading.value > rule.threshold:
        return Outcome.BREACHED, Reason.OVER_THRESHOLD
    return clearing(reading)


def missing(reading: Reading) -> tuple[Outcome, Reason] | None:
    """Unknown with its reason where nothing can be judged; None where there is a value to judge.

    A value read while quota dropped events is a lower bound: it may fire, and `clearing` keeps it from clearing.
    """
    if reading.trust in _MISSING:
        return Outcome.UNKNOWN, _MISSING[reading.trust]
    if reading.value is None:
        return Outcome.UNKNOWN, Reason.DROPPED if reading.trust is Trust.DROPPED else Reason.NO_DATA
    return None


def clearing(reading: Reading) -> tuple[Outcome, Reason]:
    """The verdict on a value that is not over its threshold: clear only where nothing was dropped."""
    if reading.trust is Trust.DROPPED:
        return Outcome.UNKNOWN, Reason.DROPPED
    return Outcome.CLEAR, Reason.AT_OR_UNDER_THRESHOLD
