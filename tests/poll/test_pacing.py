"""When Sentry wants us to wait, and whose clock decides that."""

import re
import time
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from alerting.errors import SourceFault
from alerting.rules.answers import Answer, Measure
from alerting.rules.model import Trust
from tests.poll.asking import question, source
from tests.sandbox.prepared import Reply
from tests.sandbox.records import RecordedRequest
from tests.sandbox.sentry import SentryPart


@pytest.fixture
def sentry(sentry: SentryPart) -> SentryPart:
    """On the real clock, to which headers refer."""
    sentry.clock = lambda: datetime.now(UTC)
    return sentry


def test_a_429_is_waited_for_and_tried_again_within_the_time(sentry: SentryPart) -> None:
    reply = Reply({"detail": "too frequently. Limit is 3 requests in 1 seconds"}, 429, content_type="text/html")
    refusals = [reply]

    def once(request: RecordedRequest) -> Reply | None:
        if not refusals:
            return None
        reset = {"X-Sentry-Rate-Limit-Reset": str(int(time.time()) + 1), "X-Sentry-Rate-Limit-Limit": "3"}
        return Reply(refusals.pop().body, 429, reset, "text/html")

    sentry.prepare = once
    answer = source(sentry).ask(question(Measure.ERRORS))
    assert (answer.trust, answer.requests) == (Trust.VALUE, 2)


@pytest.mark.parametrize(
    ("headers", "text", "least", "most"),
    [
        ({"Retry-After": "120"}, "slow down", 118, 122),
        ({"Retry-After": "DATE"}, "slow down", 117, 122),
        ({"X-Sentry-Rate-Limit-Reset": "RESET"}, "Limit is 30 requests in 1 seconds", 88, 92),
        ({}, "Rate limit exceeded. Please try your query with a smaller date range", 29, 32),
        ({}, "You are attempting to use this endpoint too frequently", 9, 12),
    ],
)
def test_a_long_429_says_when_to_ask_again(
    sentry: SentryPart, headers: dict[str, str], text: str, least: float, most: float
) -> None:
    at = {"RESET": str(int(time.time()) + 90), "DATE": _http_date(time.time() + 120)}
    reply = Reply({"detail": text}, 429, {name: at.get(value, value) for name, value in headers.items()}, "text/html")
    sentry.prepare = lambda request: reply
    reader = source(sentry)
    answer = reader.ask(question(Measure.ERRORS))
    assert (answer.fault, answer.requests) == (SourceFault.RATE_LIMITED, 1)
    assert least - 1 < _asked_again_in(answer) < most
    again = reader.ask(question(Measure.ERRORS))
    assert (again.fault, again.requests) == (SourceFault.BUDGET, 0)
    assert "asked us to leave events alone until" in again.note
    sentry.prepare = lambda request: None
    assert reader.ask(question(Measure.NEW_ISSUES)).trust is Trust.VALUE, "other endpoints go on"


def test_a_server_whose_clock_is_off_by_an_hour_does_not_stop_us_for_one(sentry: SentryPart) -> None:
    ahead = time.time() + 3600
    headers = {"Date": _http_date(ahead), "X-Sentry-Rate-Limit-Reset": str(int(ahead) + 60)}
    sentry.prepare = lambda request: Reply(b'{"detail": "x"}', 429, headers, "text/html")
    answer = source(sentry).ask(question(Measure.ERRORS))
    assert 54 < _asked_again_in(answer) < 65


@pytest.mark.parametrize(("seconds", "told"), [(-3600, "1 h ahead of"), (3605, "1 h behind"), (75, "behind")])
def test_a_clock_far_from_sentrys_is_told_and_its_windows_are_not_believed(
    sentry: SentryPart, seconds: int, told: str
) -> None:
    date = _http_date(time.time() + seconds)
    sentry.prepare = lambda request: Reply({"data": []}, headers={"Date": date})
    answer = source(sentry).ask(question(Measure.ERRORS))
    assert (answer.trust, answer.rows, answer.fault) == (Trust.SOURCE_ERROR, {}, SourceFault.CLOCK)
    assert told in answer.note
    assert "NTP" in answer.note


@pytest.mark.parametrize("date", ["", "now", "Mon, 99 Nov"])
def test_a_server_that_does_not_tell_the_time_is_believed(sentry: SentryPart, date: str) -> None:
    sentry.prepare = lambda request: Reply({"data": []}, headers={"Date": date})
    assert source(sentry).ask(question(Measure.ERRORS)).trust is Trust.VALUE


def _asked_again_in(answer: Answer) -> float:
    """Seconds until the time of day that the note tells."""
    told = re.search(r"Asked again from (\d\d):(\d\d):(\d\d) UTC", answer.note)
    assert told is not None
    hours, minutes, seconds = map(int, told.groups())
    return (hours * 3600 + minutes * 60 + seconds - time.time()) % 86_400


def _http_date(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)
