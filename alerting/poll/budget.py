"""How many requests a token may make, and who is served first when that is little. Pure but for a lock.

The limit is learned from answers (`X-Sentry-Rate-Limit-*`); until the first answer one request at a time finds out.
A request counts from its start until a whole window after its answer, so that no window of the server, wherever it
begins and however long requests travel, holds more than the limit. The smallest limit seen on any endpoint holds for
all of them together: a tick needs few requests, and it stays right where a server counts per token.
"""

import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from alerting.rules.answers import Priority

LEASE_SECONDS = 60.0
LONGEST_BLOCK_SECONDS = 3600.0
SHORTEST_WAIT_SECONDS = 0.02
PROBE_WAIT_SECONDS = 0.1
# The share of the limit each priority may fill; what is left over is the reserve of those above it.
SHARES = {Priority.HIGH: 1.0, Priority.NORMAL: 0.75, Priority.LOW: 0.5}
RANKS = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}


@dataclass(frozen=True, slots=True)
class Grant:
    """`wait` 0 means go, with a ticket to hand back through `report`; else seconds after which to ask again.

    `blocked` says that Sentry itself asked for the wait (429, or nothing remaining).
    """

    wait: float
    ticket: str = ""
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What one answer told about limits, durations in seconds from now; None where it did not say.

    `answered` is False where no server spoke (timeout, a proxy's 502): then nothing is learned about limits.
    `block_for` is how long the endpoint wants to be left alone.
    """

    answered: bool = True
    limit: int | None = None
    window: float | None = None
    remaining: int | None = None
    reset_in: float | None = None
    concurrent: int | None = None
    block_for: float = 0.0


class Budget(Protocol):
    """Asked before each request and told after it. `now` is in seconds on the caller's clock."""

    def acquire(self, endpoint: str, priority: Priority, now: float) -> Grant: ...

    def report(self, endpoint: str, ticket: str, seen: Seen, now: float) -> None: ...


def allowed(limit: int, priority: Priority) -> int:
    """How many of `limit` a priority may use; never none, else it would wait for ever."""
    return max(1, int(limit * SHARES[priority]))


@dataclass(slots=True)
class _Endpoint:
    limit: int | None = None
    blocked_at: float = 0.0
    blocked_until: float = 0.0
    left: int = 0
    left_at: float = 0.0
    reset_at: float = 0.0


@dataclass(slots=True)
class LocalBudget:
    """The budget of one process. `uses` maps tickets to the time until which they count, `flying` to their lease."""

    uses: dict[str, float] = field(default_factory=dict)
    flying: dict[str, float] = field(default_factory=dict)
    waiting: dict[Priority, float] = field(default_factory=dict)
    endpoints: dict[str, _Endpoint] = field(default_factory=dict)
    window: float = 1.0
    concurrent: int | None = None
    known: bool = False
    _numbers: Iterable[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acquire(self, endpoint: str, priority: Priority, now: float) -> Grant:
        with self._lock:
            self._forget(now)
            place = self.endpoints.setdefault(endpoint, _Endpoint())
            if place.blocked_at <= now < place.blocked_until:
                return Grant(max(place.blocked_until - now, SHORTEST_WAIT_SECONDS), blocked=True)
            wait, shared, blocked = self._wait(place, priority, now)
            if wait > 0:
                wait = max(wait, SHORTEST_WAIT_SECONDS)
                if shared:
                    self.waiting[priority] = now + wait + PROBE_WAIT_SECONDS
                return Grant(wait, blocked=blocked)
            ticket = str(next(iter(self._numbers)))
            self.flying[ticket] = now + LEASE_SECONDS
            self.uses[ticket] = now + LEASE_SECONDS
            place.left -= 1
            return Grant(0.0, ticket)

    def report(self, endpoint: str, ticket: str, seen: Seen, now: float) -> None:
        with self._lock:
            self.window = seen.window or self.window
            if self.flying.pop(ticket, None) is not None:
                self.uses[ticket] = now + self.window
            place = self.endpoints.setdefault(endpoint, _Endpoint())
            self.known = self.known or seen.answered
            place.limit = seen.limit or place.limit
            self.concurrent = seen.concurrent or self.concurrent
            if seen.remaining is not None and seen.reset_in is not None:
                same_window = place.left_at <= now < place.reset_at
                place.left = min(place.left, seen.remaining) if same_window else seen.remaining
                place.left_at = now
                place.reset_at = now + min(seen.reset_in, LONGEST_BLOCK_SECONDS)
            if seen.block_for > 0:
                place.blocked_at = now
                place.blocked_until = now + min(seen.block_for, LONGEST_BLOCK_SECONDS)

    def _wait(self, place: _Endpoint, priority: Priority, now: float) -> tuple[float, bool, bool]:
        """Seconds to wait; whether for something all endpoints share; whether because Sentry said so."""
        ahead = [until - now for other, until in self.waiting.items() if RANKS[other] < RANKS[priority] and until > now]
        if ahead:
            return max(ahead), True, False
        if not self.known and self.flying:
            return PROBE_WAIT_SECONDS, True, False
        limit = min((each.limit for each in self.endpoints.values() if each.limit), default=None)
        if limit is not None:
            over = len(self.uses) - allowed(limit, priority)
            if over >= 0:
                frees = sorted(self.uses.values())[over] - now
                return min(frees, self.window), True, False
        if place.limit is not None and place.left_at <= now < place.reset_at:
            reserve = place.limit - allowed(place.limit, priority)
            if place.left <= reserve:
                return place.reset_at - now, False, place.left <= 0
        if self.concurrent is not None:
            most = self.concurrent if priority is Priority.HIGH else max(1, self.concurrent - 1)
            if len(self.flying) >= most:
                return PROBE_WAIT_SECONDS, True, False
        return 0.0, False, False

    def _forget(self, now: float) -> None:
        """Drop what no longer counts, and what lies too far ahead to be true (the clock was set back)."""
        latest = now + LEASE_SECONDS + self.window
        self.uses = {ticket: until for ticket, until in self.uses.items() if now < until <= latest}
        self.flying = {ticket: until for ticket, until in self.flying.items() if now < until <= latest}
        self.waiting = {who: until for who, until in self.waiting.items() if now < until <= latest}
