"""Late errors that no request was left to judge are given up in the end, and the log says whose and from when."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from alerting.poll.blocks import Block, Count
from alerting.poll.look_back import Turn
from alerting.poll.past import Past, Scope
from alerting.rules.model import Window
from tests.rules.test_evaluate import RULES
from tests.support.source import FakeSource

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
COUNTS = next(rule for rule in RULES.values() if rule.name == "critical_errors")


def remembered(waits_since: datetime) -> Past:
    """Twelve errors somewhere in ten minutes: whether any five held more than ten is not decided."""
    start = NOON - 2 * HOUR
    count = Count(12, start.timestamp(), (start + 9 * MINUTE).timestamp())
    block = Block(start, start + 10 * MINUTE, {"1": count}, {"1": waits_since.timestamp()})
    return Past([block], looked_at=NOON, names={"1": "shop"})


def turn(past: Past, origin: datetime, *gaps: Window) -> None:
    Turn(FakeSource(), past, Scope(COUNTS, NOON, 120, origin, gaps), limit=0).run()


@pytest.mark.parametrize(
    ("waits_since", "origin"),
    [(NOON - HOUR, NOON - 6 * HOUR), (NOON - MINUTE, NOON - HOUR)],
    ids=["for an hour", "too long ago"],
)
def test_they_are_named(waits_since: datetime, origin: datetime, caplog: pytest.LogCaptureFixture) -> None:
    turn(remembered(waits_since), origin)
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Late errors of shop between 2026-01-01 10:00:00 and 10:10:00 UTC are not judged: no requests were left for it"
    ]


def test_until_then_they_wait(caplog: pytest.LogCaptureFixture) -> None:
    past = remembered(NOON - 59 * MINUTE)
    turn(past, NOON - 6 * HOUR)
    assert past.blocks[0].unjudged and not caplog.records


def test_a_gap_waits_for_as_long_as_it_is_looked_at(caplog: pytest.LogCaptureFixture) -> None:
    past = remembered(NOON - HOUR)
    turn(past, NOON - 6 * HOUR, Window(NOON - 2 * HOUR, NOON - 2 * HOUR + MINUTE))
    assert past.blocks[0].unjudged and not caplog.records
