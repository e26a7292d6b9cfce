"""Whether a breach has become worse than people know: its value doubled, or it grows twice as fast. Pure.

After a notice the window goes on filling: one error every five seconds is 11, then 22, then 60 errors in five minutes
and the same all the time. So until one whole window has passed since the notice, only faster growth is worse, and the
level to be doubled is what the full window came to. What doubles while its notice is held back raises the level too.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerting.poll.as_json import AsJson

FACTOR = 2.0


class Worse(StrEnum):
    """How; the values are the lifecycle's named reasons."""

    DOUBLED = "value_doubled"
    FASTER = "grows_faster"


@dataclass(frozen=True, slots=True)
class Level(AsJson):
    """What people know of how bad it is.

    `told` is the value of the last notice that told a new one and `told_until` the end of its window; `most` is the
    highest value that counts as known since. `marked` is the value of the window that ended at `marked_until`: how it
    grew until there is the pace that later growth is compared with.
    """

    told: float = 0.0
    told_until: datetime | None = None
    most: float = 0.0
    marked: float = 0.0
    marked_until: datetime | None = None

    @classmethod
    def of(cls, value: float, until: datetime | None) -> "Level":
        """Just told; without `until`, of something whose windows have been full before."""
        return cls(value, until, value, value, until)


@dataclass(frozen=True, slots=True)
class Recent:
    """Earlier incidents of the same key: how many ended within the flap window, and the highest value in them."""

    ends: int = 0
    peak: float = 0.0


NOTHING_RECENT = Recent()


@dataclass(frozen=True, slots=True)
class Look:
    """One breached reading: its value, its window, and when it was judged. `adds_up`: a value that events add to."""

    value: float
    until: datetime
    window: timedelta
    at: datetime
    adds_up: bool


def judge(level: Level, look: Look, reference: timedelta, *, held_back: bool) -> tuple[Level, Worse | None]:
    """The level after this reading, and how it has become worse, if it has and may be told.

    The pace of growth is known once it was watched for `reference`; events that arrive with a lag need that long to
    show how many there are.
    """
    known = replace(level, most=max(level.most, look.value))
    # A notice dated in the future means that the clock was set back since.
    filling = (
        level.told_until is not None and level.told_until <= look.at and look.until < level.told_until + look.window
    )
    if not filling:
        if held_back:
            return (known if look.value >= FACTOR * level.told else level), None
        if 0 < FACTOR * level.most <= look.value:
            return Level.of(look.value, look.until), Worse.DOUBLED
        return level, None
    if not held_back and look.adds_up and _grows_faster(level, look, reference):
        return Level.of(look.value, look.until), Worse.FASTER
    return _marked(known, look, reference), None


def _grows_faster(level: Level, look: Look, reference: timedelta) -> bool:
    """Twice as much in the latest stretch as its pace lets expect, by as much as there was before: chance does less."""
    if level.told_until is None or level.marked_until is None:
        return False
    watched = level.marked_until - level.told_until
    if watched < reference or look.until <= level.marked_until or look.value < FACTOR * level.told:
        return False
    expected = max(0.0, level.marked - level.told) * ((look.until - level.marked_until) / watched)
    grown = look.value - level.marked
    return grown >= FACTOR * expected and grown - expected >= level.marked


def _marked(level: Level, look: Look, reference: timedelta) -> Level:
    """Every stretch is as long as all before it, so that pace is known ever better and slow growth is seen as well."""
    if level.told_until is None or level.marked_until is None:
        return level
    watched = level.marked_until - level.told_until
    if look.until - level.marked_until < max(reference, watched):
        return level
    return replace(level, marked=look.value, marked_until=look.until)
