"""Connections to Sentry: kept, cut, hung, swollen, forked; none holds us longer than it may."""

import gzip
import json
import multiprocessing
import time
from datetime import timedelta

import pytest

from alerting.errors import SourceError, SourceFault
from alerting.poll.budget import LocalBudget
from alerting.poll.client import Errand, SentryClient
from alerting.rules.answers import Measure, Priority
from alerting.rules.model import Trust
from tests.poll.asking import END, TOKEN, event_row, fails, question, source
from tests.sandbox import Sandbox
from tests.sandbox.prepared import Reply
from tests.sandbox.sentry import SentryPart


@pytest.mark.parametrize(
    "reply",
    [
        Reply(hang=True),
        Reply(drip=b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 100),
        Reply(drip=b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"data": [' + b" " * 1000),
    ],
    ids=["hang", "slow headers", "slow body"],
)
def test_no_server_holds_us_longer_than_the_exchange_may_take(sentry: SentryPart, reply: Reply) -> None:
    sentry.prepare = lambda request: reply
    began = time.monotonic()
    fault, note = fails(sentry, exchange_seconds=0.6)
    assert fault is SourceFault.TIMEOUT
    assert "did not answer in full" in note
    assert 0.5 < time.monotonic() - began < 10


def test_a_swollen_answer_is_not_read_to_its_end(sentry: SentryPart) -> None:
    swollen = b'{"data": "' + b"x" * (5 * 1024 * 1024) + b'"}'
    sentry.prepare = lambda request: Reply(swollen)
    assert fails(sentry, exchange_seconds=10.0, patience_seconds=10.0)[0] is SourceFault.TOO_LARGE
    packed = gzip.compress(swollen)
    sentry.prepare = lambda request: Reply(packed, headers={"Content-Encoding": "gzip"})
    assert fails(sentry, exchange_seconds=10.0, patience_seconds=10.0)[0] is SourceFault.TOO_LARGE


def test_compressed_answers_are_read_and_broken_ones_are_garbled(sentry: SentryPart) -> None:
    packed = gzip.compress(json.dumps({"data": [event_row(1)]}).encode())
    sentry.prepare = lambda request: Reply(packed, headers={"Content-Encoding": "gzip"})
    assert source(sentry).ask(question(Measure.ERRORS)).trust is Trust.VALUE
    for body, coding in ((packed[:-9], "gzip"), (b"\x1f\x8b" + b"?" * 50, "gzip"), (packed, "gzip, gzip")):
        sentry.prepare = lambda request, body=body, coding=coding: Reply(body, headers={"Content-Encoding": coding})
        assert fails(sentry)[0] is SourceFault.GARBLED


@pytest.mark.parametrize("raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"])
def test_a_broken_connection_is_unreachable(sentry: SentryPart, raw: bytes) -> None:
    sentry.prepare = lambda request: Reply(raw=raw)
    assert fails(sentry)[0] is SourceFault.UNREACHABLE


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with Sandbox() as gone:
        url = gone.sentry.url
    client = SentryClient(url, TOKEN, LocalBudget())
    with pytest.raises(SourceError) as caught:
        client.get("events", "/", (), Errand(Priority.HIGH, time.monotonic() + 5))
    assert caught.value.fault is SourceFault.UNREACHABLE
    assert "SENTRY_URL" in str(caught.value)


def test_connections_are_reused(sentry: SentryPart) -> None:
    reader = source(sentry)
    for _ in range(5):
        reader.ask(question(Measure.ERRORS))
    assert len({request.connection for request in sentry.requests}) == 1


def test_a_connection_closed_while_idle_is_opened_anew_unnoticed(sentry: SentryPart) -> None:
    reader = source(sentry)
    assert reader.ask(question(Measure.ERRORS)).trust is Trust.VALUE
    first = sentry.requests[0].connection
    sentry.prepare = lambda request: Reply(raw=b"") if request.connection == first else None
    assert reader.ask(question(Measure.ERRORS)).trust is Trust.VALUE


def _ask_in_child(reader: object, pipe: object) -> None:
    pipe.send(reader.ask(question(Measure.ERRORS)).trust)  # type: ignore[attr-defined]


def test_a_fork_opens_its_own_connection(sentry: SentryPart) -> None:
    reader = source(sentry)
    reader.ask(question(Measure.ERRORS))
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    child = fork.Process(target=_ask_in_child, args=(reader, theirs))
    child.start()
    assert ours.recv() is Trust.VALUE
    child.join(5)
    assert reader.ask(question(Measure.ERRORS)).trust is Trust.VALUE
    connections = [request.connection for request in sentry.requests]
    assert connections[0] == connections[2] != connections[1]


def test_cookies_are_neither_kept_nor_sent(sentry: SentryPart) -> None:
    sentry.prepare = lambda request: Reply({"data": []}, headers={"Set-Cookie": "session=1; Path=/"})
    reader = source(sentry)
    reader.ask(question(Measure.ERRORS))
    reader.ask(question(Measure.ERRORS))
    assert all("cookie" not in request.headers for request in sentry.requests)


def test_a_question_ends_on_time_whatever_its_pages_do(sentry: SentryPart) -> None:
    for number in range(2, 300):
        sentry.add_project(f"p{number}", id=number)
        sentry.add_errors(f"p{number}", 1, at=END - timedelta(minutes=1), issue=False)
    sentry.prepare = lambda request: Reply(hang=True) if request.one("cursor") == "0:200:0" else None
    answer = source(sentry, exchange_seconds=0.5).ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault, len(answer.rows)) == (Trust.PARTIAL, SourceFault.TIMEOUT, 200)
