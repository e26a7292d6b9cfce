"""Critical errors: a count only grows, so over the threshold is certain at once, under it only once it has settled."""

from alerting.rules import levels
from alerting.rules.answers import Measure
from alerting.rules.critical_errors.reading import ask, read
from alerting.rules.kind import Axis, Kind
from alerting.rules.model import Outcome, Reading, Reason, Rule, Severity
from alerting.rules.trust import clearing, missing
from alerting.rules.units import least, plain, span, text


def judge(rule: Rule, reading: Reading) -> tuple[Outcome, Reason]:
    if (unknown := missing(reading)) is not None:
        return unknown
    if reading.value is not None and reading.value > rule.threshold:
        return Outcome.BREACHED, Reason.OVER_THRESHOLD
    if not reading.settled:
        return Outcome.UNKNOWN, Reason.NOT_SETTLED
    return clearing(reading)


def headline(rule: Rule, reading: Reading, value: float) -> str:
    return f"{least(reading)}{text(rule, value)} in {span(reading.window.seconds)}"


def sample(reading: Reading) -> str:
    """Of a plain count the value is the sample."""
    if "dropped" not in reading.detail:
        return ""
    return f"{plain(reading.detail['kept'])} kept and {plain(reading.detail['dropped'])} dropped events"


def link(rule: Rule, _: Reading) -> tuple[str, str]:
    return "issues/", levels.query(rule.levels)


KIND = Kind(
    name="critical_errors",
    title="Critical errors",
    unit="errors",
    severity=Severity.HIGH,
    threshold="SENTRY_CRITICAL_ERROR_THRESHOLD",
    window="SENTRY_CRITICAL_ERROR_WINDOW_SECONDS",
    measures=frozenset({Measure.ERRORS}),
    axes=(Axis.ERRORS,),
    ask=ask,
    read=read,
    judge=judge,
    headline=headline,
    sample=sample,
    link=link,
)
