"""What Slack refuses about a message's layout, with its limits (docs: Block Kit reference). Pure."""

import json
from collections.abc import Iterator
from typing import Any

# Far above what its texts and blocks can come to.
MOST_BYTES = 4 * 1024 * 1024
MOST_TEXT = 40_000
# chat.update documents less than posting does.
MOST_EDITED_TEXT = 4_000
# All blocks together, markup included; not documented (github.com/slackapi/bolt-js issues 2509 and 2867 measured it).
BLOCKS_TOGETHER = 13_200
MOST_BLOCKS = 50
SECTION_TEXT = 3_000
FIELD_TEXT = 2_000
MOST_FIELDS = 10
HEADER_TEXT = 150
BUTTON_TEXT = 75
MOST_ELEMENTS = {"context": 10, "actions": 25}
URL_LENGTH = 3_000
# Tuples, not sets: what is looked up in them may be anything JSON can hold.
TEXT_TYPES = ("mrkdwn", "plain_text")
BLOCK_TYPES = ("section", "header", "divider", "context", "actions", "image", "rich_text", "markdown")


def too_long_together(blocks: list[dict[str, Any]]) -> bool:
    """Whether Slack would refuse the blocks for what they come to, though each is within its limits."""
    return len(json.dumps(blocks, separators=(",", ":"), ensure_ascii=False)) > BLOCKS_TOGETHER


def problems(blocks: Any) -> list[str]:
    """Everything Slack would object to, each with a pointer to its place; empty where it accepts the layout."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return ["must be an array of objects [json-pointer:/blocks]"]
    found = [problem for index, block in enumerate(blocks) for problem in _block(block, f"/blocks/{index}")]
    if len(blocks) > MOST_BLOCKS:
        found.append(f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    return found


def _block(block: dict[str, Any], place: str) -> Iterator[str]:
    match block.get("type"):
        case "section":
            yield from _section(block, place)
        case "header":
            yield from _text(block.get("text"), f"{place}/text", HEADER_TEXT, plain=True)
        case "context" | "actions" as kind:
            elements = block.get("elements")
            if not isinstance(elements, list) or not elements:
                yield f"must provide elements [json-pointer:{place}/elements]"
                return
            if len(elements) > MOST_ELEMENTS[kind]:
                yield f"no more than {MOST_ELEMENTS[kind]} items allowed [json-pointer:{place}/elements]"
            for index, element in enumerate(elements):
                yield from _element(element, f"{place}/elements/{index}", kind)
        case kind if kind not in BLOCK_TYPES:
            yield f"unsupported type: {kind} [json-pointer:{place}/type]"


def _section(block: dict[str, Any], place: str) -> Iterator[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield f"must provide either text or fields [json-pointer:{place}]"
    if "text" in block:
        yield from _text(block["text"], f"{place}/text", SECTION_TEXT)
    if fields is not None:
        if not isinstance(fields, list) or not fields:
            yield f"must be a non-empty array [json-pointer:{place}/fields]"
            return
        if len(fields) > MOST_FIELDS:
            yield f"no more than {MOST_FIELDS} items allowed [json-pointer:{place}/fields]"
        for index, one in enumerate(fields):
            yield from _text(one, f"{place}/fields/{index}", FIELD_TEXT)
    if block.get("accessory"):
        yield from _element(block["accessory"], f"{place}/accessory", "actions")


def _element(element: Any, place: str, kind: str) -> Iterator[str]:
    if not isinstance(element, dict):
        yield f"must be an object [json-pointer:{place}]"
    elif kind == "context" and element.get("type") in TEXT_TYPES:
        yield from _text(element, place, SECTION_TEXT)
    elif element.get("type") == "button":
        yield from _text(element.get("text"), f"{place}/text", BUTTON_TEXT, plain=True)
        if len(str(element.get("url") or "")) > URL_LENGTH:
            yield f"must be less than {URL_LENGTH + 1} characters [json-pointer:{place}/url]"


def _text(text: Any, place: str, most: int, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in TEXT_TYPES or not isinstance(text.get("text"), str):
        yield f"must provide a text object [json-pointer:{place}]"
    elif plain and text["type"] != "plain_text":
        yield f"must be plain_text [json-pointer:{place}/type]"
    elif not text["text"]:
        yield f"must be more than 0 characters [json-pointer:{place}/text]"
    elif len(text["text"]) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{place}/text]"
