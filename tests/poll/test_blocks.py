"""How the past that is remembered gets shorter without losing what has still to be judged."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from alerting.poll.blocks import Block, merged

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
MINUTE, WINDOW, HOUR = timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1)


def minutes(*edges: int, unjudged: int = -1) -> list[Block]:
    """Blocks between these minutes; something waits to be judged in the one that begins at `unjudged`."""
    return [
        Block(NOON + start * MINUTE, NOON + end * MINUTE, {}, {"1": 0.0} if start == unjudged else {})
        for start, end in pairwise(edges)
    ]


def edges(blocks: list[Block]) -> list[int]:
    return [*((block.start - NOON) // MINUTE for block in blocks), (blocks[-1].end - NOON) // MINUTE]


def test_what_is_old_and_judged_goes_together_up_to_a_window() -> None:
    assert edges(merged(minutes(*range(13)), NOON + 11 * MINUTE, WINDOW)) == [0, 5, 10, 11, 12]


def test_what_was_split_to_judge_a_neighbour_stays_split_until_that_is_done() -> None:
    """Else it is split again in every turn, for as long as the neighbour waits for it."""
    past = minutes(0, 1, 2, 3, 4, 5, 7, 10, 11, 12, 15, 16, 17, 18, unjudged=10)
    assert edges(merged(past, NOON + HOUR, WINDOW)) == [0, 5, 7, 10, 11, 12, 15, 16, 18]
    past[7].unjudged.clear()
    assert edges(merged(past, NOON + HOUR, WINDOW)) == [0, 5, 10, 15, 18]
