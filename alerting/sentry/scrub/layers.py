"""Texts inside texts: what reprs, JSON, HTML, URLs and terminals write in other signs, read as what it means.

A layer keeps where each sign came from, so that a secret found in what is meant is cut out of what is written.
"""

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from urllib.parse import unquote

from alerting.sentry.scrub.work import Cut

_WRITTEN = re.compile(
    r"(?=[\\&\x1b])(?:(?<!\\)\\{1,15}[nrt]|\\{1,15}u(?P<code>(?!d[89a-fA-F])[0-9a-fA-F]{4})"
    r"|(?:\\{1,15}x[c-fC-F][0-9a-fA-F](?:\\{1,15}x[89abAB][0-9a-fA-F]){1,3})"
    r"|\\{1,15}x(?P<byte>[2-7][0-9a-fA-F])|(?:\x1b|\\{1,7}x1b|\\{1,7}u001b)\[[\d;]{0,20}[A-Za-z]"
    r"|&(?:quot|#34|#x22|#39|#x27|apos|lt|gt|amp|#38);)"
)
_PERCENT = re.compile(r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+")
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}
COLOUR = "\x1c"
DEEPEST = 3


class Layer:
    """What a text means, and where each part of it is written."""

    def __init__(self, pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], str], written: str) -> None:
        pieces: list[str] = []
        self._meant, self._written = [0], [0]
        done = size = 0
        for match in pattern.finditer(written):
            start, end = match.span()
            shown = meaning(match)
            pieces += (written[done:start], shown)
            size += start - done
            self._meant += (size, size + len(shown))
            self._written += (start, end)
            size += len(shown)
            done = end
        self.text = "".join((*pieces, written[done:]))

    def spans(self, cuts: list[Cut]) -> list[Cut]:
        """The same cuts in the text as it is written."""
        meant, written = self._meant, self._written

        def begin(position: int) -> int:
            index = bisect_right(meant, position) - 1
            return written[index] + (position - meant[index] if index % 2 == 0 else 0)

        def end(position: int) -> int:
            index = bisect_left(meant, position) - 1
            inside = index >= 0 and index % 2 == 1
            return written[index + 1] if inside else begin(position)

        return [(begin(first), end(last), rule) for first, last, rule in cuts]


def _plain(match: re.Match[str]) -> str:
    shown = match[0]
    if shown[0] == "&":
        return html.unescape(shown)
    if "[" in shown:
        return COLOUR
    if shown[-1] in _BLANKS:
        return _BLANKS[shown[-1]]
    if code := match["code"] or match["byte"]:
        return chr(int(code, 16))
    try:
        return bytes.fromhex(shown.replace("\\", "").replace("x", "")).decode()
    except ValueError:
        return shown


def _unquoted(match: re.Match[str]) -> str:
    return chr(int(match[0][1:], 16)) if len(match[0]) == 3 else unquote(match[0], errors="replace")


def written_out(text: str) -> Layer | None:
    """The text with what reprs, JSON, HTML and terminals write in signs as it is meant; None where nothing is."""
    return _layer(_WRITTEN, _plain, text) if "\\" in text or "&" in text or "\x1b" in text else None


def percent_encoded(text: str) -> Layer | None:
    """The text with what URLs write in percent signs as it is meant; None where nothing is."""
    return _layer(_PERCENT, _unquoted, text)


def _layer(pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], str], text: str) -> Layer | None:
    layer = Layer(pattern, meaning, text)
    return layer if layer.text != text else None
