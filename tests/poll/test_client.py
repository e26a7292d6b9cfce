"""What can go wrong between us and Sentry, each really caused: the fault it is called, and what people are told."""

import gzip
import json
import logging
import multiprocessing
import time
import traceback
from typing import Any

import pytest

from alerting.errors import SourceError, SourceFault
from alerting.http import exchange
from alerting.poll.budget import LocalBudget
from alerting.poll.client import Errand, SentryClient
from alerting.poll.region import accepted
from alerting.rules.answers import Measure, Priority
from alerting.rules.model import Trust
from tests.poll.sentry_like import END, TOKEN, SentryLike, event_row, issue_row, link, question, source
from tests.poll.server import Reply, Request, Server, serving


def fails(server: Server, measure: Measure = Measure.ERRORS, **more: object) -> tuple[SourceFault | None, str]:
    answer = source(server, **more).ask(question(measure))
    assert (answer.trust, answer.rows, answer.issues) == (Trust.SOURCE_ERROR, {}, ())
    assert TOKEN not in answer.note
    return answer.fault, answer.note


@pytest.mark.parametrize(
    ("reply", "fault", "told"),
    [
        (Reply({"detail": "Invalid token"}, 401), SourceFault.UNAUTHORIZED, "“Invalid token”"),
        (
            Reply({"detail": {"code": "sso-required", "message": "Must login via SSO", "extra": {}}}, 401),
            SourceFault.UNAUTHORIZED,
            "Must login via SSO",
        ),
        (Reply({"detail": "You do not have permission"}, 403), SourceFault.FORBIDDEN, "needs the scope org:read"),
        (Reply({}, 403), SourceFault.FORBIDDEN, "SENTRY_AUTH_TOKEN"),
        (Reply({"detail": "Invalid date range: x"}, 400), SourceFault.BAD_REQUEST, "Invalid date range"),
        (Reply({"detail": [{"loc": ["query"], "msg": "required"}]}, 422), SourceFault.BAD_REQUEST, "required"),
        (Reply({"error": {"params": {}}}, 400), SourceFault.BAD_REQUEST, "params"),
        (Reply({"detail": "Internal Error", "errorId": None}, 500), SourceFault.SERVER, "Internal Error"),
        (Reply(b"<html>Bad gateway</html>", 502, content_type="text/html"), SourceFault.SERVER, "as proxies send"),
        (Reply(b"", 503), SourceFault.SERVER, "status 503"),
        (Reply({"detail": "Query timeout"}, 504), SourceFault.SERVER, "Query timeout"),
        (Reply(b"<html></html>", 200, content_type="text/html"), SourceFault.GARBLED, "it is text/html, not JSON"),
        (Reply(b'{"data": [{"proj', 200), SourceFault.GARBLED, "not whole JSON"),
        (Reply(b"", 200), SourceFault.GARBLED, "0 bytes"),
        (Reply(b"[" * 100_000, 200), SourceFault.GARBLED, "not whole JSON"),
        (Reply(b'{"data": NaN}', 200), SourceFault.GARBLED, "not whole JSON"),
        (Reply(b"9" * 100_000, 200), SourceFault.GARBLED, "not whole JSON"),
        (Reply(b'"\xff\xfe"', 200), SourceFault.GARBLED, "not whole JSON"),
        (Reply({}, 204), SourceFault.GARBLED, "unexpected status 204"),
    ],
)
def test_refusals_are_named_with_sentrys_words(
    sentry: SentryLike, server: Server, reply: Reply, fault: SourceFault, told: str
) -> None:
    sentry.hook = lambda request: reply
    found, note = fails(server)
    assert found is fault
    assert told in note


def test_a_missing_scope_names_the_one_for_what_was_asked(sentry: SentryLike, server: Server) -> None:
    sentry.hook = lambda request: Reply({"detail": "no"}, 403)
    assert "new issues" in fails(server, Measure.NEW_ISSUES)[1]
    assert "event:read" in fails(server, Measure.NEW_ISSUES)[1]


