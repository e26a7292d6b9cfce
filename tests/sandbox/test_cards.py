"""Slack's markup and mails as HTML: readable, and harmless whatever they hold."""

from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.notifiers.slack.slack_html import blocks_to_html, to_html
from tests.sandbox import cards
from tests.sandbox.records import Mail, SlackMessage

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PIECES = (
    "<script>alert(1)</script>",
    "<!channel>",
    "<javascript:alert(1)|click>",
    "<http://a.example/?q=\"'><img src=x onerror=alert(1)>|x>",
    "&lt;b&gt;",
    "&amp;lt;",
    "*bold*",
    "`code <b>`",
    "```pre\n<i>```",
    '" onmouseover="alert(1)',
    "<a|b",
    "\u202e\x00",
)
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=5).map("".join)
TAGS = {"article", "b", "br", "code", "details", "div", "em", "h3", "hr", "iframe", "li", "ol", "p", "pre", "s"}
TAGS |= {"a", "section", "span", "strong", "summary", "time"}
ATTRIBUTES = {"aria-hidden", "class", "datetime", "dir", "href", "loading", "open", "rel", "sandbox", "src", "target"}
ATTRIBUTES |= {"title"}


class Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attributes]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def message(text: str, ts: str, via: str = "chat.postMessage", **more: Any) -> SlackMessage:
    values: dict[str, Any] = {"thread_ts": "", "blocks": [], "body": {}, **more}
    return SlackMessage(AT, via, "#alerts", ts, values["thread_ts"], text, values["blocks"], values["body"])


def mail(subject: str = "hello", text: str = "the text", page: str = "") -> Mail:
    made = EmailMessage()
    made["Subject"], made["From"] = subject, "alerts@example.com"
    made.set_content(text)
    if page:
        made.add_alternative(page, subtype="html")
    return Mail(AT, "alerts@example.com", ["oncall@example.com"], made)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain &amp; simple", "plain &amp; simple"),
        ("*bold* _soft_ ~gone~", "<strong>bold</strong> <em>soft</em> <s>gone</s>"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("`*as it is*`", "<code>*as it is*</code>"),
        ("two\nlines", "two<br>lines"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("<!channel>", '<b class="mention" title="!channel">@channel</b>'),
        ("<javascript:alert(1)|click>", "click"),
    ],
)
def test_markup_is_shown_as_slack_shows_it(text: str, html: str) -> None:
    assert to_html(text) == html


def test_a_link_opens_elsewhere_and_tells_nobody_whence() -> None:
    html = to_html("<https://a.example/?x=1&amp;y=2|Open in Sentry>")
    assert html == (
        '<a href="https://a.example/?x=1&amp;y=2" target="_blank" rel="noreferrer noopener">Open in Sentry</a>'
    )


def test_every_kind_of_block_is_readable() -> None:
    text = {"type": "mrkdwn", "text": "*Value*\n11 errors"}
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "*as it is*"}},
        {"type": "section", "text": text, "fields": [text]},
        {"type": "divider"},
        {"type": "context", "elements": [text]},
        {"type": "actions", "elements": [{"type": "button", "text": text, "url": "https://a.example"}]},
        {"type": "rich_text", "elements": ["<anything>"]},
    ]
    reader = read(blocks_to_html(blocks))
    assert reader.text.count("11 errors") == 4
    assert "*as it is*" in reader.text and "<anything>" in reader.text


def test_an_edited_message_is_one_card_with_its_past_and_its_thread() -> None:
    arrived = [
        message("firing", "1.000001"),
        message("another", "2.000001"),
        message("worse", "3.000001", thread_ts="1.000001"),
        message("resolved", "1.000001", "chat.update"),
        message("of nothing known", "4.000001", thread_ts="0.000009"),
    ]
    first, *others = cards.cards(arrived)
    assert (first.now.text, [state.text for state in first.before]) == ("resolved", ["firing"])
    assert [reply.text for reply in first.replies] == ["worse"]
    assert [card.now.text for card in others] == ["another", "of nothing known"]
    (piece, *_) = cards.slack(arrived)
    assert piece["key"] == "slack-1-000001" and piece["version"] == "1.1"
    assert "edited once" in piece["html"] and "1 reply" in piece["html"]


def test_a_mail_shows_its_page_in_a_frame_without_scripts() -> None:
    (piece,) = cards.mails([(7, mail("a <subject>", page="<p>page</p>"))])
    reader = read(piece["html"])
    attributes = dict(reader.attributes)
    assert attributes["src"] == "/sandbox/mail/7.html"
    assert "allow-scripts" not in attributes["sandbox"]
    assert "a <subject>" in reader.text and "the text" in reader.text and "oncall@example.com" in reader.text


def test_a_mail_without_a_page_shows_its_text_at_once() -> None:
    (piece,) = cards.mails([(0, mail())])
    assert "<iframe" not in piece["html"] and "<details open>" in piece["html"]


@given(hostile)
def test_nothing_that_arrives_becomes_markup_of_ours(text: str) -> None:
    blocks = [{"type": kind, "text": {"type": "mrkdwn", "text": text}} for kind in ("section", "header", text)]
    subject = " ".join(text.split())
    pieces = [
        *cards.slack([message(text, "1.000001"), message(text, "2.000001", blocks=blocks)]),
        *cards.mails([(1, mail(subject or "x", text, text or "x"))]),
    ]
    for piece in pieces:
        reader = read(piece["html"])
        assert set(reader.tags) <= TAGS
        assert {name for name, _ in reader.attributes} <= ATTRIBUTES
        assert all(value.startswith(("http", "mailto")) for name, value in reader.attributes if name == "href")
