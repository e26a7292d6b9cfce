"""Headers and bodies of replies, as they come and as they should not."""

import json
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.errors import SourceError
from alerting.http.exchange import Reply
from alerting.poll.client import MAX_BYTES
from alerting.poll.replies import DETAIL_LENGTH, detail, page, seen
from alerting.poll.rows import moment, text
from alerting.poll.server_facts import Facts, MemoryFacts

JSON = {"content-type": "application/json"}
NOW = 1_700_000_000.0


def body(value: object, status: int = 400) -> Reply:
    return Reply(status, JSON, json.dumps(value).encode())


@pytest.mark.parametrize(
    ("link", "cursor"),
    [
        ('<https://x/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"', "0:100:0"),
        ('<https://x/>; rel="next"; results="false"; cursor="0:100:0"', ""),
        ('<https://x/>; rel="previous"; results="true"; cursor="0:0:1"', ""),
        ('<x?a=1,2;3>; rel="previous"; results="true"; cursor="a", <y>; rel="next"; results="true"; cursor="b"', "b"),
        ('{\'<https://x/>; rel="next"; results="true"; cursor="opaque=="\'}', "opaque=="),
        ('<https://x/>; cursor="c"; results="true"; rel="next"', "c"),
        ('<https://x/?query=a:>=1&b=<2>; rel="next"; results="true"; cursor="c"', "c"),
        (
            '<x?q=a>b>; rel="previous"; results="true"; cursor="p", <<>>; rel="next"; results="true"; cursor="n"',
            "n",
        ),
        ('<https://x/?q="quoted">; rel="next"; results="true"; cursor="c"', "c"),
        ('<https://x/;p=1>; rel="next"; results="true"; cursor="c"', "c"),
        ("<https://x/>; rel=next; results=true; cursor=0:100:0", "0:100:0"),
        ('<https://x/> ; Rel = "next" ;results="true";cursor="c"', "c"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_the_cursor_of_the_next_page_is_found(link: str, cursor: str) -> None:
    reply = Reply(200, {**JSON, "link": link}, b"[]")
    assert page(reply, "events").cursor == cursor


@given(
    st.text(st.characters(codec="latin-1", exclude_characters="\r\n;"), max_size=80),
    st.sampled_from(["0:100:0", "x=="]),
)
def test_whatever_is_in_the_urls_the_next_page_is_found(url: str, cursor: str) -> None:
    link = (
        f'<{url}>; rel="previous"; results="false"; cursor="p", <{url}>; rel="next"; results="true"; cursor="{cursor}"'
    )
    assert page(Reply(200, {**JSON, "link": link}, b"[]"), "events").cursor == cursor


@pytest.mark.parametrize(
    "link",
    [
        '<https://x/?;q="a>; rel="next"; results="true"; cursor="c"',
        "<https://x/>; rel='next'; results='true'; cursor='c'",
        '<https://x/>; rel="next"; results="maybe"',
        '<https://x/>; rel="next"; results="true"; cursor=""',
    ],
)
def test_a_next_page_that_cannot_be_read_is_never_taken_for_the_last(link: str) -> None:
    with pytest.raises(SourceError, match="next page"):
        page(Reply(200, {**JSON, "link": link}, b"[]"), "events")


@pytest.mark.parametrize(
    ("link", "linked"),
    [
        ("", False),
        ("</style.css>; rel=preload", False),
        ('<https://x/>; rel="next"; results="false"; cursor="0:100:0"', True),
    ],
)
def test_only_a_header_about_pages_says_which_page_is_the_last(link: str, linked: bool) -> None:
    assert page(Reply(200, {**JSON, "link": link}, b"[]"), "events").linked is linked


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (body({"detail": "plain."}), "plain"),
        (body({"detail": {"code": "sso-required", "message": "Must login via SSO"}}), "Must login via SSO"),
        (body({"detail": {"code": "only-code"}}), "only-code"),
        (body({"info": "Route not found"}), "Route not found"),
        (body({"detail": None}), ""),
        (body(["x"]), "x"),
        (body(3), ""),
        (Reply(404, {"content-type": "text/plain; charset=utf-8"}, b"forgot a slash?"), "forgot a slash?"),
        (Reply(429, {"content-type": "text/html"}, b'{"detail": "too frequently"}'), "too frequently"),
        (Reply(502, {"content-type": "text/html"}, b"<html>Bad gateway</html>"), ""),
        (Reply(404, {}, b""), ""),
    ],
)
def test_sentrys_own_words_are_found_in_every_form_they_take(reply: Reply, said: str) -> None:
    assert detail(reply) == said


@given(st.binary(max_size=300), st.sampled_from([200, 400, 429, 500]), st.dictionaries(st.text(), st.text()))
def test_no_reply_breaks_the_reading(raw: bytes, status: int, headers: dict[str, str]) -> None:
    reply = Reply(status, {**headers, **JSON}, raw)
    said = detail(reply)
    assert said.isprintable()
    assert len(said) <= DETAIL_LENGTH
    assert seen(reply, NOW).block_for >= 0
    with suppress(SourceError):
        page(reply, "events")


LIMIT_HEADERS = [f"x-sentry-rate-limit-{name}" for name in ("reset", "limit", "remaining", "concurrentlimit")]


@given(
    st.dictionaries(
        st.sampled_from(["date", "retry-after", *LIMIT_HEADERS]),
        st.text(max_size=20) | st.integers(-5, 10**15).map(str) | st.just("Tue, 14 Nov 2023 22:13:20 GMT"),
    )
)
def test_no_header_about_limits_breaks_the_reading(headers: dict[str, str]) -> None:
    found = seen(Reply(429, headers, b""), NOW)
    assert found.block_for >= 0
    assert found.reset_in is None or found.reset_in >= 0


def test_limits_are_read_from_headers_and_from_the_words_of_a_429() -> None:
    headers = {
        "x-sentry-rate-limit-limit": "30",
        "x-sentry-rate-limit-remaining": "29",
        "x-sentry-rate-limit-reset": str(int(NOW) + 1),
        "x-sentry-rate-limit-concurrentlimit": "15",
    }
    found = seen(Reply(200, headers, b"{}"), NOW)
    assert (found.limit, found.remaining, found.reset_in, found.concurrent) == (30, 29, 1.0, 15)
    spoken = seen(Reply(429, {}, b'{"detail": "Limit is 5 requests in 10 seconds"}'), NOW)
    assert (spoken.limit, spoken.window) == (5, 10.0)
    crowded = seen(Reply(429, {}, b'{"detail": "above the allowed concurrency for this endpoint"}'), NOW)
    assert crowded.block_for == 1.0


@pytest.mark.parametrize(("ahead", "pause"), [(-1, 0.5), (0, 0.5), (3, 3.0)])
def test_a_reset_that_seems_to_be_over_is_waited_for_a_little(ahead: int, pause: float) -> None:
    headers = {"x-sentry-rate-limit-reset": str(int(NOW) + ahead)}
    assert seen(Reply(429, headers, b""), NOW).block_for == pause


@pytest.mark.parametrize("value", ["", "yesterday", None, 5, "2026-13-01", "0001-01-01T00:00:00+23:59", []])
def test_what_is_no_date_is_none(value: object) -> None:
    assert moment(value) is None


@given(st.text() | st.none() | st.integers())
def test_every_text_can_be_stored(value: object) -> None:
    assert b"\0" not in text(value).encode()


def test_halves_of_characters_and_nuls_are_taken_out_of_texts() -> None:
    assert text("a\ud800\0b") == "a?b"


def test_facts_are_shared_and_grow_old() -> None:
    store, now = MemoryFacts(), [NOW]
    one, other = Facts(store, "k", lambda: now[0]), Facts(store, "k", lambda: now[0])
    one.put("region", "https://de.sentry.io")
    assert other.get("region", 3600) == "https://de.sentry.io"
    one.put("errors", "errors")
    other.put("performance", "spans")
    now[0] += 3599
    assert (one.get("region", 3600), one.get("performance", 3600)) == ("https://de.sentry.io", "spans")
    now[0] += 2
    assert one.get("region", 3600) is None
    other.forget("performance")
    now[0] += 61
    assert one.get("performance", 10**6) is None


@pytest.mark.parametrize("kept", [{"region": "text"}, {"region": {"at": "x", "value": 1}}, {"region": {"at": 1}}, {}])
def test_facts_of_another_version_are_ignored(kept: dict[str, object]) -> None:
    assert Facts(MemoryFacts({"k": kept}), "k", lambda: NOW).get("region", 3600) is None


@pytest.mark.parametrize("unit", [b"[]", b"{}", b"0", b'{"":0}', b'""'])
def test_what_swells_when_it_is_read_is_not_read(unit: bytes) -> None:
    body = b"[" + b",".join([unit] * (MAX_BYTES // (len(unit) + 1))) + b"]"
    tracemalloc.start()
    with suppress(SourceError):
        page(Reply(200, JSON, body), "events")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 60_000_000


def test_a_page_of_100_rows_as_long_as_they_come_is_read() -> None:
    row = {"title": "x, y, [z] " * 100, "tags": [{"key": "k", "value": "v"}] * 300}
    body = json.dumps([row] * 100).encode()
    assert len(page(Reply(200, JSON, body), "issues").data) == 100
