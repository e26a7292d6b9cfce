"""Texts inside texts: what reprs, JSON, HTML, URLs and terminals write in other signs, read as what it means."""

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from alerting.sentry.scrub.work import Cut

_WRITTEN = re.compile(
    r"(?=[\\&\x1b])(?:(?<!\\)\\{1,15}[nrt]|\\{1,15}u(?!d[89a-fA-F])[0-9a-fA-F]{4}|\\{1,15}x[2-7][0-9a-fA-F]"
    r"|\\{1,15}x[c-fC-F][0-9a-fA-F](?:\\{1,15}x[89abAB][0-9a-fA-F]){1,3}"
    r"|(?:\x1b|\\{1,7}x1b|\\{1,7}u001b)\[[\d;]{0,20}[A-Za-z]|&(?:quot|#34|#x22|#39|#x27|apos|lt|gt|amp|#38);)"
)
_PERCENT = re.compile(r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+")
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}
_COLOUR = "\x1c"
DEEPEST = 3


class Layer:
    """What a text means, and for each sign of it where it is written: what is found there is cut out of the text."""

    def __init__(self, pattern: re.Pattern[str], meaning: Callable[[str], str], written: str) -> None:
        pieces: list[str] = []
        self._begins: list[int] = []
        self._ends: list[int] = []
        done = 0
        for match in pattern.finditer(written):
            start, end = match.span()
            shown = meaning(match[0])
            pieces += (written[done:start], shown)
            self._begins += (*range(done, start), *[start] * len(shown))
            self._ends += (*range(done + 1, start + 1), *[end] * len(shown))
            done = end
        self._begins += range(done, len(written))
        self._ends += range(done + 1, len(written) + 1)
        self.text = "".join((*pieces, written[done:]))

    def spans(self, cuts: list[Cut]) -> list[Cut]:
        """The same cuts in the text as it is written."""
        return [(self._begins[first], self._ends[last - 1], rule) for first, last, rule in cuts if last > first]


def written_out(text: str) -> Layer | None:
    """The text with what reprs, JSON, HTML and terminals write in signs as it is meant; None where nothing is."""
    return _layer(_WRITTEN, _plain, text) if "\\" in text or "&" in text or "\x1b" in text else None


def percent_encoded(text: str) -> Layer | None:
    """The text with what URLs write in percent signs as it is meant; None where nothing is."""
    return _layer(_PERCENT, lambda shown: unquote(shown, errors="replace"), text) if "%" in text else None


def json_in(text: str) -> Any:
    """What a JSON text holds, where that is more than a bare value; None for any other text."""
    try:
        found = json.loads(text) if text.lstrip()[:1] in ("{", "[", '"') else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list | str) else None


def _layer(pattern: re.Pattern[str], meaning: Callable[[str], str], text: str) -> Layer | None:
    layer = Layer(pattern, meaning, text) if pattern.search(text) else None
    return layer if layer is not None and layer.text != text else None


def _plain(shown: str) -> str:
    if shown[0] == "&":
        return html.unescape(shown)
    if "[" in shown:
        return _COLOUR
    code = shown.replace("\\", "")
    if code in _BLANKS:
        return _BLANKS[code]
    try:
        return chr(int(code[1:], 16)) if code[0] == "u" else bytes.fromhex(code.replace("x", "")).decode()
    except ValueError:
        return shown
