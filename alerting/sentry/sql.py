"""Reads SQL of any dialect: its tokens with their places, for scrubbing, and its kind, for grouping."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

# A statement's tables stand near its front; what follows in a bulk insert is megabytes of values.
MAX_CHARS = 20_000
MAX_TABLES = 6


class Token(Enum):
    """What a piece of a statement is."""

    NAME = "name"  # a keyword, or a name without quotes
    QUOTED = "quoted"  # "…", `…` or […]: a name; double quotes hold a text in MySQL
    TEXT = "text"  # '…' with any prefix, $tag$…$tag$
    NUMBER = "number"
    HOLDER = "holder"  # the place of a parameter: ?, %s, %(name)s, :name, $1, @name
    COMMENT = "comment"
    SIGN = "sign"  # any other character: ( ) , . ; * and what operators are made of; of `||` and `::` each one


class Piece(NamedTuple):
    """One token: what it is, its characters, and where they stand."""

    token: Token
    text: str
    start: int
    end: int

    @property
    def inner(self) -> tuple[int, int]:
        """Where its content stands: inside its quotes, where it has any."""
        opens = closes = ""
        if self.token is Token.QUOTED:
            opens, closes = self.text[0], "]" if self.text[0] == "[" else self.text[0]
        elif self.token is Token.TEXT:
            at = self.text.index("$", 1) if self.text[0] == "$" else self.text.index("'")
            opens = self.text[: at + 1]
            closes = opens if self.text[0] == "$" else "'"
        is_closed = self.text.endswith(closes) and len(self.text) >= len(opens) + len(closes)
        return self.start + len(opens), self.end - (len(closes) if is_closed else 0)


# No text is read twice. What is lazy may not be possessive: before 3.11.5 CPython matches it wrongly (gh-106052).
_PIECE = re.compile(
    r"""
      (?P<NAME> (?![eEnNbBxX]'|[uU]&')[^\W\d][\w$]*+ )
    | (?P<COMMENT> --[^\n]*+ | /\*[\s\S]*?(?:\*/|\Z) )
      # A backslash escapes the quote behind it, except where the literal must have ended: 'C:\temp\', 'next'
    | (?P<TEXT> (?:[eEnNbBxX]|[uU]&)?'(?:[^'\\]|''|\\(?!'\s*+(?:[,);]|\Z))[\s\S]|\\)*+(?:'|\Z)
              | \$(?P<tag>[^\W\d]\w{0,62}|)\$[\s\S]*?(?:\$(?P=tag)\$|\Z) )
    | (?P<HOLDER> %\(\w++\)s | %s\b | \? | (?<![:\w]):(?![:=])\w++ | \$\d++ | @{1,2}\w++ )
    | (?P<NUMBER> (?:\d|\.\d)(?:[eE][+-]\d|[\w.])*+ )
    | (?P<QUOTED> "(?:[^"\\]|""|\\[\s\S])*+(?:"|\Z) | `(?:[^`]|``)*+(?:`|\Z) | \[[^\W\d][^\]\['",]{0,127}+\] )
    | (?P<SIGN> \S )
    """,
    re.VERBOSE,
)
_TOKENS = {token.name: token for token in Token}


def tokens(statement: str, start: int = 0, end: int | None = None) -> Iterator[Piece]:
    """The tokens of a statement, or of a stretch of a text, in order; a literal that never ends is one as well."""
    for match in _PIECE.finditer(statement, start, len(statement) if end is None else end):
        yield Piece(_TOKENS[match.lastgroup or ""], match[0], *match.span())


_VERBS = (
    frozenset({"select", "insert", "update", "delete", "merge", "replace", "upsert", "copy", "values", "call"})
    | frozenset({"create", "alter", "drop", "truncate", "refresh", "vacuum", "grant", "revoke", "exec", "execute"})
    | frozenset({"begin", "commit", "rollback", "savepoint", "release", "lock", "set", "show", "pragma"})
)
_PREFIXES = frozenset({"with", "explain", "analyze", "verbose"})
_BEFORE_TABLE = frozenset(
    {"from", "join", "into", "update", "table", "truncate", "copy", "merge", "call", "exec", "execute"}
)
_FILLERS = frozenset(
    {"only", "if", "not", "exists", "ignore", "low_priority", "concurrently", "table", "into", "lateral"}
)
_NOT_TABLES = frozenset(
    {"set", "select", "of", "nowait", "skip", "values", "where", "stdin", "current_timestamp"}
) | frozenset({"null", "true", "false", "and", "or", "for", "date", "timestamp", "interval"})
_AFTER_TABLES = frozenset(
    {"where", "group", "order", "having", "limit", "offset", "on", "set", "using", "union", "except"}
) | frozenset({"intersect", "returning", "window", "fetch", "for", "values"})
# `FOR UPDATE`, `DO UPDATE` and `KEY UPDATE` are clauses, not statements about a table.
_CLAUSE_BEFORE_UPDATE = frozenset({"for", "do", "key", "no"})
# `EXTRACT(year FROM made)`: their arguments are divided by FROM.
_DIVIDED_BY_FROM = frozenset({"extract", "trim", "substring", "overlay", "position"})
_DIVIDING = frozenset({"(", ")", ","})
_LOOKS_LIKE_SQL = re.compile(
    r"""(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*+(?:(?:with|explain)\b.+?\b(?:select|insert|update|delete)\b|select\b.+?\bfrom\b
        |(?:insert|replace)\s+(?:(?:or\s+\w+|ignore|low_priority)\s+)?into\b|update\s+\S+\s+(?:as\s+\w+\s+)?set\b
        |delete\s+from\b|merge\s+into\b
        |(?:create|alter|drop|truncate|lock)\s+(?:unique\s+|temp\w*\s+|or\s+replace\s+)?(?:table|index|view)\b)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def kind_in(text: str) -> str | None:
    """Like `kind_of` for a value that may be anything: prose that merely starts with a verb is no statement."""
    return kind_of(text) if _LOOKS_LIKE_SQL.match(text, 0, MAX_CHARS) else None


def kind_of(statement: str) -> str | None:
    """`select orders, users` for a query over both, or None where the text is no SQL statement."""
    verb: str | None = None
    nested_verb: str | None = None
    tables: list[str] = []
    opened_by: list[str] = []
    listing = -1
    before = ""
    awaiting_table = False
    words = list(_words(statement[:MAX_CHARS]))
    known_from = _named_queries([word for word, _ in words])
    for position, (word, is_plain) in enumerate(words):
        depth = len(opened_by)
        if word == "(":
            opened_by.append(before)
            awaiting_table = False
        elif word == ")":
            del opened_by[-1:]
            listing = listing if depth - 1 >= listing else -1
            awaiting_table = False
        elif word == ",":
            awaiting_table = awaiting_table or listing == depth
        if word in _DIVIDING:
            continue
        keyword = word if is_plain else ""
        if verb is None and nested_verb is None and not before and keyword not in _VERBS | _PREFIXES:
            return None
        if awaiting_table and keyword not in _FILLERS:
            is_table = keyword not in _NOT_TABLES and position < known_from.get(word, len(words))
            if is_table and word not in tables:
                tables.append(word)
            awaiting_table = False
        elif keyword in _BEFORE_TABLE:
            divides = keyword == "from" and bool(opened_by) and opened_by[-1] in _DIVIDED_BY_FROM
            clause = divides or before == "distinct" or (keyword == "update" and before in _CLAUSE_BEFORE_UPDATE)
            awaiting_table = not clause
            listing = depth if keyword == "from" and not clause else listing
        if keyword in _AFTER_TABLES:
            listing = -1
        if keyword in _VERBS:
            verb = verb or (keyword if depth == 0 else None)
            nested_verb = nested_verb or keyword
        before = word
    chosen = verb or nested_verb
    if chosen is None:
        return None
    return f"{chosen} {', '.join(tables[:MAX_TABLES])}" if tables else chosen


def _words(statement: str) -> Iterator[tuple[str, bool]]:
    """Names, dotted ones as one, and the signs that divide them; of each whether it stands without quotes and dots."""
    name, is_plain, is_open = "", False, False
    for piece in tokens(statement):
        if piece.token in (Token.NAME, Token.QUOTED):
            part = statement[slice(*piece.inner)].lower()
            if is_open:
                name, is_plain, is_open = f"{name}.{part}", False, False
                continue
            if name:
                yield name, is_plain
            name, is_plain = part or '""', piece.token is Token.NAME
        elif piece.text == "." and name:
            is_open = True
        else:
            if name:
                yield name, is_plain
                name, is_open = "", False
            if piece.text in _DIVIDING:
                yield piece.text, False
    if name:
        yield name, is_plain


def _named_queries(words: Sequence[str]) -> dict[str, int]:
    """The names that `WITH name AS (…)` gives to queries, each with the position from which it is one.

    That is the end of its query, where the name may still be a table's, or the UNION behind which it repeats itself.
    """
    closed_at = _brackets(words)
    unions = [position for position, word in enumerate(words) if word == "union"]
    known: dict[str, int] = {}
    for position in (position for position, word in enumerate(words) if word == "with"):
        step = position + 1 + (words[position + 1 : position + 2] == ["recursive"])
        while step < len(words) and words[step] not in _DIVIDING:
            name, step = words[step], step + 1
            step = closed_at.get(step, step - 1) + 1  # behind the names of its columns
            if words[step : step + 1] != ["as"]:
                break
            step += 1
            while words[step : step + 1] in (["not"], ["materialized"]):
                step += 1
            if step not in closed_at:
                break
            again = bisect_left(unions, step)
            known.setdefault(name, min([closed_at[step], *unions[again : again + 1]]))
            step = closed_at[step] + 1
            if words[step : step + 1] != [","]:
                break
            step += 1
    return known


def _brackets(words: Sequence[str]) -> dict[int, int]:
    """Where each bracket closes, by where it opens; one that never does closes behind the end."""
    closed_at, waiting = {}, []
    for position, word in enumerate(words):
        if word == "(":
            waiting.append(position)
        elif word == ")" and waiting:
            closed_at[waiting.pop()] = position
    return {**closed_at, **dict.fromkeys(waiting, len(words))}
