"""What a reading that is not a plain value means for any rule."""

from alerting.rules.model import Outcome, Reading, Reason, Trust

_MISSING = {
    Trust.NO_DATA: Reason.NO_DATA,
    Trust.PARTIAL: Reason.PARTIAL,
    Trust.SOURCE_ERROR: Reason.SOURCE_ERROR,
    Trust.NOT_WATCHED: Reason.NOT_WATCHED,
    Trust.NOT_VISIBLE: Reason.NOT_VISIBLE,
}


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
