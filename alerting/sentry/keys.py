"""Whether a name announces a secret, judged by its words.

Substrings would do harm: `author` holds *auth*, `className` holds *ssn*, `monkey` holds *key*. So a name is split at
case changes and punctuation, and its last word decides first: a password's *count*, *age* or *policy* is no password.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from alerting.sentry.verdict import Verdict
from alerting.sentry.words import (
    ABOUT,
    ASKING,
    ENDINGS,
    NOT_TOKENS,
    PAIRS,
    PAIRS_THAT_WIN,
    PUBLIC,
    ROOTS,
    SECRETS,
    TOKEN_ENDINGS,
    TOKENS,
    VAULTS,
    WHOLE,
    WHOSE_IP,
    WITH_DIGITS,
)

_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
LONGEST = 200


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The name's words in lower case; digits at a word's end do not count."""
    parts = _WORD.findall(_CASE.sub(" ", name[:LONGEST]))
    return tuple(_plain(part.lower()) for part in parts)


def _plain(word: str) -> str:
    return word if word in WITH_DIGITS else word.rstrip("0123456789") or word


_VERSION = re.compile(r"(?:(?:\b|_)(?i:versions?|build|release|ver|agent|dist|tag)|Version|Agent)[\d_\W]*$")
_HEADER_NAME = re.compile(r"(?:[A-Za-z][a-z]+-){0,4}[A-Z][a-z]+|HTTP_[A-Z_]+")
_SWITCHED = frozenset("enabled disabled required blocked allowed missing".split())
_COUNTED = ("cookies", "secrets", "passwords", "credentials", "creds")
_PATH = re.compile(r"(?:/|~/|[A-Za-z]:\\{1,2})[\w.@+ -]*(?:[/\\]+[\w.@+ -]*)*")


def means_something_else(name: str, value: object) -> bool:
    """Whether a secret's name has its other meaning here: `PWD` a working directory, `pass` a count of tests."""
    lowered = name.lower()
    if lowered.endswith("pwd"):
        return isinstance(value, str) and bool(_PATH.fullmatch(value.strip("'\"")))
    if lowered in {"2fa", "mfa"}:
        return not re.fullmatch(r"['\"]?\d{4,8}['\"]?", str(value))
    if lowered.endswith("header"):
        return isinstance(value, str) and bool(_HEADER_NAME.fullmatch(value.strip("'\"")))
    if lowered.endswith(_COUNTED) and re.fullmatch(r"\d{1,4}", str(value)):
        return True
    if lowered in {"token", "tokens"}:
        return isinstance(value, str) and bool(re.fullmatch(r"[A-Z]{2,8}", value))
    if name == "PASS" and re.fullmatch(r"Test\w{1,80}", str(value)):
        return True  # of Go's test runner
    if lowered in {"cookie", "cookies"} and str(value).strip("'\"").lower() in _SWITCHED:
        return True
    return lowered == "pass" and bool(re.fullmatch(r"\d{1,3}", str(value)))


def _any_of(roots: Iterable[str]) -> re.Pattern[str]:
    """One expression for all of them, by first letter: it is asked of every text."""
    by_letter: dict[str, list[str]] = {}
    for root in roots:
        by_letter.setdefault(root[0], []).append(re.escape(root[1:]))
    return re.compile("|".join(f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in by_letter.items()))


class Names:
    """Judges names, with what an application adds: `extra` names are secret, `allowed` ones never are."""

    def __init__(self, extra: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        self._extra = tuple(words_of(name) for name in extra)
        self._allowed = frozenset(words_of(name) for name in allowed)
        self.known: dict[str, Verdict] = {}
        self._roots = _any_of([*ROOTS, *(max(words, key=len) for words in self._extra if words)])

    def may_be_in(self, lowered: str) -> bool:
        """Whether a text in lower case could hold a secret's name at all."""
        return self._roots.search(lowered) is not None or not lowered.isascii()

    def judge(self, name: str) -> Verdict:
        """The verdict on a name, remembered: an application has few of them."""
        verdict = self.known.get(name)
        if verdict is None:
            if len(self.known) >= 4096:
                self.known.clear()
            verdict = self._judge(words_of(name)) if self.may_be_in(name.lower()) else Verdict.HARMLESS
            last = words_of(name.rpartition(".")[2]) if verdict and "." in name else ()
            if len(last) > 1 and last[0] in ASKING:
                verdict = Verdict.HARMLESS
            if verdict is Verdict.HARMLESS and _VERSION.search(name):
                verdict = Verdict.VERSION
            self.known[name] = verdict
        return verdict

    def _judge(self, words: tuple[str, ...]) -> Verdict:
        if not words or words in self._allowed:
            return Verdict.HARMLESS
        if any(_within(extra, words) for extra in self._extra):
            return Verdict.SECRET
        if words in WHOLE or words[-3:] == ("access", "key", "id"):
            return Verdict.SECRET
        words = tuple(word for word in words if word not in {"v", "x", "http", "raw", "value", "val"}) or words
        pairs = list(pairwise(words))
        if words[-1] in {"ip"}:
            return Verdict.ADDRESS if len(words) == 1 or words[-2] in WHOSE_IP else Verdict.HARMLESS
        if pairs and pairs[-1] in PUBLIC:
            return Verdict.HARMLESS
        if not (pairs and pairs[-1] in PAIRS_THAT_WIN) and (words[-1] in ABOUT or words[0] in ASKING):
            return Verdict.HARMLESS
        found = [PAIRS.get(pair, Verdict.HARMLESS) for pair in pairs]
        return max([*found, *(_alone(word) for word in words)])


def _alone(word: str) -> Verdict:
    if word in VAULTS:
        return Verdict.VAULT
    if word in SECRETS or (len(word) > 6 and word.endswith(ENDINGS)) or (len(word) > 3 and word.endswith("pw")):
        return Verdict.SECRET
    if word in TOKENS or (word.endswith(TOKEN_ENDINGS) and word not in NOT_TOKENS):
        return Verdict.TOKEN
    return Verdict.HARMLESS


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    size = len(part)
    return bool(part) and any(whole[start : start + size] == part for start in range(len(whole) - size + 1))
