"""Rule + reading + now → verdict. A new kind of judgement is one file and one line here."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from alerting.rules import counts, first_seen, samples
from alerting.rules.model import Judgement, Outcome, Reading, Reason, Rule, Verdict

_JUDGES: Mapping[Judgement, Callable[[Rule, Reading], tuple[Outcome, Reason]]] = {
    Judgement.CRITICAL_ERRORS: counts.judge,
    Judgement.ERROR_RATE: samples.judge,
    Judgement.NEW_ISSUE: first_seen.judge,
    Judgement.P95_LATENCY: samples.judge,
}


def judge(rule: Rule, reading: Reading, now: datetime) -> Verdict:
    """The verdict on one reading."""
    outcome, reason = _JUDGES[rule.judgement](rule, reading)
    return Verdict(rule, reading, outcome, reason, now)


def judge_all(readings: Iterable[tuple[Rule, Reading]], now: datetime) -> list[Verdict]:
    """Verdicts in the order of the readings."""
    return [judge(rule, reading, now) for rule, reading in readings]
