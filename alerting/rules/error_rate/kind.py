"""Error rate: errors as a part of transactions."""

from alerting.rules.answers import Measure
from alerting.rules.error_rate.reading import ask, read
from alerting.rules.kind import Axis, Kind
from alerting.rules.model import Reading, Rule, Severity
from alerting.rules.samples import SEE_TRANSACTIONS, judge, link, transactions
from alerting.rules.units import plain, span, text


def headline(rule: Rule, reading: Reading, value: float) -> str:
    return f"error rate {text(rule, value)} in {span(reading.window.seconds)}"


def sample(reading: Reading) -> str:
    if reading.sample is None:
        return ""
    return f"{plain(reading.detail.get('errors', 0))} errors / {transactions(reading)}"


KIND = Kind(
    name="error_rate",
    title="Error rate",
    unit="ratio",
    severity=Severity.HIGH,
    threshold="SENTRY_ERROR_RATE_THRESHOLD",
    window="SENTRY_ERROR_RATE_WINDOW_SECONDS",
    min_sample="SENTRY_ERROR_RATE_MIN_TRANSACTIONS",
    measures=frozenset({Measure.ERRORS, Measure.PERFORMANCE}),
    axes=(Axis.ERRORS, Axis.TRANSACTIONS),
    ask=ask,
    read=read,
    judge=judge,
    headline=headline,
    sample=sample,
    link=link,
    next_step=SEE_TRANSACTIONS,
)
