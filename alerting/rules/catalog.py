"""The one list of rule kinds, and the rules made of them. A new one is a folder beside this file and a line here."""

from typing import Any

from alerting.rules.answers import Measure
from alerting.rules.critical_errors.kind import KIND as CRITICAL_ERRORS
from alerting.rules.error_rate.kind import KIND as ERROR_RATE
from alerting.rules.kind import Kind
from alerting.rules.model import Rule
from alerting.rules.new_issue.kind import KIND as NEW_ISSUE
from alerting.rules.p95_latency.kind import KIND as P95_LATENCY

KINDS: tuple[Kind, ...] = (
    CRITICAL_ERRORS,
    ERROR_RATE,
    P95_LATENCY,
    NEW_ISSUE,
)
# Names of those whose errors add up, and of those that are told once and over at once.
COUNTING_ERRORS = frozenset(kind.name for kind in KINDS if kind.counts_errors)
TOLD_ONCE = frozenset(kind.name for kind in KINDS if kind.is_told_once)


def build(settings: Any) -> tuple[Rule, ...]:
    """Every rule that is switched on, made of the variables of these settings, high severity first."""
    return tuple(_rule(kind, settings) for kind in KINDS if not kind.switch or getattr(settings, kind.switch))


def _rule(kind: Kind, settings: Any) -> Rule:
    threshold, window, sample = (
        getattr(settings, name) if name else 0 for name in (kind.threshold, kind.window, kind.min_sample)
    )
    is_of_errors = not kind.measures.isdisjoint({Measure.ERRORS, Measure.NEW_ISSUES})
    return Rule(kind, threshold, window, sample, settings.SENTRY_ERROR_LEVELS if is_of_errors else ())
