"""Numbers without needless decimals, and never without needed zeros."""

import pytest

from alerting.rules.units import plain


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(1000, 0, "1000"), (1000, 4, "1000"), (0.05, 4, "0.05"), (10, 1, "10"), (0, 0, "0"), (1500.25, 1, "1500.2")],
)
def test_a_number_keeps_the_zeros_that_count(value: float, decimals: int, shown: str) -> None:
    assert plain(value, decimals) == shown
