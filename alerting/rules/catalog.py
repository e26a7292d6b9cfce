"""The built-in rules, made from the thresholds in the environment."""

from typing import Protocol

from alerting.rules.model import Judgement, Rule, Severity


class Thresholds(Protocol):
    """The part of the configuration that rules are made of."""

    @property
    def SENTRY_CRITICAL_ERROR_THRESHOLD(self) -> int: ...
    @property
    def SENTRY_CRITICAL_ERROR_WINDOW_SECONDS(self) -> int: ...
    @property
    def SENTRY_ERROR_RATE_THRESHOLD(self) -> float: ...
    @property
    def SENTRY_ERROR_RATE_WINDOW_SECONDS(self) -> int: ...
    @property
    def SENTRY_ERROR_RATE_MIN_TRANSACTIONS(self) -> int: ...
    @property
    def SENTRY_ERROR_LEVELS(self) -> tuple[str, ...]: ...
    @property
    def SENTRY_NEW_ISSUE_ALERTS_ENABLED(self) -> bool: ...
    @property
    def SENTRY_P95_LATENCY_THRESHOLD_MS(self) -> float: ...
    @property
    def SENTRY_P95_LATENCY_WINDOW_SECONDS(self) -> int: ...
    @property
    def SENTRY_P95_LATENCY_MIN_TRANSACTIONS(self) -> int: ...


def build(thresholds: Thresholds) -> tuple[Rule, ...]:
    """Every rule that is switched on, high severity first."""
    rules = [
        Rule(
            judgement=Judgement.CRITICAL_ERRORS,
            title="Critical errors",
            threshold=thresholds.SENTRY_CRITICAL_ERROR_THRESHOLD,
            window_seconds=thresholds.SENTRY_CRITICAL_ERROR_WINDOW_SECONDS,
            severity=Severity.HIGH,
            unit="errors",
            levels=thresholds.SENTRY_ERROR_LEVELS,
        ),
        Rule(
            judgement=Judgement.ERROR_RATE,
            title="Error rate",
            threshold=thresholds.SENTRY_ERROR_RATE_THRESHOLD,
            window_seconds=thresholds.SENTRY_ERROR_RATE_WINDOW_SECONDS,
            severity=Severity.HIGH,
            unit="ratio",
            min_sample=thresholds.SENTRY_ERROR_RATE_MIN_TRANSACTIONS,
            levels=thresholds.SENTRY_ERROR_LEVELS,
        ),
        Rule(
            judgement=Judgement.P95_LATENCY,
            title="P95 latency",
            threshold=thresholds.SENTRY_P95_LATENCY_THRESHOLD_MS,
            window_seconds=thresholds.SENTRY_P95_LATENCY_WINDOW_SECONDS,
            severity=Severity.MEDIUM,
            unit="ms",
            min_sample=thresholds.SENTRY_P95_LATENCY_MIN_TRANSACTIONS,
        ),
    ]
    if thresholds.SENTRY_NEW_ISSUE_ALERTS_ENABLED:
        rules.append(
            Rule(
                judgement=Judgement.NEW_ISSUE,
                title="New error type",
                threshold=0,
                window_seconds=0,
                severity=Severity.MEDIUM,
                unit="issues",
                levels=thresholds.SENTRY_ERROR_LEVELS,
            )
        )
    return tuple(rules)
