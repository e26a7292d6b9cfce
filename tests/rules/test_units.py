"""What people read of a number is true: never rounded into its threshold, never a threshold nobody set."""

from dataclasses import replace

import pytest

from alerting.rules.model import Rule
from alerting.rules.units import counted, text
from tests.rules.test_evaluate import COUNT, P95, RATE, reading


@pytest.mark.parametrize(
    ("rule", "value", "shown"),
    [
        (COUNT, 11, "11 errors"),
        (COUNT, 1, "1 error"),
        (RATE, 0.01, "1%"),
        (RATE, 0.123456, "12.35%"),
        (RATE, 1001 / 100_000, "1.001%"),
        (RATE, 0.0100004, "1.00004%"),
        (P95, 1000.0, "1000 ms"),
        (P95, 1000.1, "1000.1 ms"),
        (P95, 1000.04, "1000.04 ms"),
        (P95, 1234.5678, "1234.6 ms"),
    ],
)
def test_a_value_is_as_short_as_keeps_it_apart_from_the_threshold(rule: Rule, value: float, shown: str) -> None:
    assert text(rule, value) == shown


def test_a_small_threshold_is_shown_as_it_was_set() -> None:
    tiny = replace(RATE, threshold=0.00005)
    assert text(tiny, tiny.threshold) == "0.005%"
    assert text(tiny, 0.00006) == "0.006%"


@pytest.mark.parametrize(("count", "shown"), [(0, "0 errors"), (1, "1 error"), (1.5, "1.5 errors"), (2, "2 errors")])
def test_one_is_not_many(count: float, shown: str) -> None:
    assert counted(count, "error") == shown


def test_the_sample_of_a_rate_tells_of_one_error_and_of_one_transaction() -> None:
    given = replace(reading(1 / 51, sample=51), detail={"errors": 1.0, "transactions": 51.0})
    assert RATE.kind.sample(given) == "1 error / 51 transactions"
    assert RATE.kind.sample(replace(given, sample=1, detail={"errors": 2.0})) == "2 errors / 1 transaction"


def test_the_sample_of_what_is_dropped_tells_of_one_event() -> None:
    given = replace(reading(4), detail={"kept": 3.0, "dropped": 1.0})
    assert COUNT.kind.sample(given) == "3 kept and 1 dropped event"
