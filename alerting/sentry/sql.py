"""Reads SQL of any dialect: its tokens with their places, for scrubbing, and its kind, for grouping."""

import re
from collections.abc import Iterator
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
    inner: tuple[int, int]
    """Where its content stands: inside its quotes, where it has any."""


# No text is read twice. What is lazy may not be possessive: before 3.11.5 CPython matches it wrongly (gh-106052).
_PIECE = re.compile(
    r"""
      (?P<NAME> (?![eEnNbBxX]'|[uU]&')[^\W\d][\w$]*+ )
    | (?P<COMMENT> --[^\n]*+ | /\*[\s\S]*?(?:\*/|\Z) )
      # A backslash escapes the quote behind it, except where the literal must have ended: 'C:\temp\', 'next'
    | (?P<TEXT> (?:[eEnNbBxX]|[uU]&)?'(?P<in_text>(?:[^'\\]|''|\\(?!'\s*+(?:[,);]|\Z))[\s\S]|\\)*+)(?:'|\Z)
              | \$(?P<tag>[^\W\d]\w{0,62}|)\$(?P<in_tags>[\s\S]*?)(?:\$(?P=tag)\$|\Z) )
    | (?P<HOLDER> %\(\w++\)s | %s\b | \? | (?<![:\w]):(?![:=])\w++ | \$\d++ | @{1,2}\w++ )
    | (?P<NUMBER> (?:\d|\.\d)(?:[eE][+-]\d|[\w.])*+ )
    | (?P<QUOTED> "(?P<in_double>(?:[^"\\]|""|\\[\s\S])*+)(?:"|\Z) | `(?P<in_back>(?:[^`]|``)*+)(?:`|\Z)
                | \[(?P<in_brackets>[^\W\d][^\]\['",]{0,127}+)\] )
    | (?P<SIGN> \S )
    """,
    re.VERBOSE,
)
_TOKENS = {token.name: token for token in Token}
_CONTENTS = [name for name in _PIECE.groupindex if name.startswith("in_")]


def tokens(statement: str, start: int = 0, end: int | None = None) -> Iterator[Piece]:
    """The tokens of a statement, or of a stretch of a text, in order; a literal that never ends is one as well."""
    for match in _PIECE.finditer(statement, start, len(statement) if end is None else end):
        contents = (match.span(name) for name in _CONTENTS if match[name] is not None)
        yield Piece(_TOKENS[match.lastgroup or ""], match[0], *match.span(), next(contents, match.span()))


_VERBS = frozenset(
    """
    select insert update delete merge replace upsert copy values call create alter drop truncate refresh vacuum grant
    revoke exec execute begin commit rollback savepoint release lock set show pragma
    """.split()
)
_PREFIXES = frozenset({"with", "explain", "analyze", "verbose"})
_BEFORE_TABLE = frozenset("from join into update table truncate copy merge call exec execute".split())
_FILLERS = frozenset("only if not exists ignore low_priority concurrently table into lateral".split())
_NOT_TABLES = frozenset(
    """
    set select of nowait skip values where stdin current_timestamp null true false and or for date timestamp interval
    """.split()
)
_AFTER_TABLES = frozenset(
    """
    where group order having limit offset on set using union except intersect returning window fetch for values
    """.split()
)
# `FOR UPDATE`, `DO UPDATE` and `KEY UPDATE` are clauses, not statements about a table.
_CLAUSE_BEFORE_UPDATE = frozenset({"for", "do", "key", "no"})
# `EXTRACT(year FROM made)`: their arguments are divided by FROM.
_DIVIDED_BY_FROM = frozenset({"extract", "trim", "substring", "overlay", "position"})
_DIVIDING = frozenset({"(", ")", ","})
_BEFORE_QUERY = frozenset({"as", "materialized"})
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
    verb = nested_verb = None
    tables: list[str] = []
    awaiting_table, listing, before = False, -1, ""
    # The word before each open bracket, and the name that WITH gives to the query inside; of those that are over, or
    # repeat themselves behind a UNION, all.
    opened: list[tuple[str, str]] = []
    awaiting_name, named, ends_named, hidden = False, "", False, set[str]()
    for word, is_plain in _words(statement[:MAX_CHARS]):
        if word in _DIVIDING:
            awaiting_name, ends_named = word == "," and ends_named, False
            if word == "(":
                opened.append((before, named if before in _BEFORE_QUERY else ""))
                named = "" if before in _BEFORE_QUERY else named
            elif word == ")" and opened:
                ends_named = bool(opened[-1][1])
                hidden.add(opened.pop()[1])
                listing = -1 if len(opened) < listing else listing
            awaiting_table = word == "," and (awaiting_table or listing == len(opened))
            continue
        keyword = word if is_plain else ""
        if not before and keyword not in _VERBS | _PREFIXES:
            return None
        if awaiting_name and keyword != "recursive":
            awaiting_name, named = False, word
        if awaiting_table and keyword not in _FILLERS:
            if keyword not in _NOT_TABLES and word not in hidden and word not in tables:
                tables.append(word)
            awaiting_table = False
        elif keyword in _BEFORE_TABLE:
            divides = keyword == "from" and bool(opened) and opened[-1][0] in _DIVIDED_BY_FROM
            clause = divides or before == "distinct" or (keyword == "update" and before in _CLAUSE_BEFORE_UPDATE)
            awaiting_table = not clause
            listing = len(opened) if keyword == "from" and not clause else listing
        if keyword in _AFTER_TABLES:
            listing = -1
        if keyword in _VERBS:
            verb = verb or (None if opened else keyword)
            nested_verb = nested_verb or keyword
        awaiting_name = awaiting_name or keyword == "with"
        if keyword == "union" and opened:
            hidden.add(opened[-1][1])
        before = word
    chosen = verb or nested_verb
    return f"{chosen} {', '.join(tables[:MAX_TABLES])}".rstrip() if chosen else None


def _words(statement: str) -> Iterator[tuple[str, bool]]:
    """Names, dotted ones as one, and the signs that divide them; of each whether it stands without quotes and dots."""
    parts, is_plain = list[str](), False
    for piece in tokens(statement):
        is_name = piece.token in (Token.NAME, Token.QUOTED)
        if parts and not (piece.text == "." or (is_name and parts[-1] == ".")):
            yield "".join(parts).rstrip("."), is_plain
            parts = []
        if is_name:
            is_plain = piece.token is Token.NAME and not parts
            parts.append(statement[slice(*piece.inner)].lower() or '""')
        elif piece.text == "." and parts:
            parts.append(".")
        elif piece.text in _DIVIDING:
            yield piece.text, False
    if parts:
        yield "".join(parts).rstrip("."), is_plain
