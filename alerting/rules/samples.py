"""Ratios and percentiles: judged on settled windows only, and only over a sample that is large enough."""

from alerting.rules.model import Outcome, Reading, Reason, Rule, Trust
from alerting.rules.trust import clearing, missing
from alerting.rules.units import counted

SEE_TRANSACTIONS = "See which transactions are behind it."


def judge(rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    if reading.sample == 0 and reading.trust is Trust.NO_DATA:
        return Outcome.UNKNOWN, Reason.NO_TRANSACTIONS
    if reading.trust is Trust.DROPPED and reading.value is None:
        return Outcome.UNKNOWN, Reason.DROPPED
    if (unknown := missing(reading)) is not None:
        return unknown
    if not reading.settled:
        return Outcome.UNKNOWN, Reason.NOT_SETTLED
    if _held(reading) < rule.min_sample:
        # What quota dropped is missing from the sample as well, so its size says nothing about the traffic.
        dropped = reading.trust is Trust.DROPPED
        return Outcome.UNKNOWN, Reason.DROPPED if dropped else Reason.TOO_FEW_TRANSACTIONS
    if reading.value is not None and reading.value > rule.threshold:
        return Outcome.BREACHED, Reason.OVER_THRESHOLD
    return clearing(reading)


def _held(reading: Reading) -> int:
    """What was really measured: where a server extrapolates, a handful of samples stands for many transactions."""
    return (reading.sample if reading.stored is None else reading.stored) or 0


def link(_: Rule, __: Reading) -> tuple[str, str]:
    return "explore/traces/", "is_transaction:true"


def transactions(reading: Reading) -> str:
    """How many there were, in words."""
    stored = reading.stored is not None and reading.stored != reading.sample
    held = f" ({reading.stored} stored)" if stored else ""
    return f"{counted(reading.sample or 0, 'transaction')}{held}"
