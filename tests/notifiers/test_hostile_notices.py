"""Hostile text from events in notices: it mentions nobody, forges no link, no header and no line, within bounds."""

import json
import re
import unicodedata
from email import message_from_bytes, policy

from hypothesis import HealthCheck, Phase, given, settings

from alerting.examples.afternoon import firing
from alerting.notifiers import render
from alerting.notifiers.email import mail_body
from alerting.notifiers.email.notifier import EmailNotifier
from alerting.notifiers.slack import slack_blocks
from alerting.outbox.message import Notice
from tests.notifiers.hostile import Recipe, recipes
from tests.notifiers.rendered import Tags, assert_within_slacks_limits, block_texts

# No shrinking: a failing notice is long either way, and shrinking one takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
few = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None, phases=PHASES)
TAGS = set("html head meta title style body div table tr td span h1 p a b br code".split())


@few
@given(recipes)
def test_a_text_that_may_be_edited_later_is_short_enough_for_it(recipe: Recipe) -> None:
    notice = recipe.notice()
    if not notice.lines:
        assert len(slack_blocks.text(render.view(notice))) <= 4000


@few
@given(recipes)
def test_hostile_text_keeps_slacks_limits_and_mentions_nobody(recipe: Recipe) -> None:
    notice = recipe.notice()
    shown = render.view(notice)
    blocks, text = slack_blocks.blocks(shown), slack_blocks.text(shown)
    assert_within_slacks_limits(blocks, text)
    for piece in (*block_texts(blocks), text):
        assert_only_our_links(piece)
        for word in ("@here", "@channel", "@everyone"):
            assert word not in piece.lower()
    json.dumps(blocks).encode("ascii")


@few
@given(recipes)
def test_hostile_text_stays_text_in_html(recipe: Recipe) -> None:
    notice = recipe.notice()
    parser = Tags()
    html = mail_body.html(render.view(notice))
    parser.feed(html)
    assert parser.tags <= TAGS
    assert not [name for name in parser.attributes if name.startswith("on") or name == "src"]
    assert all(link.startswith(("https://", "http://")) for link in parser.links)
    assert len(html) < 250_000
    assert_visible(html)


@few
@given(recipes)
def test_hostile_text_adds_no_header_and_no_line_to_a_mail(recipe: Recipe) -> None:
    notice = recipe.notice()
    raw = _mail(notice)
    message = message_from_bytes(raw, policy=policy.default)
    assert set(message.keys()) == {
        *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "References"),
        *("In-Reply-To", "Auto-Submitted", "X-Auto-Response-Suppress"),
    }
    assert message["To"] == "ops@example.com"
    assert "\n" not in message["Subject"]
    assert 0 < len(message["Subject"].strip()) <= 200
    assert_visible(message["Subject"])
    body = message.get_body(("plain",))
    assert body is not None
    assert_visible(body.get_content())
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@few
@given(recipes)
def test_hostile_text_cannot_start_a_line_of_the_text_part(recipe: Recipe) -> None:
    notice = recipe.notice()
    shown = render.view(notice)
    most = 36 + 2 * len(notice.lines) + len(shown.facts) + len(shown.small) + len(shown.notes)
    assert len(render.as_text(shown).splitlines()) <= most


def test_a_huge_title_costs_nothing_and_takes_no_room() -> None:
    notice = firing(issue={"title": "A" * 10_000_000, "culprit": "&" * 10_000_000})
    assert len(slack_blocks.text(render.view(notice))) < 5000


def assert_only_our_links(piece: str) -> None:
    """What stands in angle brackets is a link we made: one URL, one label."""
    rest = re.sub(r"<https?://[^<>|\s]+\|[^<>|]*>", "", piece)
    assert "<" not in rest
    assert ">" not in rest


def assert_visible(text: str) -> None:
    hidden = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert hidden <= {"\n", "\r"}


def _mail(notice: Notice) -> bytes:
    notifier = EmailNotifier(["ops@example.com"], "alerts@example.com", lambda: None)
    return notifier.compose(notice, {}, "k:1:email").message().as_bytes(linesep="\r\n")