def test_hostile_words_of_the_server_stay_on_one_short_line(sentry: SentryLike, server: Server) -> None:
    words = "no\r\nBcc: x\x1b[31m \u202e" + "x" * 10_000 + TOKEN
    sentry.hook = lambda request: Reply({"detail": words}, 400)
    _, note = fails(server)
    assert note.isprintable()
    assert len(note) < 400


def test_a_redirect_is_not_followed_and_names_the_host_only(sentry: SentryLike, server: Server) -> None:
    with serving(lambda request: Reply({"data": []})) as other:
        target = f"{other.url}/steal?secret=1"
        sentry.hook = lambda request: Reply(b"", 302, {"Location": target})
        fault, note = fails(server)
        assert fault is SourceFault.REDIRECTED
        assert "127.0.0.1" in note
        assert "steal" not in note
        assert other.requests == []


def test_a_link_to_another_host_is_not_followed(sentry: SentryLike, server: Server) -> None:
    with serving(lambda request: Reply({"data": []})) as other:

        def away(request: Request) -> Reply:
            row, more = (event_row(2), False) if request.one("cursor") else (event_row(1), True)
            return Reply({"data": [row]}, headers={"Link": link("0:100:0", more, other.url)})

        sentry.hook = away
        answer = source(server).ask(question(Measure.ERRORS))
        assert (answer.trust, answer.requests, len(answer.rows)) == (Trust.VALUE, 2, 2)
        assert other.requests == []


def test_an_endless_chain_of_pages_ends(sentry: SentryLike, server: Server) -> None:
    asked = iter(range(1, 10_000))

    def always_more(request: Request) -> Reply:
        return Reply({"data": [event_row(1)]}, headers={"Link": link(f"0:{next(asked)}:0", True)})

    sentry.hook = always_more
    answer = source(server).ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault) == (Trust.PARTIAL, SourceFault.GARBLED)
    assert "do not come to an end" in answer.note
    assert answer.requests <= 5

    sentry.hook = lambda request: Reply({"data": [event_row(1)]}, headers={"Link": link("0:1:0", True)})
    assert source(server).ask(question(Measure.ERRORS)).requests == 2


def test_a_chain_of_ever_new_rows_ends_as_well(sentry: SentryLike, server: Server) -> None:
    asked = iter(range(1, 10_000))

    def ever_new(request: Request) -> Reply:
        number = next(asked)
        return Reply([issue_row(number, END)], headers={"Link": link(f"{number}:0:0", True)})

    sentry.hook = ever_new
    answer = source(server).ask(question(Measure.NEW_ISSUES))
    assert (answer.trust, answer.fault, answer.requests) == (Trust.PARTIAL, SourceFault.GARBLED, 200)


@pytest.mark.parametrize("header", ['<x>; rel="next"; results="true"', '<x>; rel="next"; results="true"; cursor=""'])
def test_a_next_page_that_cannot_be_asked_for_is_no_last_page(sentry: SentryLike, server: Server, header: str) -> None:
    sentry.hook = lambda request: Reply({"data": []}, headers={"Link": header})
    assert fails(server)[0] is SourceFault.GARBLED


def test_a_full_page_without_a_link_header_proves_nothing(sentry: SentryLike, server: Server) -> None:
    sentry.hook = lambda request: Reply({"data": [event_row(number) for number in range(100)]})
    assert source(server).ask(question(Measure.ERRORS)).trust is Trust.PARTIAL
    sentry.hook = lambda request: Reply({"data": [event_row(number) for number in range(99)]})
    assert source(server).ask(question(Measure.ERRORS)).trust is Trust.VALUE


