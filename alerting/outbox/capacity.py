"""How much one channel takes: asked by the queue, said by the channel. Pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Capacity:
    """`pace` is the least time between two messages.

    `lines` is how many notices one digest holds with everything in their lines, `short_lines` how many with what nobody
    can do without.
    """

    pace: timedelta = timedelta(0)
    lines: int = 500
    short_lines: int = 500


UNBOUND = Capacity()
