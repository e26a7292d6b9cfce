"""What can go wrong between us and Sentry, each really caused: the fault it is called, and what people are told."""

import logging
import time
import traceback
from typing import Any

import pytest

from alerting.errors import SourceError, SourceFault
from alerting.http import exchange
from alerting.poll.client import Errand
from alerting.poll.region import accepted
from alerting.rules.answers import Measure, Priority
from alerting.rules.model import Trust
from tests.poll.asking import END, TOKEN, event_row, fails, issue_row, link, question, source
from tests.sandbox import Sandbox
from tests.sandbox.prepared import Reply
from tests.sandbox.records import RecordedRequest
from tests.sandbox.sentry import SentryPart


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
def test_refusals_are_named_with_sentrys_words(sentry: SentryPart, reply: Reply, fault: SourceFault, told: str) -> None:
    sentry.prepare = lambda request: reply
    found, note = fails(sentry)
    assert found is fault
    assert told in note


def test_a_missing_scope_names_the_one_for_what_was_asked(sentry: SentryPart) -> None:
    sentry.prepare = lambda request: Reply({"detail": "no"}, 403)
    assert "new issues" in fails(sentry, Measure.NEW_ISSUES)[1]
    assert "event:read" in fails(sentry, Measure.NEW_ISSUES)[1]


def test_hostile_words_of_the_server_stay_on_one_short_line(sentry: SentryPart) -> None:
    words = "no\r\nBcc: x\x1b[31m \u202e" + "x" * 10_000 + TOKEN
    sentry.prepare = lambda request: Reply({"detail": words}, 400)
    _, note = fails(sentry)
    assert note.isprintable()
    assert len(note) < 400


def test_a_redirect_is_not_followed_and_names_the_host_only(sentry: SentryPart) -> None:
    with Sandbox() as sandbox:
        other = sandbox.sentry
        target = f"{other.url}/api/0/steal/?secret=1"
        sentry.prepare = lambda request: Reply(b"", 302, {"Location": target})
        fault, note = fails(sentry)
        assert fault is SourceFault.REDIRECTED
        assert "127.0.0.1" in note
        assert "steal" not in note
        assert other.requests == []


def test_a_link_to_another_host_is_not_followed(sentry: SentryPart) -> None:
    with Sandbox() as sandbox:
        other = sandbox.sentry

        def away(request: RecordedRequest) -> Reply:
            row, more = (event_row(2), False) if request.one("cursor") else (event_row(1), True)
            return Reply({"data": [row]}, headers={"Link": link("0:100:0", more, f"{other.url}/api/0")})

        sentry.prepare = away
        answer = source(sentry).ask(question(Measure.ERRORS))
        assert (answer.trust, answer.requests, len(answer.rows)) == (Trust.VALUE, 2, 2)
        assert other.requests == []


def test_an_endless_chain_of_pages_ends(sentry: SentryPart) -> None:
    asked = iter(range(1, 10_000))

    def always_more(request: RecordedRequest) -> Reply:
        return Reply({"data": [event_row(1)]}, headers={"Link": link(f"0:{next(asked)}:0", True)})

    sentry.prepare = always_more
    answer = source(sentry).ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault) == (Trust.PARTIAL, SourceFault.GARBLED)
    assert "do not come to an end" in answer.note
    assert answer.requests <= 5

    sentry.prepare = lambda request: Reply({"data": [event_row(1)]}, headers={"Link": link("0:1:0", True)})
    assert source(sentry).ask(question(Measure.ERRORS)).requests == 2


def test_a_chain_of_ever_new_rows_ends_as_well(sentry: SentryPart) -> None:
    asked = iter(range(1, 10_000))

    def ever_new(request: RecordedRequest) -> Reply:
        number = next(asked)
        return Reply([issue_row(number, END)], headers={"Link": link(f"{number}:0:0", True)})

    sentry.prepare = ever_new
    answer = source(sentry).ask(question(Measure.NEW_ISSUES))
    assert (answer.trust, answer.fault, answer.requests) == (Trust.PARTIAL, SourceFault.GARBLED, 200)


@pytest.mark.parametrize("header", ['<x>; rel="next"; results="true"', '<x>; rel="next"; results="true"; cursor=""'])
def test_a_next_page_that_cannot_be_asked_for_is_no_last_page(sentry: SentryPart, header: str) -> None:
    sentry.prepare = lambda request: Reply({"data": []}, headers={"Link": header})
    assert fails(sentry)[0] is SourceFault.GARBLED


def test_a_full_page_without_a_link_header_proves_nothing(sentry: SentryPart) -> None:
    sentry.prepare = lambda request: Reply({"data": [event_row(number) for number in range(100)]})
    assert source(sentry).ask(question(Measure.ERRORS)).trust is Trust.PARTIAL
    sentry.prepare = lambda request: Reply({"data": [event_row(number) for number in range(99)]})
    assert source(sentry).ask(question(Measure.ERRORS)).trust is Trust.VALUE


def test_the_token_is_in_no_message_log_representation_or_traceback(
    sentry: SentryPart, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reader = source(sentry)
    client = reader.organisation.client
    texts = [repr(client), repr(reader), repr(client._auth), str(vars(client))]
    replies = (Reply({"detail": f"Invalid token {TOKEN}"}, 401), Reply(hang=True), Reply(raw=b""), Reply(b"{", 200))
    for reply in replies:
        sentry.prepare = lambda request, reply=reply: reply
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


def test_sentrys_cloud_is_asked_for_the_region_once_and_then_the_region_itself(sentry: SentryPart) -> None:
    described = {"id": "1", "slug": "acme", "name": "Acme", "links": {"regionUrl": "https://de.sentry.io"}}
    sentry.prepare = lambda request: Reply(described) if request.path.endswith("/acme/") else None
    hosts: list[str] = []

    def elsewhere(url: str, *rest: Any, **more: Any) -> exchange.Reply:
        """Asks a local server instead of a host of sentry.io, and notes which host it was."""
        host, _, path = url.removeprefix("https://").partition("/")
        hosts.append(host)
        return exchange.get(f"{sentry.url}/{path}", *rest, **more)

    reader = source(sentry, base_url="https://sentry.io", fetch=elsewhere)
    assert [reader.ask(question(Measure.ERRORS)).requests for _ in range(3)] == [2, 1, 1]
    assert hosts == ["sentry.io", "de.sentry.io", "de.sentry.io", "de.sentry.io"]
