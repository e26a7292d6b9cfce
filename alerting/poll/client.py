"""Sentry's API, one GET at a time: within the budget, within the time, and every failure a SourceError.

The token goes to the base URL it is given and nowhere else: redirects are not followed, and pages are asked for by
cursor, never by the URL a server offers.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from alerting.errors import HttpError, HttpFault, SourceError, SourceFault
from alerting.http import exchange
from alerting.http.exchange import Bearer, Params, Reply
from alerting.http.retry_after import clock_lead
from alerting.poll import refusals, replies
from alerting.poll.budget import Budget, Seen
from alerting.poll.replies import Page
from alerting.rules.answers import Priority

logger = logging.getLogger(__name__)

EXCHANGE_SECONDS = 10.0
PATIENCE_SECONDS = 12.0
TRIES = 3
JITTER_SECONDS = 0.25
CLOCK_TOLERANCE_SECONDS = 60.0
# A page of 100 rows, at 40 kB a row; what it may hold besides is bounded in replies.page.
MAX_BYTES = 4 * 1024 * 1024
FAULTS = {
    HttpFault.TIMEOUT: SourceFault.TIMEOUT,
    HttpFault.GARBLED: SourceFault.GARBLED,
    HttpFault.TOO_LARGE: SourceFault.TOO_LARGE,
}
TOKEN_KINDS = {
    "sntrys_": "organisation",
    "sntryu_": "user",
    "sntryi_": "internal integration",
    "sntrya_": "user application",
}


@dataclass(slots=True)
class Errand:
    """One question on its way: how urgent it is, when (monotonic) it must be over, how many requests it has cost."""

    priority: Priority
    ends: float
    requests: int = 0


class SentryClient:
    """One server and one token. Safe to use from several threads and after a fork.

    `exchange_seconds` bounds one HTTP exchange, `patience_seconds` that and the waiting for its turn together.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        budget: Budget,
        *,
        exchange_seconds: float = EXCHANGE_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        fetch: Callable[..., Reply] = exchange.get,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.token_kind = next((kind for prefix, kind in TOKEN_KINDS.items() if token.startswith(prefix)), "")
        self._auth = Bearer(token)
        self._fetch = fetch
        self._budget = budget
        self._exchange_seconds = exchange_seconds
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"SentryClient({self.host})"

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    def get(self, endpoint: str, path: str, params: Params, errand: Errand, base_url: str = "") -> Page:
        """One page of JSON from `path`; raises SourceError. `endpoint` is the name its budget is kept under.

        A 429 is waited for and tried again while the errand's time allows.
        """
        ends = min(errand.ends, time.monotonic() + self._patience_seconds)
        for attempt in range(1, TRIES + 1):
            ticket = self._await_turn(endpoint, errand.priority, ends)
            errand.requests += 1
            reply, limits = self._exchange(endpoint, ticket, (base_url or self.base_url) + path, params, ends)
            if reply.status == 200:
                self._compare_clocks(reply)
                return replies.page(reply, endpoint)
            patient = time.monotonic() + limits.block_for < ends
            if reply.status != 429 or attempt == TRIES or not patient:
                break
        raise refusals.of(reply, endpoint, self.token_kind, self._clock() + limits.block_for + self._jitter())

    def _exchange(self, endpoint: str, ticket: str, url: str, params: Params, ends: float) -> tuple[Reply, Seen]:
        limits = Seen(answered=False)
        try:
            seconds = max(0.1, min(self._exchange_seconds, ends - time.monotonic()))
            reply = self._fetch(url, params, seconds=seconds, auth=self._auth, max_bytes=MAX_BYTES)
            limits = replies.seen(reply, self._clock())
        except HttpError as error:
            problem = _no_answer(error)
        else:
            return reply, limits
        finally:
            self._budget.report(endpoint, ticket, limits, self._clock())
        raise problem

    def _compare_clocks(self, reply: Reply) -> None:
        """Refuse answers to questions that were dated by a clock far from the server's: they are about other windows.

        On a clock that is ahead the newest windows lie in the server's future, and their emptiness proves nothing.
        """
        lead = clock_lead(reply.headers, self._clock())
        if abs(lead) > CLOCK_TOLERANCE_SECONDS:
            raise SourceError(SourceFault.CLOCK, refusals.clocks_disagree(self.host, lead))

    def _await_turn(self, endpoint: str, priority: Priority, ends: float) -> str:
        while True:
            grant = self._budget.acquire(endpoint, priority, self._clock())
            if not grant.wait:
                return grant.ticket
            if time.monotonic() + grant.wait >= ends:
                until = refusals.clock(self._clock() + grant.wait)
                why = (
                    f"Sentry asked us to leave {endpoint} alone until {until}"
                    if grant.blocked
                    else f"The request budget of this token is used up by more urgent questions than {endpoint}"
                )
                raise SourceError(SourceFault.BUDGET, f"{why}; not asked.")
            self._sleep(grant.wait + (self._jitter() if grant.blocked else 0.0))

    def _jitter(self) -> float:
        return random.uniform(0, JITTER_SECONDS)  # noqa: S311  (spreads workers out, guards nothing)


def _no_answer(error: HttpError) -> SourceError:
    """An exchange without an answer, as a failure of the source."""
    missing = error.fault in {HttpFault.DNS, HttpFault.REFUSED, HttpFault.UNREACHABLE}
    advice = " Check SENTRY_URL and the network." if missing else ""
    return SourceError(FAULTS.get(error.fault, SourceFault.UNREACHABLE), f"{error}{advice}")