@pytest.mark.parametrize(
    "reply",
    [
        Reply(hang=True),
        Reply(drip=b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 100),
        Reply(drip=b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"data": [' + b" " * 1000),
    ],
    ids=["hang", "slow headers", "slow body"],
)
def test_no_server_holds_us_longer_than_the_exchange_may_take(sentry: SentryLike, server: Server, reply: Reply) -> None:
    sentry.hook = lambda request: reply
    began = time.monotonic()
    fault, note = fails(server, exchange_seconds=0.6)
    assert fault is SourceFault.TIMEOUT
    assert "did not answer in full" in note
    assert 0.5 < time.monotonic() - began < 2.0


def test_a_swollen_answer_is_not_read_to_its_end(sentry: SentryLike, server: Server) -> None:
    swollen = b'{"data": "' + b"x" * (5 * 1024 * 1024) + b'"}'
    sentry.hook = lambda request: Reply(swollen)
    assert fails(server, exchange_seconds=10.0, patience_seconds=10.0)[0] is SourceFault.TOO_LARGE
    packed = gzip.compress(swollen)
    sentry.hook = lambda request: Reply(packed, headers={"Content-Encoding": "gzip"})
    assert fails(server, exchange_seconds=10.0, patience_seconds=10.0)[0] is SourceFault.TOO_LARGE


def test_compressed_answers_are_read_and_broken_ones_are_garbled(sentry: SentryLike, server: Server) -> None:
    packed = gzip.compress(json.dumps({"data": [event_row(1)]}).encode())
    sentry.hook = lambda request: Reply(packed, headers={"Content-Encoding": "gzip"})
    assert source(server).ask(question(Measure.ERRORS)).trust is Trust.VALUE
    for body, coding in ((packed[:-9], "gzip"), (b"\x1f\x8b" + b"?" * 50, "gzip"), (packed, "gzip, gzip")):
        sentry.hook = lambda request, body=body, coding=coding: Reply(body, headers={"Content-Encoding": coding})
        assert fails(server)[0] is SourceFault.GARBLED


@pytest.mark.parametrize("raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"])
def test_a_broken_connection_is_unreachable(sentry: SentryLike, server: Server, raw: bytes) -> None:
    sentry.hook = lambda request: Reply(raw=raw)
    assert fails(server)[0] is SourceFault.UNREACHABLE


def test_a_server_that_is_not_there_is_unreachable(server: Server) -> None:
    url = server.url
    with serving(lambda request: Reply()) as gone:
        url = gone.url
    client = SentryClient(url, TOKEN, LocalBudget())
    with pytest.raises(SourceError) as caught:
        client.get("events", "/", (), Errand(Priority.HIGH, time.monotonic() + 5))
    assert caught.value.fault is SourceFault.UNREACHABLE
    assert "SENTRY_URL" in str(caught.value)


def test_connections_are_reused(server: Server) -> None:
    reader = source(server)
    for _ in range(5):
        reader.ask(question(Measure.ERRORS))
    assert len({request.connection for request in server.requests}) == 1


def test_a_connection_closed_while_idle_is_opened_anew_unnoticed(sentry: SentryLike, server: Server) -> None:
    reader = source(server)
    assert reader.ask(question(Measure.ERRORS)).trust is Trust.VALUE
    first = server.requests[0].connection
    sentry.hook = lambda request: Reply(raw=b"") if request.connection == first else None
    assert reader.ask(question(Measure.ERRORS)).trust is Trust.VALUE


def _ask_in_child(reader: object, pipe: object) -> None:
    pipe.send(reader.ask(question(Measure.ERRORS)).trust)  # type: ignore[attr-defined]


def test_a_fork_opens_its_own_connection(server: Server) -> None:
    reader = source(server)
    reader.ask(question(Measure.ERRORS))
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    child = fork.Process(target=_ask_in_child, args=(reader, theirs))
    child.start()
    assert ours.recv() is Trust.VALUE
    child.join(5)
    assert reader.ask(question(Measure.ERRORS)).trust is Trust.VALUE
    connections = [request.connection for request in server.requests]
    assert connections[0] == connections[2] != connections[1]


def test_cookies_are_neither_kept_nor_sent(sentry: SentryLike, server: Server) -> None:
    sentry.hook = lambda request: Reply({"data": []}, headers={"Set-Cookie": "session=1; Path=/"})
    reader = source(server)
    reader.ask(question(Measure.ERRORS))
    reader.ask(question(Measure.ERRORS))
    assert all("cookie" not in request.headers for request in server.requests)


def test_the_token_is_in_no_message_log_representation_or_traceback(
    sentry: SentryLike, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reader = source(server)
    client = reader.organisation.client
    texts = [repr(client), repr(reader), repr(client._auth), str(vars(client))]
    replies = (Reply({"detail": f"Invalid token {TOKEN}"}, 401), Reply(hang=True), Reply(raw=b""), Reply(b"{", 200))
    for reply in replies:
        sentry.hook = lambda request, reply=reply: reply
        texts.append(repr(reader.ask(question(Measure.ERRORS))))
        with pytest.raises(SourceError) as caught:
            client.get("events", "/", (), Errand(Priority.HIGH, time.monotonic() + 0.5))
        assert caught.value.__context__ is None or caught.value.__suppress_context__
        assert caught.tb is not None
        inside = caught.tb.tb_next
        texts += traceback.TracebackException(caught.type, caught.value, inside, capture_locals=True).format()
    assert TOKEN not in "\n".join([*texts, caplog.text])


@pytest.mark.parametrize(
    ("base", "offered", "used"),
    [
        ("https://sentry.io", "https://us.sentry.io", "https://us.sentry.io"),
        ("https://sentry.io", "https://de.sentry.io/", "https://de.sentry.io"),
        ("https://sentry.io", "http://us.sentry.io", "https://sentry.io"),
        ("https://sentry.io", "https://sentry.io.evil.example", "https://sentry.io"),
        ("https://sentry.io", "https://evilsentry.io", "https://sentry.io"),
        ("https://sentry.io", "https://us.sentry.io@evil.example", "https://sentry.io"),
        ("https://sentry.io", "https://evil.example/us.sentry.io", "https://sentry.io"),
        ("https://sentry.io", "https://user:pass@us.sentry.io", "https://sentry.io"),
        ("https://sentry.io", "https://us.sentry.io:bad", "https://sentry.io"),
        ("https://sentry.io", "", "https://sentry.io"),
        ("https://sentry.example", "https://us.sentry.io", "https://sentry.example"),
        ("https://sentry.example", "https://sentry.example:8443", "https://sentry.example:8443"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9001", "http://127.0.0.1:9001"),
        ("http://127.0.0.1:9000", "http://10.0.0.1:9001", "http://127.0.0.1:9000"),
    ],
)
def test_a_region_is_used_only_where_it_certainly_belongs_to_the_server(base: str, offered: str, used: str) -> None:
    assert accepted(base, offered) == used


def test_sentrys_cloud_is_asked_for_the_region_once_and_then_the_region_itself(
    sentry: SentryLike, server: Server
) -> None:
    described = {"id": "1", "slug": "acme", "name": "Acme", "links": {"regionUrl": "https://de.sentry.io"}}
    sentry.hook = lambda request: Reply(described) if request.path.endswith("/acme/") else None
    reader = source(server)
    hosts: list[str] = []

    def elsewhere(url: str, *rest: Any, **more: Any) -> exchange.Reply:
        """Asks a local server instead of a host of sentry.io, and notes which host it was."""
        host, _, path = url.removeprefix("https://").partition("/")
        hosts.append(host)
        return exchange.get(f"{server.url}/{path}", *rest, **more)

    reader.organisation.client = SentryClient("https://sentry.io", TOKEN, LocalBudget(), fetch=elsewhere)
    assert [reader.ask(question(Measure.ERRORS)).requests for _ in range(3)] == [2, 1, 1]
    assert hosts == ["sentry.io", "de.sentry.io", "de.sentry.io", "de.sentry.io"]


def test_a_question_ends_on_time_whatever_its_pages_do(sentry: SentryLike, server: Server) -> None:
    sentry.errors = [event_row(number) for number in range(300)]
    sentry.hook = lambda request: Reply(hang=True) if request.one("cursor") == "0:200:0" else None
    answer = source(server, exchange_seconds=0.5).ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault, len(answer.rows)) == (Trust.PARTIAL, SourceFault.TIMEOUT, 200)
