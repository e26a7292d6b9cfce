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
_VERSION = re.compile(r"(?:(?:\b|_)(?i:versions?|build|release|ver|agent|dist|tag)|Version|Agent)[\d_\W]*$")
_DROPPED = frozenset({"v", "x", "http", "raw", "value", "val"})


@lru_cache(maxsize=MOST_REMEMBERED)
def words_of(name: str) -> tuple[str, ...]:
    """The name's words in lower case; digits at a word's end do not count."""
    return tuple(_plain(part.lower()) for part in _WORD.findall(_CASE.sub(" ", name[-LONGEST:])))


def _plain(word: str) -> str:
    return word if word in known.WITH_DIGITS else word.rstrip("0123456789") or word


def shortest(signs: Iterable[str]) -> set[str]:
    """The signs without those that begin with another."""
    known = set(signs)
    return {sign for sign in known if not any(sign[:end] in known for end in range(len(sign)))}


def any_of(signs: Iterable[str]) -> str:
    """One expression for the shortest of them, branching by letters: it is asked of every text."""
    tree: dict[str, list[str]] = {}
    for sign in sorted(set(signs)):
        tree.setdefault(sign[:1], []).append(sign[1:])
    if "" in tree:
        return ""
    return "|".join(
        re.escape(letter) + (f"(?:{rest})" if "|" in (rest := any_of(ends)) else rest) for letter, ends in tree.items()
    )


@lru_cache(maxsize=64)
def names_for(extra: tuple[str, ...], allowed: frozenset[str]) -> "Names":
    """The same for every scrubber that was taught the same."""
    return Names(extra, allowed)


class Names:
    """Judges names, with what an application adds: `extra` names are secret, `allowed` ones never are."""

    def __init__(self, extra: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        self._extra = tuple(words for words in map(words_of, extra) if words)
        self._allowed = frozenset(map(words_of, allowed))
        self.known: dict[str, Secrecy] = {}
        foreign = [word for word in sorted(known.VAULTS) if not word.isascii()]
        self.roots = (*known.ROOTS, *foreign, *(max(words, key=len) for words in self._extra))

    def may_be_in(self, lowered: str) -> bool:
        """Whether a text in lower case could hold a secret's name at all."""
        return any(root in lowered for root in self.roots)

    def judge(self, name: str) -> Secrecy:
        """The verdict on a name, remembered: an application has few of them."""
        verdict = self.known.get(name)
        if verdict is None:
            if len(self.known) >= MOST_REMEMBERED:
                self.known.clear()
            verdict = self.known[name] = self._judge(name[-LONGEST:])
        return verdict

    def are_secret(self, name: str) -> bool:
        """Whether what stands under the name must go: an address may stay in places that only tell where one is."""
        return self.judge(name) > Secrecy.ADDRESS

    def _judge(self, name: str) -> Secrecy:
        words = words_of(name)
        lowered = name.lower()
        worth = self.may_be_in(lowered) or any(root in lowered for root in known.ADDRESS_ROOTS)
        verdict = self._by_words(words) if worth else Secrecy.HARMLESS
        return Secrecy.VERSION if verdict is Secrecy.HARMLESS and _VERSION.search(name) else verdict

    def _by_words(self, words: tuple[str, ...]) -> Secrecy:
        if not words or words in self._allowed:
            return Secrecy.HARMLESS
        if any(_within(extra, words) for extra in self._extra):
            return Secrecy.STRONG
        if words in known.WHOLE or words[-3:] == ("access", "key", "id"):
            return Secrecy.STRONG
        words = tuple(word for word in words if word not in _DROPPED) or words
        pairs = list(pairwise(words))
        if words[-1] == "ip":
            return Secrecy.ADDRESS if len(words) == 1 or words[-2] in known.WHOSE_IP else Secrecy.HARMLESS
        if pairs and (pairs[-1] in known.PUBLIC or not known.HARMLESS_PAIRS.isdisjoint(pairs)):
            return Secrecy.HARMLESS
        if not (pairs and pairs[-1] in known.PAIRS_THAT_WIN) and (words[-1] in known.ABOUT or words[0] in known.ASKING):
            return Secrecy.HARMLESS
        found = [known.PAIRS.get(pair, Secrecy.HARMLESS) for pair in pairs]
        return max([*found, *map(_alone, words)])


def _alone(word: str) -> Secrecy:
    if word in known.VAULTS:
        return Secrecy.VAULT
    if word in known.STRONG or (len(word) > 6 and word.endswith(known.ENDINGS)):
        return Secrecy.STRONG
    if len(word) > 3 and (word.endswith("pw") or (word.endswith("pass") and word not in known.NOT_PASSES)):
        return Secrecy.STRONG
    if word.endswith("key") and word[:-3] in known.GLUED_KEYS:
        return Secrecy.STRONG
    if word in known.WEAK or (word.endswith(known.WEAK_ENDINGS) and word not in known.NOT_WEAK):
        return Secrecy.WEAK
    return Secrecy.HARMLESS


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    size = len(part)
    return any(whole[start : start + size] == part for start in range(len(whole) - size + 1))
