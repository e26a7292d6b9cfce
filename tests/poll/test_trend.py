"""The last hour of a rule's value, each step as the rule would have judged it."""

from datetime import UTC, datetime, timedelta

from alerting.poll import trend
from alerting.poll.background import Points
from alerting.rules.catalog import CRITICAL_ERRORS, ERROR_RATE, P95_LATENCY
from alerting.rules.kind import Axis, Kind
from alerting.rules.model import Rule

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def rule(kind: Kind, threshold: float, window: int = 600) -> Rule:
    return Rule(kind, threshold, window)


def every(step: int, minutes_ago: int, value: float) -> Points:
    """A value in every interval of the last so many minutes."""
    begin = NOON - timedelta(minutes=minutes_ago)
    return [(begin.timestamp() + step * place, value) for place in range(minutes_ago * 60 // step)]


def shown(of: Rule, found: dict[Axis, Points]) -> trend.Trend:
    step = trend.interval(next(iter(found)), of.window_seconds)
    made = trend.trend(of, found, trend.span(step, of.window_seconds, NOON), step)
    assert made is not None
    return made


def test_a_rate_is_errors_of_a_window_by_its_transactions() -> None:
    found = {Axis.ERRORS: every(60, 20, 3.0), Axis.TRANSACTIONS: every(60, 80, 100.0)}
    made = shown(rule(ERROR_RATE, 0.01), found)
    assert made.values[-1] == 0.03 and made.values[0] == 0.0
    # Ten minutes after the errors began the whole window holds them, five minutes after them half of it.
    assert sorted(made.values) == list(made.values) and 0.0 < made.values[14] < 0.03


def test_a_rate_without_transactions_is_no_rate() -> None:
    made = shown(rule(ERROR_RATE, 0.01), {Axis.ERRORS: every(60, 60, 3.0), Axis.TRANSACTIONS: ()})
    assert set(made.values) == {0.0}


def test_a_percentile_is_asked_for_in_longer_steps_and_never_added_up() -> None:
    assert trend.interval(Axis.P95_MS, 600) == 300
    made = shown(rule(P95_LATENCY, 1000), {Axis.P95_MS: every(300, 60, 420.0)})
    assert set(made.values) == {420.0} and len(made.values) == 12 and made.limit == 1000


def test_no_peak_is_lost_between_steps() -> None:
    points = [*every(60, 60, 0.0), ((NOON - timedelta(minutes=31)).timestamp(), 50.0)]
    made = shown(rule(CRITICAL_ERRORS, 10, 60), {Axis.ERRORS: points})
    assert max(made.values) == 50.0 and len(made.values) == trend.STEPS


def test_where_nothing_was_there_is_no_trend() -> None:
    of = rule(CRITICAL_ERRORS, 10)
    assert trend.trend(of, {Axis.ERRORS: ()}, trend.span(60, 600, NOON), 60) is None
