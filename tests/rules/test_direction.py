"""Is it getting worse: told from an hour's figures, whatever the unit, and never from noise."""

import pytest

from alerting.rules.direction import Direction, direction

QUIET = [0.0] * 15


@pytest.mark.parametrize(
    ("values", "threshold", "expected"),
    [
        pytest.param([*QUIET, 1, 2, 4, 19, 37], 10, Direction.RISING, id="a beginning outage rises"),
        pytest.param([*QUIET, 0, 0, 0, 0, 37], 10, Direction.RISING, id="so does one that began just now"),
        pytest.param([*QUIET, 0, 100, 80, 60, 40], 10, Direction.FALLING, id="past its peak it falls"),
        pytest.param([*QUIET, 100, 80, 60, 40, 0], 10, Direction.FALLING, id="also when it is all but over"),
        pytest.param([*QUIET, 0, 100, 100, 100, 100], 10, Direction.STEADY, id="a level that stays is steady"),
        pytest.param([37.0, 35, 40, 36, 38] * 4, 10, Direction.STEADY, id="and so is one that trembles"),
        pytest.param([*QUIET, 1, 0, 1, 0, 2], 10, Direction.STEADY, id="a few errors below the threshold are noise"),
        pytest.param([12.0, 11, 12, 13, 12, 14] * 3, 10, Direction.STEADY, id="and a few more above it"),
        pytest.param([0.0] * 20, 0, Direction.STEADY, id="nothing at all is steady"),
        pytest.param([0.0] * 19 + [1], 0, Direction.RISING, id="one error, where none is allowed, is a rise"),
        pytest.param([0.001, 0.002, 0, 0.003, 0.02, 0.042], 0.01, Direction.RISING, id="a rate"),
        pytest.param([310, 305, 290, 420, 900, 1200, 1840], 1000, Direction.RISING, id="milliseconds"),
        pytest.param([310, 350, 900, 1200, 1700, 1840], 1000, Direction.RISING, id="that rise more slowly in the end"),
        pytest.param([3000, 2900, 3100, 2800, 2000, 1900, 1400], 1000, Direction.FALLING, id="falling milliseconds"),
        pytest.param([0.0] * 50 + [50.0] * 5 + [90.0] * 5, 10, Direction.RISING, id="an hour in minutes"),
        pytest.param([0.0, 37], 10, None, id="two figures tell nothing"),
        pytest.param([], 10, None, id="nor does none"),
    ],
)
def test_it_is_rising_falling_or_steady(values: list[float], threshold: float, expected: Direction | None) -> None:
    assert direction(values, threshold) is expected


@pytest.mark.parametrize("factor", [0.001, 1, 1000])
def test_the_unit_does_not_matter(factor: float) -> None:
    values = [*QUIET, 1, 2, 4, 19, 37]
    assert direction([factor * value for value in values], factor * 10) is Direction.RISING
