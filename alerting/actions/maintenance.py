"""When a recurring maintenance window is open. Pure: wall-clock times in a named time zone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_MINUTES = 24 * 60
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`weekdays` are ISO numbers (Monday is 1); a window that passes midnight belongs to the day it begins on."""

    weekdays: frozenset[int]
    starts: time
    minutes: int
    time_zone: str

    def open_until(self, now: datetime) -> datetime | None:
        """The end of the window that is open at `now` (UTC), None where none is."""
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            begin = self._begin(day, zone)
            if begin is not None and begin <= now < begin + timedelta(minutes=self.minutes):
                return begin + timedelta(minutes=self.minutes)
        return None

    def next_start(self, now: datetime) -> datetime:
        """The next beginning after `now`, in UTC."""
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        begins = (self._begin(today + timedelta(days=ahead), zone) for ahead in range(8))
        return min(begin for begin in begins if begin is not None and begin > now)

    def _begin(self, day: date, zone: ZoneInfo) -> datetime | None:
        if day.isoweekday() not in self.weekdays:
            return None
        # A time that daylight saving skips is read with the offset before the jump, one that comes twice is the first.
        return datetime.combine(day, self.starts, zone).astimezone(UTC)


def without_end(windows: Sequence[Recurrence], now: datetime) -> list[Recurrence]:
    """Those that one after the other leave no gap in a whole week from now, or later in the year; none where all do.

    Several weeks are looked at because clocks change: windows of two time zones may meet in summer only.
    """
    for ahead in range(0, 365, 91):
        at, chain = now + timedelta(days=ahead), list[Recurrence]()
        end = at + timedelta(days=7)
        while at < end:
            is_open = [(until, each) for each in windows if (until := each.open_until(at)) is not None]
            if not is_open:
                break
            at, longest = max(is_open, key=lambda each: each[0])
            chain.append(longest)
        else:
            return list(dict.fromkeys(chain))
    return []


def weekdays(text: str) -> frozenset[int]:
    """ISO numbers from "sat,sun", "mon-fri" or "daily". Raises ValueError naming what it does not know."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        if part in {"daily", "everyday"}:
            found |= set(range(1, 8))
            continue
        first, _, last = part.partition("-")
        begin, end = _number(first), _number(last or first)
        found |= {(begin - 1 + step) % 7 + 1 for step in range((end - begin) % 7 + 1)}
    return frozenset(found)


def time_of_day(text: str) -> time:
    """Wall-clock time from "02:30". Raises ValueError naming what is wrong with it."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip(), re.ASCII)
    if found:
        return time(int(found[1]), int(found[2]))
    try:
        has_offset = time.fromisoformat(text.strip()).tzinfo is not None
    except ValueError:
        has_offset = False
    if has_offset:
        raise ValueError(
            f"{text!r} has an offset from UTC; write the time of day alone, and name its time zone beside it"
        )
    raise ValueError(f"{text!r} is no time of day; write it as 02:30")


def weekday_names(numbers: frozenset[int]) -> str:
    """The same for people: "mon, tue" or "daily"."""
    return "daily" if len(numbers) == 7 else ", ".join(NAMES[number - 1] for number in sorted(numbers))


def _number(name: str) -> int:
    for position, known in enumerate(NAMES, start=1):
        if len(name) >= 3 and name.startswith(known):
            return position
    raise ValueError(f"{name!r} is no weekday; write mon to sun, a range such as mon-fri, or daily")
