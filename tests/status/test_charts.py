"""Charts: where the line and the threshold stand, what is said in words, and that no peak is thinned away."""

from datetime import UTC, datetime, timedelta

from alerting.status.charts import HEIGHT, MARGIN, MOST_POINTS, draw

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_nothing_read_is_no_chart() -> None:
    assert draw([], 10.0, "") is None


def test_the_threshold_lies_between_the_values_under_and_over_it() -> None:
    chart = draw([(NOON, 0.0), (NOON + timedelta(minutes=5), 20.0)], 10.0, "")
    assert chart is not None
    assert chart.line.startswith(f"M{float(MARGIN)} {float(HEIGHT - MARGIN)}")
    top = float(chart.line.split("V")[1].split("H")[0])
    assert top < chart.threshold_y < HEIGHT - MARGIN


def test_the_last_value_is_held_until_now() -> None:
    chart = draw([(NOON, 5.0)], 10.0, " ms", NOON + timedelta(minutes=10))
    assert chart is not None and chart.last_at == NOON + timedelta(minutes=10)
    assert "the last 5, the highest 5 ms, threshold 10 ms, 0 of 1 over it" in chart.description


def test_a_peak_survives_thinning() -> None:
    points = [(NOON + timedelta(seconds=number), 1.0) for number in range(MOST_POINTS * 7)]
    points[777] = (points[777][0], 99.0)
    chart = draw(points, 10.0, "")
    assert chart is not None and chart.highest == 99.0
    assert chart.line.count("H") <= MOST_POINTS + 1


def test_negative_and_zero_values_stay_on_the_ground() -> None:
    chart = draw([(NOON, 0.0), (NOON, -1.0)], 0.0, "")
    assert chart is not None and "V114.0" in chart.line
