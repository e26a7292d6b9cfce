"""Reads a text by the rule rows: each is tried only where one of its keywords stands."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from alerting.sentry.scrub.names import Names, any_of, shortest
from alerting.sentry.scrub.rules import Rule, plain, rows, vendors
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.rules.words import ORDINARY, SCHEMES
from alerting.sentry.scrub.values import holds_nothing, is_secret_value, looks_random
from alerting.sentry.scrub.work import Cut, Work

_AUTHORIZING = re.compile(
    r"(?i:(?:[?&;\s]|^)(?:state|scope|grant_type|redirect_uri|session_state|code_verifier)=|/(?:o?auth2?|oidc|sso"
    r"|callback|cb|signin|login)\b)"
)


def _has_digit_and_letter(text: str) -> bool:
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def _credential(_match: re.Match[str], value: str, _names: Names) -> bool:
    return len(value) > 24 or value[-1] == "=" or not value.isalpha() or not (value[1:].islower() or value.isupper())


def _redis(match: re.Match[str], value: str, _names: Names) -> bool:
    before = match.string[max(0, match.start() - 16) : match.start()].rstrip("'\" :>\t").lower()
    bare = value.strip("'\".,")
    if bare.lower() in ORDINARY or (bare.isupper() and bare.isalpha()):
        return False
    alone = not before or before.endswith(("\n", "command", "cmd", "sent", "send", "executing", "pipeline", "3", "2"))
    return alone and (looks_random(bare) or match[0][:4].isupper())


def _told(match: re.Match[str], value: str, names: Names) -> bool:
    """A sentence tells a secret in quotes, and any that looks random; of weak names more is asked."""
    is_vault = names.judge(match["name"]) is Secrecy.VAULT
    joined = bool(match["joint"] or (match["sign"] and " " in match["name"])) or "_" in match["name"]
    if not match["quote"]:
        if is_vault:
            return looks_random(value)
        return is_secret_value(value, Secrecy.WEAK) and (joined or sum(map(str.isdigit, value)) > 1)
    if value.split()[0].lower() in ORDINARY | SCHEMES or (" " in value and not (is_vault and joined)):
        return False
    return is_secret_value(value, Secrecy.STRONG if is_vault and joined else Secrecy.WEAK, quoted=True)


def _pair(match: re.Match[str], value: str, names: Names) -> bool:
    """Two names in a list look alike: columns, fields, headers."""
    secrecy = names.judge(match["name"])
    if secrecy < Secrecy.STRONG and (value[:4].isdigit() or not is_secret_value(value, secrecy, quoted=True)):
        return False
    if match["alone"] and not (any(map(str.isdigit, value)) and match.string[match.end() : match.end() + 1] == "]"):
        return False
    is_word = value.islower() and value.replace("_", "").isalpha()
    return not is_word or (match["quote"] == "'" and not names.are_secret(value))


CHECKS: dict[str, Callable[[re.Match[str], str, Names], bool]] = {
    "credential": _credential,
    "mixed": lambda _match, value, _names: _has_digit_and_letter(value) and not plain.UUID.fullmatch(value.rstrip(".")),
    "authorizing": lambda match, _value, _names: bool(_AUTHORIZING.search(match.string)),
    "told": _told,
    "pair": _pair,
    "redis": _redis,
    "argument": lambda _match, value, _names: (
        (value[0] != "-" or looks_random(value.lstrip("-")))
        and not value.isupper()
        and value.lower().strip(".,:)'\"") not in ORDINARY
    ),
    "no-word": lambda _match, value, _names: value.lower() not in ORDINARY,
    "no-port": lambda match, value, _names: (
        not re.fullmatch(r"\d{2,5}(?:/\w+)?|[\w-]+(?:\.[\w-]+)*(?::\d+)?", value)
        or (match[0].lower().startswith("port") and _has_digit_and_letter(value))
    ),
}
"""What else must be true of a rule's value, by the name the row gives."""


@cache
def _compiled(pattern: str, bounded: bool) -> re.Pattern[str]:
    return re.compile((r"(?<![A-Za-z0-9])" if bounded else "") + f"(?:{pattern})", re.DOTALL)


@cache
def shapes(without: frozenset[str] = frozenset(), roots: tuple[str, ...] = ()) -> "Shapes":
    """The same for every scrubber that switches the same rules off and knows the same names."""
    return Shapes(without, roots)


class Shapes:
    """The rule rows that are switched on, by their keywords."""

    def __init__(self, without: frozenset[str], roots: tuple[str, ...]) -> None:
        on = [rule for rule in rows() if rule.id not in without]
        of_vendors = {rule.id for rule in vendors.RULES}
        tokens = [rule for rule in on if rule.id in of_vendors]
        rules = [rule for rule in on if rule.id not in of_vendors]
        named = [rule for rule in rules if "(?P<name>" in rule.pattern]
        written = [f"{root[:-2]} {root[-1]}" if root[-2:-1] == "_" else root.replace("_", " ") for root in roots]
        self._all = _Signs([rule for rule in rules if rule not in named], tokens, (*roots, *written, _ROWS))
        self._named = _Signs(named, [])
        several = [keyword.split() for rule in rules for keyword in rule.keywords if " " in keyword.strip()]
        parts = {re.escape(max(parts, key=len)) for parts in several}
        self._telling = re.compile(rf"[@\\&%\x1b]|-----|{'|'.join(sorted(parts))}")
        self._dull: set[str] = set()
        self._in_code = _Signs([rule for rule in rules if rule.id in _OF_CODE], tokens)

    def find(self, text: str, lowered: str, names: Names, work: Work, cuts: list[Cut]) -> bool:
        """Add where the rows' secrets stand; whether a secret's name may stand in the text."""
        if not self._all.find(text, lowered, names, work, cuts):
            return False
        self._named.find(text, lowered, names, work, cuts)
        return True

    def are_dull(self, words: list[str]) -> bool:
        """Whether these words, in lower case, are no part of anything a row or a name is found by."""
        return self._dull.issuperset(words) or all(map(self._is_dull, words))

    def _is_dull(self, word: str) -> bool:
        if word in self._dull:
            return True
        numeric = word.count(":") > 1 or (word.count(".") > 2 and any(map(str.isdigit, word)))
        if numeric or self._telling.search(word) or self._all.has(f" {word} "):
            return False
        if len(word) < 40:
            if len(self._dull) >= REMEMBERED:
                self._dull.clear()
            self._dull.add(word)
        return True

    def find_in_code(self, text: str, names: Names, work: Work, cuts: list[Cut]) -> None:
        """Add where source code holds what is a secret by its shape alone."""
        self._in_code.find(text, lowered_by_sign(text), names, work, cuts)


