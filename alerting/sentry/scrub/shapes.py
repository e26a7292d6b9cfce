"""Reads a text by the rule rows: each is tried only where one of its keywords stands."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.rules import Rule, rows, vendors
from alerting.sentry.scrub.rules.figures import DIGITS
from alerting.sentry.scrub.values import holds_nothing
from alerting.sentry.scrub.work import REMEMBERED, Cut, Work

# What is looked for in source code: names and literals there are the program's own.
_OF_CODE = frozenset({"private-key", "authorization-scheme", "url-userinfo", *(rule.id for rule in vendors.RULES)})


@cache
def _compiled(pattern: str, bounded: bool) -> re.Pattern[str]:
    return re.compile((r"(?<![A-Za-z0-9])" if bounded else "") + f"(?:{pattern})", re.DOTALL)


class Shapes:
    """Rule rows by their keywords; `roots` are what every secret's name has one of: without any, no names are read."""

    def __init__(self, rules: Sequence[Rule], roots: tuple[str, ...]) -> None:
        self._roots = roots
        self._keyed = [rule for rule in rules if rule.keywords and "(?P<name>" not in rule.pattern]
        figures = [rule for rule in rules if not rule.keywords]
        self._addresses = [rule for rule in figures if rule.id == "ip-address"]
        self._numbers = [rule for rule in figures if rule.id != "ip-address"]
        self._named = [(keyword, rule) for rule in rules if "(?P<name>" in rule.pattern for keyword in rule.keywords]
        self._search = _search(
            _shortest([*roots, *(one for rule in self._keyed if not rule.bounded for one in rule.keywords)]),
            _shortest(one for rule in self._keyed if rule.bounded for one in rule.keywords),
        )
        self._told_by = cache(self._of_sign)
        several = [one.split() for rule in self._keyed for one in rule.keywords if " " in one.strip()]
        parts = sorted({max(parts, key=len) for parts in several})
        self._telling = re.compile("|".join([r"[@\\&%\x1b]|-----", *map(re.escape, parts)]))
        self._dull: set[str] = set()

    def _of_sign(self, sign: str) -> tuple[list[Rule], bool]:
        """The rules that may match where the sign stands, and whether a secret's name may."""
        rules = [one for one in self._keyed if any(it.startswith(sign) or sign.startswith(it) for it in one.keywords)]
        return rules, any(root in sign or root.startswith(sign) for root in self._roots)

    def are_dull(self, words: list[str]) -> bool:
        """Whether these words, in lower case, are no part of anything a row or a name is found by, but for digits."""
        return self._dull.issuperset(words) or all(map(self._is_dull, words))

    def _is_dull(self, word: str) -> bool:
        if _may_be_address(word) or self._telling.search(word) or self._search.search(f" {word} "):
            return False
        if len(word) < 40:
            if len(self._dull) >= REMEMBERED:
                self._dull.clear()
            self._dull.add(word)
        return True

    def find(self, text: str, names: Names, work: Work) -> tuple[list[Cut], bool]:
        """Where the rows' secrets stand; whether a secret's name may stand there."""
        lowered = text.replace("\u0130", "I").lower()  # the one letter that grows
        cuts: list[Cut] = []
        is_rooted = False
        done: dict[str, int] = {}
        for found in self._search.finditer(lowered):
            start = found.start()
            rules, is_root = self._told_by(found[0])
            is_rooted = is_rooted or is_root
            for rule in rules:
                if start < done.get(rule.id, 0):
                    continue
                if not rule.bounded:
                    done[rule.id] = len(text)
                    cuts += _found(text, rule, names, work)
                elif lowered.startswith(rule.keywords, start):
                    work.spend(25)
                    if match := _compiled(rule.pattern, True).match(text, start):
                        done[rule.id] = match.end()
                        cuts += _cut(match, rule, names, work)
        for keyword, rule in self._named if is_rooted else ():
            if keyword in lowered and rule.id not in done:
                done[rule.id] = len(text)
                cuts += _found(text, rule, names, work)
        numbers = self._numbers if self._numbers and DIGITS.search(text) else []
        addresses = self._addresses if self._addresses and _may_be_address(text) else []
        for rule in numbers + addresses:
            cuts += _found(text, rule, names, work)
        return cuts, is_rooted


def _may_be_address(text: str) -> bool:
    """Whether there are as many dots or colons as an address has: a time has fewer."""
    return "::" in text or text.count(":") > 5 or (text.count(".") > 2 and any(map(str.isdigit, text)))


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
    if not holds_nothing(value) and (rule.check is None or rule.check(match, value, names)):
        yield start, end, rule.id


@cache
def shapes(without: frozenset[str], roots: tuple[str, ...]) -> tuple[Shapes, Shapes]:
    """The rows for texts and those for source code, where names and literals are the program's own.

    The same for every scrubber that switches the same rules off and knows the same names.
    """
    on = [rule for rule in rows() if rule.id not in without]
    return Shapes(on, roots), Shapes([rule for rule in on if rule.id in _OF_CODE], ())
