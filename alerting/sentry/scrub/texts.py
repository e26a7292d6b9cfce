"""Takes secrets out of a text: layer by layer, rule by rule, each behind a cheap sign that it may apply."""

import json
import os
import re
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

from alerting.sentry.scrub import columns, pairs
from alerting.sentry.scrub.layers import DEEPEST, json_in, percent_encoded, written_out
from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.remarks import Remarks, without
from alerting.sentry.scrub.rules import MARKER
from alerting.sentry.scrub.rules.figures import DIGITS, FEWEST_DIGITS
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.shapes import shapes
from alerting.sentry.scrub.work import LONGEST_REMEMBERED, REMEMBERED, Cut, OverworkedError, Work, remember

# Sentry keeps no more of a message or of an exception's value (relay-event-schema: max_chars 8192), nor of a request's
# body (BagSize::Large). What is longer is cut before it is read.
LONGEST_TEXT = 8_192
# Cuts that are made for want of time, and not for what the text is.
_HASTY = {"too-much-work", "event-budget", "failed"}
# An application's own expressions, each with the group that is replaced.
Patterns = Sequence[tuple[re.Pattern[str], str | int]]


class Texts:
    """Cleans texts by the rules that are switched on."""

    def __init__(self, names: Names, patterns: Patterns, allowed: frozenset[str], without: frozenset[str]) -> None:
        self._names = names
        self._shapes, self._of_code = shapes(without, names.roots)
        self._patterns = patterns
        self._allowed = allowed
        self.without = without
        # Texts and names without a secret, never such with one: most of an event is the same again in the next.
        self.known: dict[str, bool] = {MARKER: True}
        """Each with whether it is also no name or option that makes its neighbour in a list a secret."""
        self.keys: dict[str, Secrecy] = {}
        self.known_code: dict[str, bool] = {}
        self._left: dict[bytes, tuple[str, Remarks]] = {}
        """What is left of texts with secrets, and why: by digests with a key of this process, for no secret is kept."""
        self._key = os.urandom(32)

    def is_dull(self, text: str) -> bool:
        """Whether neither a word of the text nor its digits tell of a secret: most words were read before."""
        if len(text) >= 4 and text not in self._allowed:
            if text[0] in '{["' or len(text) > LONGEST_TEXT or self._patterns:
                return False
            if not self._shapes.are_dull(text.lower().split()) or (len(text) >= FEWEST_DIGITS and DIGITS.search(text)):
                return False
        remember(self.known, text, "-" not in text[:3])
        return True

    def clean(self, text: str, remarks: Remarks, work: Work, parsed: Callable[[Any], Any] | None) -> str:
        """A text that is not dull without its secrets, and why. `parsed` cleans what JSON the text holds.

        In a storm the same texts come again: a request, a user, an address with a password.
        """
        if parsed is None or len(text) > LONGEST_REMEMBERED:
            return self._cleaned(text, remarks, work, parsed)
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._key).digest()
        if left := self._left.get(digest):
            remarks += left[1]
            return left[0]
        before = len(remarks)
        cleaned = self._cleaned(text, remarks, work, parsed)
        if cleaned != text and _HASTY.isdisjoint(remark.rule for remark in remarks[before:]):
            if len(self._left) >= REMEMBERED:
                self._left.clear()
            self._left[digest] = (cleaned, remarks[before:])
        return cleaned

    def _cleaned(self, text: str, remarks: Remarks, work: Work, parsed: Callable[[Any], Any] | None) -> str:
        if parsed and len(text) <= LONGEST_TEXT and (found := json_in(text)) is not None:
            cleaned = parsed(found)
            spaced = None if ": " in text else (",", ":")
            return text if cleaned == found else json.dumps(cleaned, ensure_ascii=False, separators=spaced)
        cleaned = without(text, self._find(text, work, self._read), remarks)
        if cleaned == text:
            remember(self.known, text, False)
        return cleaned

    def find_in_code(self, text: str, work: Work) -> list[Cut]:
        """Where source code holds what is a secret by its shape; names and literals are the program's own."""
        if text in self.known_code:
            return []
        cuts = self._find(text, work, lambda text, work: self._of_code.find(text, self._names, work)[0])
        if not cuts:
            remember(self.known_code, text, True)
        return cuts

    def _find(self, text: str, work: Work, read: Callable[[str, Work], list[Cut]]) -> list[Cut]:
        """Where `read` finds secrets, and by which rules; the whole text where that takes too much."""
        rest: list[Cut] = []
        if len(text) > LONGEST_TEXT:
            # A secret cut in two may not be recognised: the last word goes, too.
            last = LONGEST_TEXT - 1024
            edge = max(text.rfind(" ", last, LONGEST_TEXT), text.rfind("\n", last, LONGEST_TEXT), last)
            text, rest = text[:edge], [(edge, len(text), "too-long")]
        try:
            work.spend(200 + 5 * len(text))
            cuts = read(text, work)
        except OverworkedError:
            return [(0, len(text), "too-much-work"), *rest]
        for pattern, group in self._patterns:
            cuts += ((*match.span(group), "extra-pattern") for match in pattern.finditer(text))
        return [cut for cut in cuts if cut[2] not in self.without] + rest

    def _read(self, text: str, work: Work, depth: int = DEEPEST) -> list[Cut]:
        if depth == DEEPEST and (layer := written_out(text)):
            work.spend(10 * (text.count("\\") + text.count("&")))
            return layer.spans(self._read(layer.text, work, DEEPEST - 1))
        cuts, may_name = self._shapes.find(text, self._names, work)
        if may_name:
            cuts += pairs.find(text, self._names, work)
            cuts += columns.find(text, self._names, work)
        if depth and (layer := percent_encoded(text)):
            work.spend(200 + 15 * text.count("%"))
            cuts += layer.spans(self._read(layer.text, work, depth - 1))
        return cuts
