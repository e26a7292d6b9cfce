"""A digest drops no line, whatever room a channel has."""

import pytest

from alerting.examples.every_kind import digest
from alerting.notifiers import render
from alerting.notifiers.email import mail_body
from alerting.notifiers.slack import slack_blocks
from tests.notifiers.rendered import assert_within_slacks_limits, block_texts, everything


def test_a_resolved_line_in_a_digest_says_resolved() -> None:
    for where, shown in everything(digest(4)).items():
        assert "resolved" in shown, where


@pytest.mark.parametrize("count", [1, 12, 70, 75, 150])
def test_a_digest_drops_no_line_and_keeps_slacks_limits(count: int) -> None:
    notice = digest(count)
    shown = render.view(notice)
    blocks, text = slack_blocks.blocks(shown), slack_blocks.text(shown)
    assert_within_slacks_limits(blocks, text)
    marked = "\n".join(block_texts(blocks))
    for line in notice.lines:
        for where in (marked, text):
            (found,) = [each for each in where.splitlines() if line.project in each and "In this" not in each][-1:]
            assert line.value in found
            assert line.threshold in found


def test_the_lines_of_a_slack_digest_are_links_while_there_is_room() -> None:
    blocks = "\n".join(block_texts(slack_blocks.blocks(render.view(digest(30)))))
    assert blocks.count("|service-") == 30


def test_even_a_thousand_lines_are_all_there() -> None:
    text = slack_blocks.text(render.view(digest(1000)))
    assert text.count("service-") >= 1000


def test_a_mail_digest_of_500_lines_stays_below_what_gmail_hides() -> None:
    notice = digest(500)
    html = mail_body.html(render.view(notice))
    assert len(html.encode()) < 100_000
    text = render.as_text(render.view(notice))
    for line in notice.lines:
        assert line.project in html
        assert f"{line.project} (production): {line.value}, threshold {line.threshold}" in text
