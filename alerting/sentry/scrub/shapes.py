"""Reads a text by the rule rows: each is tried only where one of its keywords stands."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.rules import Rule, figures, rows, vendors
from alerting.sentry.scrub.values import CHECKS, holds_nothing
from alerting.sentry.scrub.work import Cut, Work

# The rules that are no rows: names and values in texts, statements, an application's own.
_READERS = frozenset("named sql-value sql-parameter extra-pattern log-parameter".split())
# What is looked for in source code: names and literals there are the program's own.
_OF_CODE = frozenset({"private-key", "authorization-scheme", "url-userinfo", *(rule.id for rule in vendors.RULES)})
# Words without a secret that are remembered: most of a text's were read before.
_REMEMBERED = 16_384


def known_ids() -> frozenset[str]:
    """Every rule that may be switched off."""
    return _READERS | {rule.id for rule in rows()}


@cache
def _compiled(pattern: str, bounded: bool) -> re.Pattern[str]:
    return re.compile((r"(?<![A-Za-z0-9])" if bounded else "") + f"(?:{pattern})", re.DOTALL)


class Shapes:
    """The rule rows that are switched on, by their keywords; `roots` are what every secret's name has one of."""

    def __init__(self, without: frozenset[str], roots: tuple[str, ...]) -> None:
        on = [rule for rule in rows() if rule.id not in without]
        self._figures = [rule for rule in on if not rule.keywords]
        self._named = [rule for rule in on if "(?P<name>" in rule.pattern]
        keyed = [rule for rule in on if rule.keywords and rule not in self._named]
        anywhere = _shortest([*roots, *(keyword for rule in keyed if not rule.bounded for keyword in rule.keywords)])
        bounded = _shortest(keyword for rule in keyed if rule.bounded for keyword in rule.keywords)
        self._search = _search(anywhere, bounded)
        self._by_sign = {
            sign: (
                [rule for rule in keyed if any(one.startswith(sign) or sign.startswith(one) for one in rule.keywords)],
                any(root in sign or root.startswith(sign) for root in roots),
            )
            for sign in (*anywhere, *bounded)
        }
        several = [keyword.split() for rule in on for keyword in rule.keywords if " " in keyword.strip()]
        parts = {re.escape(max(parts, key=len)) for parts in several}
        self._telling = re.compile(rf"[@\\&%\x1b]|-----|{'|'.join(sorted(parts))}")
        self._dull: set[str] = set()

    def are_dull(self, words: list[str]) -> bool:
        """Whether these words, in lower case, are no part of anything a row or a name is found by, but for digits."""
        return self._dull.issuperset(words) or all(map(self._is_dull, words))

    def _is_dull(self, word: str) -> bool:
        if word in self._dull:
            return True
        numeric = word.count(":") > 1 or (word.count(".") > 2 and any(map(str.isdigit, word)))
        if numeric or self._telling.search(word) or self._search.search(f" {word} "):
            return False
        if len(word) < 40:
            if len(self._dull) >= _REMEMBERED:
                self._dull.clear()
            self._dull.add(word)
        return True

    def find(self, text: str, names: Names, work: Work, *, code: bool = False) -> tuple[list[Cut], bool]:
        """Where the rows' secrets stand, in `code` those by their shape; whether a secret's name may stand there."""
        lowered = text.replace("\u0130", "I").lower()  # the one letter that grows
        cuts: list[Cut] = []
        rooted = False
        done: dict[str, int] = {}
        for sign in self._search.finditer(lowered):
            rules, is_root = self._by_sign[sign[0]]
            rooted = rooted or is_root
            for rule in rules:
                start = sign.start()
                if start < done.get(rule.id, 0) or (code and rule.id not in _OF_CODE):
                    continue
                if not rule.bounded:
                    done[rule.id] = len(text)
                    cuts += _found(text, rule, names, work)
                elif lowered.startswith(rule.keywords, start):
                    work.spend(25)
                    if match := _compiled(rule.pattern, True).match(text, start):
                        done[rule.id] = match.end()
                        cuts += _cut(match, rule, names, work)
        if code:
            return cuts, False
        for rule in self._named if rooted else ():
            if any(keyword in lowered for keyword in rule.keywords):
                cuts += _found(text, rule, names, work)
        if figures.DIGITS.search(text) or text.count(":") > 1 or text.count(".") > 2:
            for rule in self._figures:
                cuts += _found(text, rule, names, work)
        return cuts, rooted


def _shortest(signs: Iterable[str]) -> list[str]:
    """The signs without those that begin with another."""
    known = set(signs)
    return sorted(sign for sign in known if not any(sign[:end] in known for end in range(len(sign))))


def _search(anywhere: list[str], bounded: list[str]) -> re.Pattern[str]:
    """One expression for all signs, by their first letters, so that it is quick over all others."""
    branches = []
    for letter in sorted({sign[0] for sign in (*anywhere, *bounded)}):
        first = re.escape(letter)
        free = [re.escape(sign[1:]) for sign in anywhere if sign[0] == letter]
        begun = [re.escape(sign[1:]) for sign in bounded if sign[0] == letter]
        behind = [f"(?<![a-z0-9]{first})(?:{'|'.join(begun)})"] if begun else []
        branches.append(f"{first}(?:{'|'.join(free + behind)})")
    return re.compile("|".join(branches))


def _found(text: str, rule: Rule, names: Names, work: Work) -> Iterator[Cut]:
    """What the rule finds anywhere in the text."""
    work.spend(20 + len(text) // 2)
    for match in _compiled(rule.pattern, rule.bounded).finditer(text):
        yield from _cut(match, rule, names, work)


def _cut(match: re.Match[str], rule: Rule, names: Names, work: Work) -> Iterator[Cut]:
    work.spend(100 + (match.end() - match.start()) // 4)
    groups = match.re.groupindex
    if "name" in groups and not names.are_secret(match["name"]):
        return
    start, end = match.span("value") if "value" in groups else match.span()
    value = match.string[start:end]
    if value[:1] in "'\"" and len(value) > 1 and value[-1] == value[0] and "value" in groups:
        start, end, value = start + 1, end - 1, value[1:-1]
    if not holds_nothing(value) and (not rule.check or CHECKS[rule.check](match, value, names)):
        yield start, end, rule.id


shapes = cache(Shapes)
"""The same for every scrubber that switches the same rules off and knows the same names."""
