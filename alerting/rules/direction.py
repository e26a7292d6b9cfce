"""Whether a value is rising, falling or steady lately, from its last figures. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

# Fewer figures than these show no direction, and of few ones more than a quarter count.
FEWEST, ENOUGH = 3, 4
# Less than this part of what it was, or of the threshold where that is more, is noise.
NOISE = 0.25


class Direction(StrEnum):
    """Where a value is going; the words are the ones people read."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


def direction(values: Sequence[float], threshold: float) -> Direction | None:
    """The last value against the median of the last quarter of them; None where there are too few to tell.

    `values` are evenly spaced, oldest first, in the threshold's unit. Of an hour's, the last quarter of an hour counts:
    what began earlier and has been falling since falls, however much higher it is than an hour ago.
    """
    if len(values) < FEWEST:
        return None
    lately = values[-max(ENOUGH, len(values) // 4) :]
    usual = median(lately)
    moved = lately[-1] - usual
    if abs(moved) <= NOISE * max(usual, threshold, 0.0):
        return Direction.STEADY
    return Direction.RISING if moved > 0 else Direction.FALLING
