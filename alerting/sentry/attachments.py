"""Scrubs the text files that travel beside an event; binary ones are left as they are."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sentry_sdk.attachments import Attachment

from alerting.sentry.hooks import default_scrub, guarded

# A longer text is not read at all: what cannot be scrubbed in the time of a request does not leave.
MAX_BYTES = 1_000_000
_TOO_LONG = b"[Filtered] a text of more than 1 MB, too long to be scrubbed\n"
_UNREADABLE = b"[Filtered] an attachment that could not be read\n"
# Scrubbing reads as much of a text as Sentry keeps of a message, which is 8,192 characters.
_AT_ONCE = 4_000
_LONGEST_LINE = 8_000
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_KEY_BEGINS, _KEY_ENDS = "-----BEGIN", "-----END"

Scrub = Callable[[Any, Any], Any]


def scrubbed_attachments(attachments: Iterable[Any], scrub: Scrub) -> list[Any]:
    """The attachments, each read and scrubbed when its event leaves; what is no attachment stays as it is."""
    return [_scrubbed(one, scrub) if isinstance(one, Attachment) else one for one in attachments]


def _scrubbed(attachment: Attachment, scrub: Scrub) -> Attachment:
    def content() -> bytes:
        given = attachment.bytes() if callable(attachment.bytes) else attachment.bytes
        return without_secrets(Path(str(attachment.path)).read_bytes() if given is None else given, scrub)

    return Attachment(
        bytes=guarded(content, _UNREADABLE),
        filename=attachment.filename,
        content_type=attachment.content_type,
        add_to_transactions=attachment.add_to_transactions,
    )


def without_secrets(content: bytes, scrub: Scrub = default_scrub) -> bytes:
    """The content of a file without its secrets where it is text, in any encoding; the same object where it is not."""
    encoding = _encoding(content)
    if encoding is None:
        return content
    if len(content) > MAX_BYTES:
        return _TOO_LONG
    text = content.decode(encoding)
    told = _as_json(text, scrub)
    if told is None:
        told = "".join(_text(piece, scrub) for piece in _pieces(text))
    return told.encode(encoding, "replace")


def _encoding(content: bytes) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if _CONTROLS.search(content[:MAX_BYTES]):
        return None
    try:
        content.decode()
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _as_json(text: str, scrub: Scrub) -> str | None:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    told = scrub({"extra": {"attachment": given}}, {})["extra"]["attachment"]
    return text if told == given else json.dumps(told, indent=2 if "\n" in text.strip() else None, ensure_ascii=False)


def _text(text: str, scrub: Scrub) -> str:
    if len(text) > _LONGEST_LINE:
        return _as_json(text, scrub) or "[Filtered]\n"
    told = scrub({"message": text}, {})["message"]
    return told if isinstance(told, str) else "[Filtered]\n"


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces short enough to be read, of whole lines; keys that go on over many lines are not divided."""
    piece: list[str] = []
    size, inside_key = 0, False
    for line in text.splitlines(keepends=True):
        if piece and (len(line) > _AT_ONCE or (size > _AT_ONCE and not inside_key) or size > _LONGEST_LINE - _AT_ONCE):
            yield "".join(piece)
            piece, size = [], 0
        piece.append(line)
        size += len(line)
        inside_key = _KEY_BEGINS in line or (inside_key and _KEY_ENDS not in line)
    yield "".join(piece)
