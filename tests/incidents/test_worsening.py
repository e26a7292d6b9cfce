"""Worse is a faster arrival or a full window that doubled, and never a window that merely fills."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from alerting.incidents.lifecycle import Policy, advance
from alerting.incidents.standing import Standing
from alerting.incidents.worsening import Level
from alerting.outbox.message import Kind
from alerting.rules.catalog import ERROR_RATE, P95_LATENCY
from alerting.rules.evaluate import judge
from alerting.rules.model import Reading, Rule, Trust, Window
from tests.rules.test_evaluate import COUNT, SHOP

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
POLICY = Policy(keep_firing=timedelta(minutes=2), repeat=timedelta())
RATE = Rule(ERROR_RATE, 0.01, 600, 100)
P95 = Rule(P95_LATENCY, 1000, 600, 50)


def told(
    readings: Iterable[tuple[float, float]], rule: Rule = COUNT, *, settled: bool = False
) -> list[tuple[float, str]]:
    """The seconds and kinds of what is told about these values by the second."""
    standing, found = Standing(), []
    for at, value in readings:
        now = NOON + timedelta(seconds=at)
        reading = Reading(
            SHOP, "", Window.ending(now, rule.window_seconds), Trust.VALUE, value, sample=5000, settled=settled
        )
        verdict = judge(rule, reading, now)
        step = advance(standing, verdict, POLICY)
        standing = step.standing
        if step.tell is not None:
            found.append((at, step.tell.value))
    return found


def counted(times: Iterable[float], until: float, lag: float = 0.0, window: int = 300) -> list[tuple[float, float]]:
    """What the freshest window holds every 15 seconds, of errors at these seconds that are readable so much later."""
    known = sorted(times)
    return [
        (at, float(max(0, bisect_left(known, at - lag) - bisect_left(known, at - window))))
        for at in (15.0 * tick for tick in range(int(until // 15)))
    ]


def every(pause: float, start: float, end: float) -> list[float]:
    return [start + pause * number for number in range(int((end - start) / pause))]


@pytest.mark.parametrize("pause", [25, 20, 10, 5, 1, 0.1])
@pytest.mark.parametrize("lag", [0, 25, 60])
@pytest.mark.parametrize("background", [(), (1.0,), (200.0, 290.0)])
def test_a_flat_series_is_never_worse(pause: float, lag: float, background: tuple[float, ...]) -> None:
    readings = counted([*background, *every(pause, 300, 2400)], 2400, lag)
    assert [kind for _, kind in told(readings)][:2] in ([], ["first"])


def test_errors_that_come_as_they_like_but_no_faster_are_hardly_ever_worse() -> None:
    worse = 0
    for seed in range(40):
        random, at, times = Random(seed), 0.0, []
        while at < 1200:
            at += random.expovariate(0.2)
            times.append(at)
        worse += sum(kind == "worse" for _, kind in told(counted(times, 1200)))
    assert worse == 0


def test_a_burst_whose_tail_arrives_with_a_lag_is_not_worse() -> None:
    assert told([(0, 14), (15, 60), *((15.0 * tick, 60) for tick in range(2, 20))]) == [(0, "first")]


def test_an_arrival_that_speeds_up_while_the_window_fills_is_worse_at_once() -> None:
    times = [*every(5, 0, 120), *every(0.25, 120, 400)]
    assert [kind for _, kind in told(counted(times, 400))] == ["first", "worse"]
    assert told(counted(times, 400))[1][0] <= 150


def test_a_full_window_that_doubles_is_worse_once() -> None:
    times = [*every(10, 0, 1200), *every(5, 1200, 3600)]
    found = told(counted(times, 3600))
    assert [kind for _, kind in found] == ["first", "worse"]
    assert 1450 <= found[1][0] <= 1530


def test_every_further_doubling_is_told_but_not_more_often_than_every_ten_minutes() -> None:
    steps = [(1200.0 * number, 20.0 * 2**number) for number in range(4)]
    ramp = [(start + 15.0 * tick, value) for start, value in steps for tick in range(80)]
    assert [kind for _, kind in told(ramp)] == ["first", "worse", "worse", "worse"]


def test_a_doubling_that_a_pause_held_back_is_no_news_afterwards() -> None:
    readings = [
        *((15.0 * tick, 20) for tick in range(40)),
        (600, 40),
        (900, 95),
        *((915.0 + 15 * t, 95) for t in range(99)),
    ]
    assert told(readings) == [(0, "first"), (600, "worse")]


def test_twice_what_a_pause_held_back_is_news_again() -> None:
    readings = [*((15.0 * tick, 20) for tick in range(40)), (600, 40), (900, 95), (1300, 189), (1315, 190)]
    assert told(readings) == [(0, "first"), (600, "worse"), (1315, "worse")]


@pytest.mark.parametrize("share", [0.02, 0.05, 0.5])
def test_a_flat_rate_is_not_worse_because_its_window_fills(share: float) -> None:
    filling = [(60.0 * minute, share * min(1.0, minute / 10)) for minute in range(1, 60)]
    assert [kind for _, kind in told(filling, RATE, settled=True)] == ["first"]


def test_a_rate_that_explodes_while_its_window_fills_is_worse() -> None:
    filling = [(60, 0.011), (120, 0.013), (180, 0.015), (240, 0.06), (300, 0.11), (360, 0.16)]
    assert [kind for _, kind in told(filling, RATE, settled=True)] == ["first", "worse"]


def test_a_percentile_that_jumps_while_its_window_fills_is_not_worse() -> None:
    filling = [
        (60, 1100),
        (120, 1150),
        (180, 1200),
        (240, 3000),
        *((300.0 + 60 * minute, 3000) for minute in range(20)),
    ]
    assert told(filling, P95, settled=True) == [(60, "first")]


def test_a_percentile_that_doubles_in_a_full_window_is_worse() -> None:
    readings = [*((60.0 * minute, 1200) for minute in range(15)), (900, 2400)]
    assert told(readings, P95, settled=True) == [(0, "first"), (900, "worse")]


@pytest.mark.parametrize("window", [60, 3600, 86_400])
def test_the_length_of_the_window_changes_nothing_of_it(window: int) -> None:
    rule = replace(COUNT, window_seconds=window)
    flat = [(15.0 * tick, min(tick * 15.0, window) / 5) for tick in range(600)]
    assert [kind for _, kind in told(flat, rule)] == ["first"]
    jump = [(at, value if at < 4000 else value + (at - 4000) * 20) for at, value in flat if at < 4200]
    assert [kind for _, kind in told(jump, rule)] == ["first", "worse"]


def test_a_clock_set_back_by_an_hour_leaves_doubling_worth_telling() -> None:
    standing = Standing.from_json({"state": "firing", "level": Level.of(20, NOON + timedelta(hours=1)).to_json()})
    reading = Reading(SHOP, "", Window.ending(NOON, 300), Trust.VALUE, 40.0)
    assert advance(standing, judge(COUNT, reading, NOON), POLICY).tell is Kind.WORSE
