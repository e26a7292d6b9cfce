"""Rule + reading + now → verdict."""

from collections.abc import Iterable
from datetime import datetime

from alerting.rules.model import Reading, Rule, Verdict


def judge(rule: Rule, reading: Reading, now: datetime) -> Verdict:
    """The verdict on one reading."""
    outcome, reason = rule.kind.judge(rule, reading)
    return Verdict(rule, reading, outcome, reason, now)


def judge_all(readings: Iterable[tuple[Rule, Reading]], now: datetime) -> list[Verdict]:
    """Verdicts in the order of the readings."""
    return [judge(rule, reading, now) for rule, reading in readings]
