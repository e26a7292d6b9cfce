import sys
import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.notifiers.escape import code, entities, fit, mrkdwn, one_line, safe_link, shorten, slack_link, visible
from tests.notifiers.hostile import texts


@given(texts)
def test_one_line_shows_only_what_can_be_seen(text: str) -> None:
    line = one_line(text, 300)
    assert len(line) <= 300
    assert line.splitlines() in ([], [line])
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert line == line.strip()
    line.encode()


@given(texts)
def test_one_line_of_one_line_changes_nothing_more(text: str) -> None:
    line = one_line(text, 300)
    assert one_line(line, 300) == line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ValueError: user_id=3", "plain ValueError: user_id=3"),
        ("a\r\nBcc: b", "a Bcc: b"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07rest", "rest"),
        ("\x9b2Jrest", "rest"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("pass\u200bword", "password"),
        ("\ud800", "\ufffd"),
        ("naïve café 日本語 👍🏽", "naïve café 日本語 👍🏽"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
    ],
)
def test_one_line_keeps_words_and_drops_tricks(text: str, shown: str) -> None:
    assert one_line(text) == shown


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("abcdef", 0, ""),
        ("abe\u0301\u0302cd", 5, "ab…"),
        ("ab👍🏽cd", 4, "ab…"),
        ("a🇩🇪🇫🇷b", 5, "a🇩🇪…"),
        ("a🇩🇪🇫🇷b", 3, "a…"),
    ],
)
def test_shortening_never_cuts_through_what_a_reader_sees_as_one_character(text: str, limit: int, shown: str) -> None:
    assert shorten(text, limit) == shown


@given(texts)
def test_mrkdwn_cannot_mention_link_or_format(text: str) -> None:
    shown = mrkdwn(text)
    assert not set(shown) & set("<>*~`")
    assert "://" not in shown
    for word in ("@here", "@channel", "@everyone"):
        assert word not in shown.lower()
    assert all(entity in {"&amp;", "&lt;", "&gt;"} for entity in _entities_in(shown))


def test_mrkdwn_leaves_names_as_they_are_written() -> None:
    for name in ("checkout-api", "my_service", "shop.basket.views in total", "4.2% (0.042)", "Zürich/日本"):
        assert mrkdwn(name) == name
    assert mrkdwn("_italic_ and __init__") == "＿italic＿ and ＿＿init＿＿"


@given(texts)
def test_code_is_one_span_that_nothing_leaves(text: str) -> None:
    shown = code(text)
    if shown:
        assert shown[0] == shown[-1] == "`"
        assert "`" not in shown[1:-1]
    assert not set(shown) & set("<>")


@given(texts, st.integers(0, 3000))
def test_fitting_keeps_the_limit_and_never_cuts_an_entity(text: str, limit: int) -> None:
    fitted = fit(one_line(text, 20_000), limit, mrkdwn)
    assert len(fitted) <= limit
    assert all(entity in {"&amp;", "&lt;", "&gt;"} for entity in _entities_in(fitted))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https://user:pass@sentry.io/",
        "https://sentry.io@evil.example/",
        "ftp://sentry.io/",
        "https://sentry.io:99999999/",
        "https://sentry.io/" + "a" * 5000,
        "",
    ],
)
def test_a_link_nobody_should_follow_is_no_link(url: str) -> None:
    assert safe_link(url) == ""
    assert slack_link(url, "here") == "here"


def test_a_good_link_stays_as_it_is() -> None:
    url = "https://acme.sentry.io/organizations/acme/issues/?project=1&start=2026-11-23T12%3A00%3A00&query="
    assert safe_link(url) == url
    assert slack_link(url, "checkout") == f"<{entities(url)}|checkout>"


@given(texts, texts)
def test_a_slack_link_is_one_link_or_none(url: str, label: str) -> None:
    link = slack_link("https://sentry.io/" + url, label)
    inner = link[1:-1] if link.startswith("<") else link
    assert not set(inner) & set("<>")
    assert inner.count("|") <= 1


@given(texts)
def test_a_safe_link_is_ascii_without_quotes_or_blanks(text: str) -> None:
    link = safe_link("https://sentry.io/" + text)
    assert link.isascii()
    assert not set(link) & set(" \"'<>\\|`\r\n\t")
    if link:
        assert urlsplit(link).scheme == "https"


def _entities_in(text: str) -> list[str]:
    return [f"&{part.split(';')[0]};" for part in text.split("&")[1:]]


BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5"


def test_what_is_taken_out_is_what_unicode_calls_control_or_format_and_letters_drawn_as_nothing() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    kept = set(visible(everything))
    hidden = {char for char in everything if unicodedata.category(char) in {"Cc", "Cf"}} - {"\n"}
    assert hidden | set(BLANK_LETTERS) <= set(everything) - kept
    # What a newer Unicode calls format is not assigned in an older one.
    surplus = set(everything) - kept - hidden - set(BLANK_LETTERS)
    assert {unicodedata.category(char) for char in surplus} <= {"Cn"}
