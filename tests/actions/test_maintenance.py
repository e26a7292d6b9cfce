"""When recurring maintenance is open: weekdays, midnight, time zones, and the two nights when clocks change."""

from datetime import UTC, datetime, time, timedelta

import pytest

from alerting.actions.maintenance import Recurrence, time_of_day, weekday_names, weekdays

NIGHTLY = Recurrence(frozenset(range(1, 8)), time(2, 30), 60, "Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-10T01:29:59", None),
        ("2026-01-10T01:30:00", "2026-01-10T02:30:00"),
        ("2026-01-10T02:29:59", "2026-01-10T02:30:00"),
        ("2026-01-10T02:30:00", None),
        ("2026-07-10T00:30:00", "2026-07-10T01:30:00"),  # summer time: two hours ahead
        ("2026-03-29T01:30:00", "2026-03-29T02:30:00"),  # 02:30 does not exist that night
        ("2026-10-25T00:30:00", "2026-10-25T01:30:00"),  # 02:30 comes twice; the first counts
    ],
)
def test_a_nightly_window_in_berlin(now: str, until: str | None) -> None:
    assert NIGHTLY.open_until(at(now)) == (at(until) if until else None)


def test_a_window_that_passes_midnight_belongs_to_the_day_it_begins_on() -> None:
    saturday = Recurrence(frozenset({6}), time(23), 180, "UTC")
    assert saturday.open_until(at("2026-01-11T01:00:00")) == at("2026-01-11T02:00:00")
    assert saturday.open_until(at("2026-01-12T01:00:00")) is None


def test_the_next_start_is_in_the_future_even_on_the_day_itself() -> None:
    saturday = Recurrence(frozenset({6}), time(23), 180, "UTC")
    assert saturday.next_start(at("2026-01-10T22:59:00")) == at("2026-01-10T23:00:00")
    assert saturday.next_start(at("2026-01-10T23:00:00")) == at("2026-01-17T23:00:00")


def test_a_year_of_nights_has_one_window_each() -> None:
    begin = at("2026-01-01T12:00:00")
    starts = {NIGHTLY.next_start(begin + timedelta(days=day)) for day in range(365)}
    assert len(starts) == 365


@pytest.mark.parametrize(
    ("text", "days"),
    [("sat,sun", {6, 7}), ("mon-fri", {1, 2, 3, 4, 5}), ("fri-mon", {5, 6, 7, 1}), ("Daily", set(range(1, 8)))],
)
def test_weekdays_are_read_as_people_write_them(text: str, days: set[int]) -> None:
    assert weekdays(text) == days


@pytest.mark.parametrize("text", ["", "someday", "mo", "mon-", "1"])
def test_what_is_no_weekday_is_named(text: str) -> None:
    if text == "mon-":
        assert weekdays(text) == {1}
        return
    with pytest.raises(ValueError, match="is no weekday"):
        weekdays(text)


def test_weekdays_are_written_as_people_read_them() -> None:
    assert weekday_names(frozenset({6, 7})) == "sat, sun"
    assert weekday_names(frozenset(range(1, 8))) == "daily"


@pytest.mark.parametrize(("text", "found"), [("02:30", time(2, 30)), ("2:30", time(2, 30)), (" 23:59 ", time(23, 59))])
def test_a_time_of_day_is_read_as_people_write_it(text: str, found: time) -> None:
    assert time_of_day(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("02:30+05:00", "'02:30\\+05:00' has an offset from UTC; write the time of day alone"),
        ("02:30Z", "'02:30Z' has an offset"),
        ("02:30:15", "'02:30:15' is no time of day; write it as 02:30"),
        ("25:00", "'25:00' is no time of day"),
        ("0230", "'0230' is no time of day"),
        ("٠٢:٣٠", "is no time of day"),
    ],
)
def test_what_is_no_time_of_day_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        time_of_day(text)
