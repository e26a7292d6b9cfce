"""What the renderers make of a notice, as texts that tests read, and Slack's limits on it."""

import json
import re
from html.parser import HTMLParser
from typing import Any

from alerting.notifiers import render
from alerting.notifiers.email import mail_body
from alerting.notifiers.slack import slack_blocks
from alerting.outbox.message import Notice

HIDDEN = re.compile('<div style="display:none.*?</div>', re.DOTALL)


def everything(notice: Notice, environment: str = "") -> dict[str, str]:
    """What each renderer makes of a notice, as one string each."""
    shown = render.view(notice, environment)
    return {
        "text": render.as_text(shown),
        "html": re.sub(r"\s+", " ", html_text(HIDDEN.sub("", mail_body.html(shown)))),
        "slack text": slack_blocks.text(shown),
        "slack blocks": "\n".join(block_texts(slack_blocks.blocks(shown))),
    }


def block_texts(blocks: list[dict[str, Any]]) -> list[str]:
    """Every text of a Slack card, from its top."""
    found: list[str] = []
    for block in blocks:
        found += [block["text"]["text"]] if "text" in block else []
        found += [each["text"] for each in (*block.get("fields", ()), *block.get("elements", ()))]
    return found


def assert_within_slacks_limits(blocks: list[dict[str, Any]], text: str) -> None:
    """Beyond them Slack refuses the whole message."""
    assert 0 < len(blocks) <= 50
    assert 0 < len(text) <= 10_000
    assert len(json.dumps(blocks, ensure_ascii=False)) <= 12_000
    for block in blocks:
        match block["type"]:
            case "header":
                assert 0 < len(block["text"]["text"]) <= 150
            case "section" if "fields" in block:
                assert 0 < len(block["fields"]) <= 10
                assert all(0 < len(field["text"]) <= 2000 for field in block["fields"])
            case "section":
                assert 0 < len(block["text"]["text"]) <= 3000
            case "actions":
                assert 0 < len(block["elements"]) <= 25
            case "context":
                assert all(0 < len(element["text"]) <= 3000 for element in block["elements"])
                assert 0 < len(block["elements"]) <= 10
            case other:
                raise AssertionError(other)


def html_text(html: str) -> str:
    """What is read of it."""
    parser = Tags()
    parser.feed(html)
    return "".join(parser.text)


class Tags(HTMLParser):
    """The elements, attributes, links and texts of an HTML mail."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.text += [" "] if tag == "br" else []
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        if self.get_starttag_text() != "<style>":
            self.text.append(data)
