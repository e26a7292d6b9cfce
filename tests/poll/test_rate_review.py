"""Which windows of ratios are read afterwards, in which steps, and when what is found may be told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerting.poll import rate_review
from alerting.poll.rate_review import Review
from alerting.rules.answers import Measure, Question, Row
from alerting.rules.catalog import build
from alerting.rules.model import Project, Window
from tests.rules.test_evaluate import Defaults
from tests.support.source import FakeSource

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SHOP = Project("1", "shop")
RULES = build(Defaults())


@pytest.fixture
def source() -> FakeSource:
    """A transaction a second."""
    source = FakeSource()

    def transactions(question: Question) -> None:
        source.performance = {SHOP: Row(transactions=round(question.window.seconds), p95_ms=100.0)}

    source.before_answer = transactions
    return source


def review(minutes: int) -> Review:
    return Review(600, NOON, NOON + minutes * MINUTE, NOON)


def read(source: FakeSource, asked: Review, **usual: float) -> tuple[Review, list[str]]:
    """To the end; the starts of what may be told, in order."""
    told: list[str] = []
    for _ in range(100):
        if asked.is_over:
            break
        asked, _ = rate_review.go_on(source, RULES, asked, "", 3, NOON + 3 * 60 * MINUTE, usual)
        asked = Review.from_json(asked.to_json())
        asked, ready = rate_review.take_told(asked)
        told += [f"{rule} {each.stretch.start:%H:%M}" for rule, found in ready.items() for each in found]
    return asked, told


def windows_read(source: FakeSource) -> list[str]:
    return [f"{each.window.end:%H:%M}" for each in source.asked if each.measure is Measure.PERFORMANCE]


def errors_at(source: FakeSource, minute: float, count: int) -> None:
    source.add_errors(SHOP, count, NOON + minute * MINUTE)


def test_calm_windows_are_read_half_their_length_apart(source: FakeSource) -> None:
    assert read(source, review(20))[0].is_over
    assert windows_read(source) == ["12:00", "12:05", "12:10", "12:15", "12:20"]


def test_a_breach_is_found_without_small_steps_beside_it(source: FakeSource) -> None:
    errors_at(source, 6, 4)
    errors_at(source, 12, 8)
    _, told = read(source, review(40))
    assert told == ["error_rate 12:05"]
    assert windows_read(source) == [f"12:{minute:02}" for minute in range(0, 45, 5)]


def test_what_comes_near_between_two_steps_is_read_in_small_ones(source: FakeSource) -> None:
    errors_at(source, 4, 4)
    errors_at(source, 13.5, 4)
    _, told = read(source, review(25))
    assert told == ["error_rate 12:04"], "no window that ends on a step of five minutes holds both"


def test_what_is_near_to_the_end_comes_to_an_end(source: FakeSource) -> None:
    source.add_errors(SHOP, 40, NOON - 10 * MINUTE, 80 * MINUTE)
    assert read(source, review(60))[0].is_over
    assert len(windows_read(source)) <= 80, "a minute apart, and every fifth of them once more"


def test_a_breach_is_told_when_a_window_after_it_is_clear_and_not_when_all_is_read(source: FakeSource) -> None:
    errors_at(source, 2, 30)
    asked = review(120)
    told: list[str] = []
    while not told:
        asked, _ = rate_review.go_on(source, RULES, asked, "", 3, NOON + 3 * 60 * MINUTE, {})
        asked, ready = rate_review.take_told(asked)
        told += list(ready)
    assert asked.next <= NOON + 25 * MINUTE


def test_a_rate_is_put_off_twice_while_usual_traffic_would_carry_it_under_the_threshold(source: FakeSource) -> None:
    errors_at(source, 2, 20)
    asked, moment, tries = review(30), NOON + 60 * MINUTE, 0
    while not asked.found:
        asked, _ = rate_review.go_on(source, RULES, asked, "", 9, moment, {SHOP.id: 300.0})
        tries, moment = max(tries, asked.tries), max(moment, asked.not_before)
    assert (tries, moment) == (2, NOON + 76 * MINUTE)


def test_more_errors_in_judged_windows_are_wanted_once_and_together() -> None:
    grown = [Window(NOON, NOON + MINUTE), Window(NOON + 3 * MINUTE, NOON + 4 * MINUTE)]
    now = NOON + 60 * MINUTE
    (wanted,) = rate_review.with_grown([], RULES, grown, now, now)
    assert (wanted.next, wanted.until) == (NOON + 5 * MINUTE, NOON + 14 * MINUTE)
    assert wanted.not_before == now + 4 * MINUTE
    later = now + 40 * MINUTE
    (same,) = rate_review.with_grown([wanted], RULES, grown[:1], later, later)
    assert same.not_before == now + 30 * MINUTE, "what never stops growing is read all the same"
    assert replace(same, not_before=wanted.not_before) == wanted


def test_a_rate_that_usual_traffic_would_not_mend_is_believed_at_once(source: FakeSource) -> None:
    errors_at(source, 2, 40)
    asked, _ = rate_review.go_on(source, RULES, review(30), "", 30, NOON + 60 * MINUTE, {SHOP.id: 300.0})
    assert asked.tries == 0 and asked.found
