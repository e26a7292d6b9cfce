"""Whether a name announces a secret, judged by its words.

Substrings would do harm: `author` holds *auth*, `className` holds *ssn*, `monkey` holds *key*. So a name is split at
case changes and punctuation, and its last word decides first: a password's *count*, *age* or *policy* is no password.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from alerting.sentry.scrub.rules import words as known
from alerting.sentry.scrub.rules.secrecy import Secrecy

LONGEST = 200
MOST_REMEMBERED = 4096

_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_DROPPED = frozenset({"v", "x", "http", "raw", "value", "val"})


@lru_cache(maxsize=MOST_REMEMBERED)
def words_of(name: str) -> tuple[str, ...]:
    """The name's words in lower case; digits at a word's end do not count."""
    words = (part.lower() for part in _WORD.findall(_CASE.sub(" ", name[-LONGEST:])))
    return tuple(word if word in known.WITH_DIGITS else word.rstrip("0123456789") or word for word in words)


class Names:
    """Judges names, with what an application adds: `extra` names are secret, `allowed` ones never are."""

    def __init__(self, extra: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        self._extra = tuple(words for words in map(words_of, extra) if words)
        self._allowed = frozenset(map(words_of, allowed))
        foreign = [word for word in sorted(known.VAULTS) if not word.isascii()]
        self.roots = (*known.ROOTS, *foreign, *(max(words, key=len) for words in self._extra))
        """What every name of a secret has one of, to be looked for in texts."""
        self.judge = lru_cache(maxsize=MOST_REMEMBERED)(self._judged)
        """The verdict on a name, remembered: an application has few of them."""

    def are_secret(self, name: str) -> bool:
        """Whether what stands under the name must go: an address may stay in places that only tell where one is."""
        return self.judge(name) > Secrecy.ADDRESS

    def _judged(self, name: str) -> Secrecy:
        words = words_of(name)
        if not words or words in self._allowed:
            return Secrecy.HARMLESS
        if words[-3:] in known.WHOLE:
            return Secrecy.STRONG
        if any(words[at : at + len(extra)] == extra for extra in self._extra for at in range(len(words))):
            return Secrecy.STRONG
        words = tuple(word for word in words if word not in _DROPPED) or words
        pairs = list(pairwise(words))
        if words[-1] == "ip":
            return Secrecy.ADDRESS if len(words) == 1 or words[-2] in known.WHOSE_IP else Secrecy.HARMLESS
        if pairs and (pairs[-1] in known.PUBLIC or not known.HARMLESS_PAIRS.isdisjoint(pairs)):
            return Secrecy.HARMLESS
        if not (pairs and pairs[-1] in known.PAIRS_THAT_WIN) and (words[-1] in known.ABOUT or words[0] in known.ASKING):
            return Secrecy.HARMLESS
        return max([*(known.PAIRS.get(pair, Secrecy.HARMLESS) for pair in pairs), *map(_alone, words)])


def _alone(word: str) -> Secrecy:
    if word in known.VAULTS:
        return Secrecy.VAULT
    if word in known.STRONG or (len(word) > 6 and word.endswith(known.ENDINGS)) or word in known.GLUED_KEYS:
        return Secrecy.STRONG
    if len(word) > 3 and word.endswith(("pw", "pass")) and word not in known.NOT_PASSES:
        return Secrecy.STRONG
    is_weak = word in known.WEAK or (word.endswith(known.WEAK_ENDINGS) and word not in known.NOT_WEAK)
    return Secrecy.WEAK if is_weak else Secrecy.HARMLESS


names_for = lru_cache(maxsize=64)(Names)
"""The same for every scrubber that was taught the same."""
