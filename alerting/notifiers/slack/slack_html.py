"""Slack's mrkdwn and Block Kit as HTML, near enough to read what Slack would show. Pure; everything is escaped.

Slack's own rules: three entities, `<…>` for links and mentions, code before everything else (docs: Formatting text).
"""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

_CODE = re.compile(r"```(?P<block>.+?)```|`(?P<span>[^`\n]+)`", re.DOTALL)
_CONTROL = re.compile(r"<(?P<target>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>")
_FORMATS = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "s"),
)
_MENTION = re.compile(r"[!@#].+")


def to_html(text: str) -> str:
    """A text object's mrkdwn."""
    return "".join(_pieces(text))


def blocks_to_html(blocks: Sequence[Mapping[str, Any]]) -> str:
    """A message's blocks, one after the other."""
    return "".join(_block(block) for block in blocks)


def escape(text: object) -> str:
    return html.escape(str(text), quote=True)


def _pieces(text: str) -> Iterator[str]:
    place = 0
    for found in _CODE.finditer(text):
        yield _formatted(text[place : found.start()])
        if found["block"] is not None:
            yield f"<pre>{_literal(found['block'])}</pre>"
        else:
            yield f"<code>{_literal(found['span'])}</code>"
        place = found.end()
    yield _formatted(text[place:])


def _formatted(text: str) -> str:
    parts, place = [], 0
    for found in _CONTROL.finditer(text):
        parts += [_styled(text[place : found.start()]), _control(found["target"], found["label"])]
        place = found.end()
    return "".join([*parts, _styled(text[place:])])


def _styled(text: str) -> str:
    shown = _literal(text)
    for pattern, tag in _FORMATS:
        shown = pattern.sub(rf"<{tag}>\1</{tag}>", shown)
    return shown.replace("\n", "<br>")


def _control(target: str, label: str | None) -> str:
    if _MENTION.fullmatch(target):
        # What would ring everybody's phone must not look harmless here.
        name = label or "@" + target.lstrip("!@#")
        return f'<b class="mention" title="{escape(target)}">{_literal(name)}</b>'
    return _link(html.unescape(target), _literal(label or target))


def _link(url: str, shown: str) -> str:
    try:
        safe = urlsplit(url).scheme in {"http", "https", "mailto"}
    except ValueError:
        safe = False
    if not safe:
        return shown
    return f'<a href="{escape(url)}" target="_blank" rel="noreferrer noopener">{shown}</a>'


def _literal(text: str) -> str:
    """Slack knows three entities and nothing else."""
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return escape(plain)


def _block(block: Mapping[str, Any]) -> str:
    match block.get("type"):
        case "header":
            return f"<h3>{_text(block.get('text'))}</h3>"
        case "divider":
            return "<hr>"
        case "section":
            fields = "".join(f"<div>{_text(field)}</div>" for field in block.get("fields") or [])
            text = f"<p>{_text(block['text'])}</p>" if block.get("text") else ""
            accessory = _element(block["accessory"]) if block.get("accessory") else ""
            return f"<section>{text}{f'<div class=fields>{fields}</div>' if fields else ''}{accessory}</section>"
        case "context":
            shown = " ".join(_element(element) for element in block.get("elements") or [])
            return f"<p class=context>{shown}</p>"
        case "actions":
            return f"<p>{''.join(_element(element) for element in block.get('elements') or [])}</p>"
    return f"<pre>{escape(json.dumps(block, indent=1, ensure_ascii=False))}</pre>"


def _element(element: Mapping[str, Any]) -> str:
    if element.get("type") == "button":
        return f"<span class=button>{_link(str(element.get('url') or ''), _text(element.get('text')))}</span>"
    if element.get("type") in {"mrkdwn", "plain_text"}:
        return _text(element)
    return f"<code>{escape(element.get('type'))}</code>"


def _text(text: Any) -> str:
    if not isinstance(text, Mapping):
        return ""
    content = str(text.get("text") or "")
    return to_html(content) if text.get("type") == "mrkdwn" else _literal(content).replace("\n", "<br>")
