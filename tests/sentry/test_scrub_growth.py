"""Reading is linear: twice the text takes twice the time, whatever is in it, below the cut and above it."""

import gc
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import median
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
KEYWORDS = [keyword for rule in rows() for keyword in rule.keywords[:1]]
HITS = [example(rule.hits[0]) + " " for rule in rows()]
MOST = 3.0
LEAST = 0.002
"""Seconds: what takes less is not measured, so that a hiccup of the machine is no growth."""
TIMES = 15
"""At most, where five do not show it: on a busy machine the best of a few is no best; what is slow stays so."""
MEGABYTE = 1_000_000
MOST_SECONDS_PER_MEGABYTE = 0.15
USUAL_SECONDS_PER_STEP = 30e-9
"""Of a bare loop on two quiet cores of 2.4 GHz. The same shared machine was seen to take 62 for a whole hour."""


def seconds(scrub: Scrubber, event: dict[str, Any]) -> float:
    """The thread's time for one event, without what collecting everybody's garbage takes, as `timeit` measures."""
    gc.disable()
    try:
        started = time.thread_time()
        scrub(event)
        return time.thread_time() - started
    finally:
        gc.enable()


def slowness() -> float:
    """How many times as long as usual this machine takes at this moment; 1 where it is as fast or faster."""
    started, steps = time.thread_time(), 200_000
    for _ in range(steps):
        pass
    return max(1.0, (time.thread_time() - started) / steps / USUAL_SECONDS_PER_STEP)


def grows(scrub: Scrubber, unit: str, sizes: Iterable[int]) -> list[float]:
    """How long each size took, where each time one took more than `MOST` times as long as half of it; else nothing."""
    turns: list[list[float]] = []
    for turn in range(TIMES):
        turns.append([])
        for size in sizes:
            text = (unit * (size // len(unit) + 1))[:size]
            event = {"message": f"{text[:-2]}{turn}", "extra": {"again": [f"{text[:200]}{turn}"]}}
            turns[-1].append(max(seconds(scrub, event), LEAST))
        best = [min(times) for times in zip(*turns, strict=True)]
        # The machine's speed changes between turns, and the best of one size may be of a quicker moment: then what the
        # turns say, most of which are quick or slow as a whole.
        usual = [median(turn[at + 1] / turn[at] for turn in turns) for at in range(len(best) - 1)]
        if all(
            min(later / earlier, each) <= MOST for (earlier, later), each in zip(pairwise(best), usual, strict=True)
        ):
            return []
    return best


@pytest.mark.parametrize(
    ("units", "sizes"),
    [
        (FAMILIES, (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)),
        (list(UNITS.values()), (4_000, 8_000)),
        (KEYWORDS, (4_000, 8_000)),
        (HITS, (4_000, 8_000)),
    ],
    ids=["families", "units", "keywords", "examples"],
)
def test_time_grows_with_the_text(units: list[str], sizes: tuple[int, ...]) -> None:
    scrub = Scrubber()
    assert {unit: taken for unit in units if (taken := grows(scrub, unit, sizes))} == {}


FORMS: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    "lines": lambda leaves: {"extra": {"lines": leaves}},
    "fields": lambda leaves: {"extra": {f"field{number}": leaf for number, leaf in enumerate(leaves)}},
    "names": lambda leaves: {"extra": dict.fromkeys(leaves, "a")},
    "objects": lambda leaves: {"contexts": {"all": [{"password": leaf} for leaf in leaves]}},
    "crumbs": lambda leaves: {"breadcrumbs": {"values": [{"message": leaf} for leaf in leaves]}},
    "frames": lambda leaves: {
        "exception": {"values": [{"stacktrace": {"frames": [{"vars": {"a": leaf}} for leaf in leaves]}}]}
    },
}
SOME = ["load PRIVATE KEY from: ", '{"a":', "api key ", "%2522", "4111 1111 1111 1111 "]


@pytest.mark.parametrize("leaf", [100, 2_000])
def test_a_megabyte_of_anything_takes_a_bounded_time(leaf: int) -> None:
    units = [*FAMILIES, *list(UNITS.values())[::4]]
    assert {unit: taken for unit in units if (taken := takes_too_long(unit, leaf, FORMS["lines"]))} == {}


@pytest.mark.parametrize("form", FORMS)
def test_a_megabyte_in_any_form_takes_a_bounded_time(form: str) -> None:
    assert {unit: taken for unit in SOME if (taken := takes_too_long(unit, 52, FORMS[form]))} == {}


def takes_too_long(unit: str, leaf: int, form: Callable[[list[str]], dict[str, Any]]) -> tuple[float, float] | None:
    """Seconds for a megabyte of such leaves, and the machine's slowness beside them, where it is too much."""
    text = (unit * (leaf // len(unit) + 1))[:leaf]
    taken: list[float] = []
    beside: list[float] = []
    while len(taken) < TIMES:
        leaves = [f"{text}{len(taken)}{number}" for number in range(MEGABYTE // leaf)]
        beside.append(slowness())
        taken.append(seconds(Scrubber(), form(leaves)))
        if min(taken) / median(beside) <= MOST_SECONDS_PER_MEGABYTE:
            return None
    return min(taken), median(beside)