# What is looked for in source code besides vendors' tokens: names and literals there are the program's own.
_OF_CODE = frozenset({"private-key", "authorization-scheme"})
# PostgreSQL shows a whole row without its columns' names.
_ROWS = "row contains ("
# Words without a secret that are remembered: most of a text's were read before.
REMEMBERED = 16_384


def lowered_by_sign(text: str) -> str:
    """The text in lower case, sign by sign: some grow."""
    lowered = text.lower()
    return (
        lowered if len(lowered) == len(text) else "".join(one if len(one.lower()) > 1 else one.lower() for one in text)
    )


class _Signs:
    """Some rules by their keywords, found by one expression that most texts are read with and no other.

    `tokens` are rules whose matches are long words; `roots` are what every secret's name has one of.
    """

    def __init__(self, rules: list[Rule], tokens: list[Rule], roots: Iterable[str] = ()) -> None:
        every = [*rules, *tokens]
        anywhere = {*roots, *(keyword for rule in every if not rule.bounded for keyword in rule.keywords)}
        bounded = {keyword for rule in rules if rule.bounded for keyword in rule.keywords}
        long = {keyword for rule in tokens if rule.bounded for keyword in rule.keywords}
        self._search = re.compile("|".join(_branches(anywhere, bounded, long)) or "(?!)")
        signs = {*shortest(anywhere), *shortest(bounded), *shortest(long)}
        by_letter: dict[str, list[tuple[str, Rule]]] = defaultdict(list)
        for rule in every:
            for keyword in rule.keywords:
                by_letter[keyword[0]].append((keyword, rule))
        self._by_sign = {
            sign: (
                list({rule.id: rule for keyword, rule in by_letter[sign[0]] if _begin_alike(sign, keyword)}.values()),
                any(root in sign or root.startswith(sign) for root in roots),
            )
            for sign in signs
        }

    def has(self, lowered: str) -> bool:
        """Whether any sign stands there."""
        return self._search.search(lowered) is not None

    def find(self, text: str, lowered: str, names: Names, work: Work, cuts: list[Cut]) -> bool:
        """Add where the rules' secrets stand; whether a root does."""
        rooted = False
        done: dict[str, int] = {}
        for sign in self._search.finditer(lowered):
            rules, is_root = self._by_sign[sign[0]]
            rooted = rooted or is_root
            for rule in rules:
                start = sign.start() if rule.bounded else 0
                if start < done.get(rule.id, 0) or not lowered.startswith(rule.keywords, sign.start()):
                    continue
                if rule.needs and rule.needs not in lowered:
                    continue
                work.spend(25 if rule.bounded else 25 + 2 * len(text))
                expression = _compiled(rule.pattern, rule.bounded)
                done[rule.id] = 1
                for found in [expression.match(text, start)] if rule.bounded else expression.finditer(text):
                    if found:
                        work.spend(100 + (found.end() - found.start()) // 4)
                        done[rule.id] = found.end()
                        cuts += _cut(found, rule, names)
        return rooted


def _begin_alike(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _branches(anywhere: set[str], bounded: set[str], long: set[str]) -> Iterator[str]:
    """By first letters, so that the search is quick over all others."""
    for letter in sorted({one[0] for one in (*anywhere, *bounded, *long)}):
        first = re.escape(letter)
        begins = f"(?<![a-z0-9]{first})"
        ways = [("", anywhere), (begins, bounded), (f"(?=[\\w.:/+-]{{9}}){begins}", long)]
        found = [
            f"{condition}(?:{any_of(ends)})"
            for condition, signs in ways
            if (ends := [sign[1:] for sign in signs if sign[0] == letter])
        ]
        yield f"{first}(?:{'|'.join(found)})"


def _cut(match: re.Match[str], rule: Rule, names: Names) -> Iterator[Cut]:
    groups = match.re.groupindex
    if "name" in groups and not names.are_secret(match["name"]):
        return
    start, end = match.span("value") if "value" in groups else match.span()
    value = match.string[start:end]
    if value[:1] in "'\"" and len(value) > 1 and value[-1] == value[0] and "value" in groups:
        start, end, value = start + 1, end - 1, value[1:-1]
    if holds_nothing(value) or (rule.check and not CHECKS[rule.check](match, value, names)):
        return
    yield start, end, rule.id


# The rules that are no rows: names and values in texts, sentences, statements, numbers.
_READERS = frozenset(
    "named sql-value sql-parameter url-userinfo card social-security "
    "ip-address iban email extra-pattern log-parameter".split()
)


def known_ids() -> frozenset[str]:
    """Every rule that may be switched off."""
    return _READERS | {rule.id for rule in rows()}
