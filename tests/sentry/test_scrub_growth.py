"""Reading is linear: twice the text takes twice the time, whatever is in it, below the cut and above it."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from alerting.sentry.scrub import Scrubber
from alerting.sentry.scrub.rules import example, rows
from tests.sentry.test_scrub_bounds import UNITS

# What made the former reader quadratic, or might make this one: names without values, values without ends.
FAMILIES = [
    "token=set ", "and password=", "-----ENDPRIVATE KEY", "Cookie:", "pw:", "mnemonic=a ", "sess:", "::--token",
    "plain words only ", 'password="a ', 'pw="a', "password=[", 'password={"a":', "password=a;", "token: ab1c2d3e ",
    "authorization: Bearer ", "api key ", "load PRIVATE KEY from: ", "\\n", '\\"', "\\\\\\\"", "&quot;",
    "%2522",
    '<a name="password" value="', 'name="password"\n\n', 'password is "', "https://a:b@", "4111 1111 1111 1111 ",
    "[SQL: x] [parameters: (", "Key (password)=(", "where password in ('a', ", "--password a ", "'--password', ",
]  # fmt: skip
KEYWORDS = [rule.keywords[0] for rule in rows()]
HITS = [example(rule.hits[0]) + " " for rule in rows()]
MOST = 3.0
LEAST = 0.002
"""Seconds: what takes less is not measured, so that a hiccup of the machine is no growth."""
BELOW, AROUND, ABOVE = (1_000, 2_000, 4_000), (2_000, 4_000, 8_000), (8_000, 16_000, 32_000, 64_000)


def seconds(scrub: Callable[[Any], Any], unit: str, size: int) -> float:
    """The thread's time for one event, the best of three, and of three more where it grew."""
    text = (unit * (size // len(unit) + 1))[:size]
    best = 1e9
    for turn in range(3):
        event = {"message": f"{text[:-2]}{turn}", "extra": {"again": [f"{text[:200]}{turn}"]}}
        started = time.thread_time()
        scrub(event)
        best = min(best, time.thread_time() - started)
    return max(best, LEAST)


def growth(units: list[str], *series: tuple[int, ...]) -> dict[str, list[float]]:
    """The units that take more than `MOST` times as long for twice as much, each time they are asked."""
    scrub = Scrubber()
    scrub({"message": "password=warm"})
    grown = {}
    for unit in units:
        for sizes in series:
            for _again in range(3):
                taken = [seconds(scrub, unit, size) for size in sizes]
                if all(later <= MOST * earlier for earlier, later in pairwise(taken)):
                    break
            else:
                grown[unit] = taken
    return grown


def test_time_grows_with_the_text_below_the_cut_and_above_it() -> None:
    assert growth(FAMILIES, BELOW, ABOVE) == {}


@pytest.mark.parametrize("units", [list(UNITS.values()), KEYWORDS, HITS], ids=["units", "keywords", "examples"])
def test_time_grows_with_the_text_for_every_rule(units: list[str]) -> None:
    assert growth(units, AROUND) == {}


MEGABYTE = 1_000_000
MOST_SECONDS_PER_MEGABYTE = 0.45
"""The bound is 0.15; three times that where tests share their processors with other work."""


@pytest.mark.parametrize("leaf", [100, 2_000])
def test_a_megabyte_of_anything_takes_a_bounded_time(leaf: int) -> None:
    scrub = Scrubber()
    scrub({"message": "password=warm"})
    slow = {}
    for unit in [*FAMILIES, *list(UNITS.values())[::4]]:
        text = (unit * (leaf // len(unit) + 1))[:leaf]
        event = {"extra": {"lines": [f"{text}{number}" for number in range(MEGABYTE // leaf)]}}
        started = time.thread_time()
        scrub(event)
        taken = time.thread_time() - started
        if taken > MOST_SECONDS_PER_MEGABYTE:
            slow[unit] = taken
    assert slow == {}
