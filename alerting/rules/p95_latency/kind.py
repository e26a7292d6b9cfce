"""P95 latency: how long all but the slowest twentieth of transactions take."""

from alerting.rules.answers import Measure
from alerting.rules.kind import Axis, Kind
from alerting.rules.model import Reading, Rule, Severity
from alerting.rules.p95_latency.reading import ask, read
from alerting.rules.samples import SEE_TRANSACTIONS, judge, link, transactions
from alerting.rules.units import span, text


def headline(rule: Rule, reading: Reading, value: float) -> str:
    return f"p95 latency {text(rule, value)} in {span(reading.window.seconds)}"


def sample(reading: Reading) -> str:
    return "" if reading.sample is None else transactions(reading)


KIND = Kind(
    name="p95_latency",
    title="P95 latency",
    unit="ms",
    severity=Severity.MEDIUM,
    threshold="SENTRY_P95_LATENCY_THRESHOLD_MS",
    window="SENTRY_P95_LATENCY_WINDOW_SECONDS",
    min_sample="SENTRY_P95_LATENCY_MIN_TRANSACTIONS",
    measures=frozenset({Measure.PERFORMANCE}),
    axes=(Axis.P95_MS,),
    ask=ask,
    read=read,
    judge=judge,
    headline=headline,
    sample=sample,
    link=link,
    next_step=SEE_TRANSACTIONS,
)
