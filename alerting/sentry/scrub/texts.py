"""Takes secrets out of a text: layer by layer, rule by rule, each behind a cheap sign that it may apply."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from alerting.sentry.scrub import columns
from alerting.sentry.scrub.layers import DEEPEST, percent_encoded, written_out
from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.pairs import Pairs
from alerting.sentry.scrub.remarks import Remarks, without
from alerting.sentry.scrub.rules.figures import DIGITS
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.rules.structure import TELLING
from alerting.sentry.scrub.shapes import shapes
from alerting.sentry.scrub.values import MARKER
from alerting.sentry.scrub.work import Cut, OverworkedError, Work

# Sentry keeps no more of a message or of an exception's value (relay-event-schema: max_chars 8192), nor of a request's
# body (BagSize::Large). What is longer is cut before it is read.
LONGEST_TEXT = 8_192
LONGEST_REMEMBERED = 512
REMEMBERED = 16_384
Reading = Callable[[str, Work], list[Cut]]


class Texts:
    """Cleans texts by the rules that are switched on."""

    def __init__(
        self,
        names: Names,
        patterns: Sequence[re.Pattern[str]],
        allowed: frozenset[str],
        without: frozenset[str] = frozenset(),
    ) -> None:
        self._names = names
        self._pairs = Pairs(names)
        self._shapes = shapes(without, names.roots)
        self._patterns = patterns
        self._allowed = allowed
        self._without = without
        # Texts and names without a secret, never such with one: most of an event is the same again in the next.
        self.known: dict[str, bool] = {MARKER: True}
        """Each with whether it is also no name or option that makes its neighbour in a list a secret."""
        self.harmless_names: dict[str, bool] = {}
        self.known_code: dict[str, bool] = {}
        self.plain_names: dict[str, bool] = {}

    def clean(self, text: str, remarks: Remarks, work: Work, parsed: Callable[[Any], Any] | None = None) -> str:
        """The text without its secrets, and why. `parsed` cleans what JSON the text holds."""
        if text in self.known or text in self._allowed:
            return text
        cut = text if len(text) <= LONGEST_TEXT else _shortened(text)
        if len(text) < 4 or (cut is text and self._is_dull(text)):
            _remember(self.known, text, "-" not in text[:3])
            return text
        if parsed is not None and (cut[0] in '{["' or cut[0].isspace()):
            found = _json(cut)
            if found is not None:
                return _dumped(cut, found, parsed(found))
        return self._cut(text, self._read, remarks, work, self.known)

    def _cut(self, text: str, read: Reading, remarks: Remarks, work: Work, known: dict[str, bool]) -> str:
        """The text without what `read` finds; one that holds nothing will be known."""
        cut = text if len(text) <= LONGEST_TEXT else _shortened(text)
        cleaned = without(cut, self._find(cut, read, work), remarks)
        if cleaned == text:
            _remember(known, text)
        return cleaned

    def _find(self, text: str, read: Reading, work: Work) -> list[Cut]:
        """Where `read` finds secrets, and by which rules; the whole text where that takes too much."""
        work.bring(len(text))
        try:
            work.spend(200 + 5 * len(text))
            cuts = read(text, work)
        except OverworkedError:
            return [(0, len(text), "too-much-work")]
        for pattern in self._patterns:
            cuts += ((*secret_span(match), "extra-pattern") for match in pattern.finditer(text))
        return [cut for cut in cuts if cut[2] not in self._without] if self._without else cuts

    def are_dull(self, items: Sequence[Any]) -> bool:
        """Whether these are texts that tell of no secret, as values, names and options are known."""
        try:
            return not items or (type(items[0]) is str and all(map(self.known.get, items)))
        except TypeError:
            return False  # one of them is no text

    def _is_dull(self, text: str) -> bool:
        """Whether neither a word of the text nor its digits tell of a secret: most words were read before."""
        if text[:1] in '{["' or self._patterns or (len(text) > 8 and DIGITS.search(text)):
            return False
        return self._shapes.are_dull(text.lower().split())

    def _read(self, text: str, work: Work, depth: int = DEEPEST) -> list[Cut]:
        if depth == DEEPEST and (layer := written_out(text)) is not None:
            work.spend(10 * (text.count("\\") + text.count("&")))
            return layer.spans(self._read(layer.text, work, DEEPEST - 1))
        cuts = self._plain(text, work)
        if "%" in text and depth and (layer := percent_encoded(text)) is not None:
            work.spend(200 + 15 * text.count("%"))
            cuts += layer.spans(self._read(layer.text, work, depth - 1))
        return cuts

    def _plain(self, text: str, work: Work) -> list[Cut]:
        cuts: list[Cut] = []
        if self._shapes.find(text, self._names, work, cuts):
            cuts += self._pairs.find(text, work)
            cuts += columns.find(text, text.lower(), self._names, work)
        return cuts

    def _code(self, text: str, work: Work) -> list[Cut]:
        """What is a secret by its shape alone."""
        cuts: list[Cut] = []
        self._shapes.find_in_code(text, self._names, work, cuts)
        return cuts

    def clean_code(self, line: str, remarks: Remarks, work: Work) -> str:
        """A line of source without what is a secret by its shape; names and literals are the program's own."""
        return self._cut(line, self._code, remarks, work, self.known_code)

    def read_code(self, lines: Sequence[str], work: Work) -> bool:
        """Whether these lines of source, read together, hold no secret."""
        together = "\n".join(lines)
        if len(together) > LONGEST_TEXT or self._find(together, self._code, work):
            return False
        for line in lines:
            _remember(self.known_code, line)
        return True

    def remember_name(self, name: str) -> None:
        """Know that this key of a dictionary shows no secret, and whether it names none and tells of no other."""
        _remember(self.plain_names, name)
        if name not in TELLING and self._names.judge(name) is Secrecy.HARMLESS:
            _remember(self.harmless_names, name)


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    head = text[:LONGEST_TEXT]
    # A secret cut in two may not be recognised: the last word goes, too.
    edge = max(head.rfind(" ", LONGEST_TEXT - 1024), head.rfind("\n", LONGEST_TEXT - 1024))
    return (head[:edge] if edge > 0 else head[:-1024]) + MARKER


def _remember(texts: dict[str, bool], text: str, verdict: bool = True) -> None:
    if len(text) <= LONGEST_REMEMBERED:
        if len(texts) >= REMEMBERED:
            texts.clear()
        texts[text] = verdict


def _json(text: str) -> Any:
    """What a JSON text holds, where that is more than a bare value; None for any other text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list | str) else None


def _dumped(text: str, found: Any, cleaned: Any) -> str:
    if cleaned == found:
        return text
    return json.dumps(cleaned, ensure_ascii=False, separators=None if ": " in text else (",", ":"))


def secret_span(match: re.Match[str]) -> tuple[int, int]:
    """A group named `secret` limits what is replaced to itself."""
    return match.span("secret") if "secret" in match.re.groupindex else match.span()
