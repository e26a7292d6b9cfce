"""Whether a breach has become worse than people know: its value doubled, or it grows twice as fast. Pure.

After a notice the window goes on filling: one error every five seconds is 11, then 22, then 60 errors in five minutes
and the same all the time. So until one whole window has passed since the notice, only faster growth is worse, and the
level to be doubled is what the full window came to. What doubles while its notice is held back raises the level too.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerting.poll.as_json import AsJson
from alerting.rules.model import Verdict

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


def judge(level: Level, verdict: Verdict, reference: timedelta, *, held_back: bool) -> tuple[Level, Worse | None]:
    """The level after this breach, and how it has become worse, if it has and may be told.

    The pace of growth is known once it was watched for `reference`; events that arrive with a lag need that long to
    show how many there are. Only a value that events add to grows at a pace.
    """
    value, window = verdict.reading.value or 0.0, verdict.reading.window
    known = replace(level, most=max(level.most, value))
    # A notice dated in the future means that the clock was set back since.
    filling = level.told_until is not None and window.start < level.told_until <= verdict.at
    if not filling:
        if held_back:
            return (known if value >= FACTOR * level.told else level), None
        if 0 < FACTOR * level.most <= value:
            return Level.of(value, window.end), Worse.DOUBLED
        return level, None
    if not held_back and verdict.rule.kind.counts_errors and _grows_faster(level, value, window.end, reference):
        return Level.of(value, window.end), Worse.FASTER
    return _marked(known, value, window.end, reference), None


def _grows_faster(level: Level, value: float, until: datetime, reference: timedelta) -> bool:
    """Twice as much in the latest stretch as its pace lets expect, by as much as there was before: chance does less."""
    if level.told_until is None or level.marked_until is None:
        return False
    watched = level.marked_until - level.told_until
    if watched < reference or until <= level.marked_until or value < FACTOR * level.told:
        return False
    expected = max(0.0, level.marked - level.told) * ((until - level.marked_until) / watched)
    grown = value - level.marked
    return grown >= FACTOR * expected and grown - expected >= level.marked


def _marked(level: Level, value: float, until: datetime, reference: timedelta) -> Level:
    """Every stretch is as long as all before it, so that pace is known ever better and slow growth is seen as well."""
    if level.told_until is None or level.marked_until is None:
        return level
    watched = level.marked_until - level.told_until
    if until - level.marked_until < max(reference, watched):
        return level
    return replace(level, marked=value, marked_until=until)
