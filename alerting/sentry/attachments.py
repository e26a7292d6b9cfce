"""Scrubs the text files that travel beside an event; binary ones are left as they are."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sentry_sdk.attachments import Attachment

from alerting.sentry.guest import guarded

# A longer text is not read at all: what cannot be scrubbed in the time of a request does not leave.
_MAX_BYTES = 1_000_000
_TOO_LONG = b"[Filtered] a text of more than 1 MB, too long to be scrubbed\n"
_UNREADABLE = b"[Filtered] an attachment that could not be read\n"
# Scrubbing reads as much of a text as Sentry keeps of a message, which is 8,192 characters.
_AT_ONCE, _AT_MOST = 4_000, 8_000
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

Scrub = Callable[[Any, Any], Any]


def scrubbed_attachments(attachments: Iterable[Any], scrub: Scrub) -> list[Any]:
    """The attachments, each read and scrubbed when its event leaves; what is no attachment stays as it is."""
    return [_scrubbed(one, scrub) if isinstance(one, Attachment) else one for one in attachments]


def _scrubbed(given: Attachment, scrub: Scrub) -> Attachment:
    def content() -> bytes:
        held = given.bytes() if callable(given.bytes) else given.bytes
        return _without_secrets(Path(str(given.path)).read_bytes() if held is None else held, scrub)

    read = guarded(content, _UNREADABLE)
    return Attachment(read, given.filename, None, given.content_type, given.add_to_transactions)


def _without_secrets(content: bytes, scrub: Scrub) -> bytes:
    encoding = _encoding(content)
    if encoding is None:
        return content
    if len(content) > _MAX_BYTES:
        return _TOO_LONG
    text = content.decode(encoding)
    told = _as_json(text, scrub) or "".join(_as_text(piece, scrub) for piece in _pieces(text))
    return told.encode(encoding, "replace")


def _encoding(content: bytes) -> str | None:
    """How the content is written where it is text, else None."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if _CONTROLS.search(content[:_MAX_BYTES]):
        return None
    try:
        content.decode()
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _as_json(text: str, scrub: Scrub) -> str:
    """A JSON document without its secrets; empty where the text is none."""
    # Read with the rules, at the first event.
    from alerting.sentry.scrub.layers import json_in

    given = json_in(text)
    if given is None:
        return ""
    told = scrub({"extra": {"attachment": given}}, {})["extra"]["attachment"]
    return text if told == given else json.dumps(told, indent=2 if "\n" in text.strip() else None, ensure_ascii=False)


def _as_text(text: str, scrub: Scrub) -> str:
    if len(text) > _AT_MOST:
        return _as_json(text, scrub) or "[Filtered]\n"
    return str(scrub({"message": text}, {})["message"])


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces short enough to be read, of whole lines; keys that go on over many lines are not divided."""
    piece, is_inside_key = "", False
    for line in text.splitlines(keepends=True):
        is_full = len(piece) > _AT_ONCE and not is_inside_key
        if piece and (is_full or len(piece) + len(line) > _AT_MOST):
            yield piece
            piece = ""
        piece += line
        is_inside_key = "-----BEGIN" in line or (is_inside_key and "-----END" not in line)
    yield piece
