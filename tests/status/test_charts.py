"""Charts: where the line and the threshold stand, what is said in words, and that no peak is thinned away."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.status.charts import HEIGHT, MARGIN, MOST_POINTS, draw

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ms(value: float) -> str:
    return f"{value:g} ms"


def test_nothing_read_is_no_chart() -> None:
    assert draw([], 10.0, ms) is None


def test_the_threshold_lies_between_the_values_under_and_over_it() -> None:
    chart = draw([(NOON, 0.0), (NOON + timedelta(minutes=5), 20.0)], 10.0, ms)
    assert chart is not None
    assert chart.line.startswith(f"M{float(MARGIN)} {float(HEIGHT - MARGIN)}")
    top = float(chart.line.split("V")[1].split("H")[0])
    assert top < chart.threshold_y < HEIGHT - MARGIN


def test_the_last_value_is_held_until_now() -> None:
    chart = draw([(NOON, 5.0)], 10.0, ms, NOON + timedelta(minutes=10))
    assert chart is not None and chart.last_at == NOON + timedelta(minutes=10)
    said = "From 12:00 to 12:10 UTC it stays about level at 5 ms; never over the threshold of 10 ms"
    assert chart.description == said


def test_a_peak_survives_thinning() -> None:
    points = [(NOON + timedelta(seconds=number), 1.0) for number in range(MOST_POINTS * 7)]
    points[777] = (points[777][0], 99.0)
    chart = draw(points, 10.0, ms)
    assert chart is not None and "rises from 1 ms to 99 ms" in chart.description
    assert chart.line.count("H") <= MOST_POINTS + 1


def test_negative_and_zero_values_stay_on_the_ground() -> None:
    chart = draw([(NOON, 0.0), (NOON, -1.0)], 0.0, ms)
    assert chart is not None and "V114.0" in chart.line


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((3, 12, 37), "rises from 3 ms to 37 ms; over the threshold of 10 ms at the end"),
        ((37, 12, 3), "falls from 37 ms to 3 ms; at or under the threshold of 10 ms at the end"),
        ((30, 31, 30), "stays about level at 30 ms; over the threshold of 10 ms all the time"),
        ((3, 37, 4), "rises from 3 ms to 37 ms and falls to 4 ms; at or under the threshold of 10 ms at the end"),
        ((37, 3, 36), "falls from 37 ms to 3 ms and rises to 36 ms; over the threshold of 10 ms at the end"),
        ((0, 0, 0), "stays about level at 0 ms; never over the threshold of 10 ms"),
        ((0, 0, 10), "rises from 0 ms to 10 ms; never over the threshold of 10 ms"),
    ],
)
def test_a_chart_says_where_it_goes_and_against_what_threshold(values: tuple[float, ...], said: str) -> None:
    chart = draw([(NOON + timedelta(minutes=at), value) for at, value in enumerate(values)], 10.0, ms)
    assert chart is not None and chart.description.endswith(f" it {said}")
