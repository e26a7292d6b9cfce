"""Values of secret columns in SQL: inserted, compared, told by databases, and the parameters beside a statement."""

import re
from collections.abc import Iterator

from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.rules.plain import DATE
from alerting.sentry.scrub.values import MARKER, holds_nothing, looks_random
from alerting.sentry.scrub.work import Cut, Work
from alerting.sentry.sql import Piece, Token, tokens

_ROWS = re.compile(
    r"\((?P<names>[^()']{1,2000}+)\)\s{0,9}(?:overriding \w{1,20} value\s{1,9})?"
    r"(?P<then>values\s{0,9}(?=\()|select\s|=\s{0,9}(?:row\s{0,9})?(?=\()|in\s{0,9}\((?=\())",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?<![\w.\"`\[])(?P<name>[\w.\"`\[\]]{1,120}+)(?:(?:\s?,\s?'[^']{0,80}+')?\)\s{0,4}(?:=|<>|!="
    r"|\bi?like\b)(?!\s{0,4}\()"
    r"|\s{0,4}(?:\b(?:not\s{1,3})?i?like\b|\b(?:not\s{1,3})?in\b(?=\s{0,3}\()|<>|!=|=\s{0,3}any\b))\s{0,4}",
    re.IGNORECASE,
)
_CALLED = re.compile(r"'(?:[^']|''){1,500}+'(?:::\w{1,40})?\s{1,4}as\s{1,4}(?P<name>[\w\"`]{1,80})", re.IGNORECASE)
_KEY = re.compile(
    r"(?:Key \((?P<names>[^()]{1,300}+)\)=|Failing row contains )\((?P<values>[^\n]{1,2000}?)\)(?= |\.|\\|$)",
    re.MULTILINE,
)
_PARAMETERS = "[parameters: "
_CLOSED = re.compile(r"[)\]}]\](?=[\s\"'`.,;:)}<>]|$)")
_PARAMETER = re.compile(
    r"\s*(?P<value>[bNE]?'(?:[^'\\]|\\.)*+'|[bNE]?\"(?:[^\"\\]|\\.)*+\"|[^,()\[\]]++(?:\([^()]*+\))?)\s*(?:,|$)",
    re.DOTALL,
)
_ROW = re.compile(r"\((?:[^()'\"]|'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\")++\)", re.DOTALL)
_SIGNS = ("where ", "values", "insert ", "select ", "set ", "key (", "row contains", "[parameters: ", " and ", " as ")
_HOLES = frozenset({"%s", "?", MARKER, "...", "***"})
_OPERATORS = frozenset("= < > ! <> != like ilike".split())
_LONGEST = 4000


def find(text: str, lowered: str, names: Names, work: Work) -> Iterator[Cut]:
    """Where a statement, or a database's message about one, shows the values of secret columns."""
    if not any(sign in lowered for sign in _SIGNS):
        return
    for rows in _ROWS.finditer(text):
        work.spend(30)
        secret = _secret_columns(rows["names"], names)
        if any(secret):
            yield from _inserted(text, rows, secret, work)
    for compared in _COMPARED.finditer(text):
        work.spend(60)
        if names.are_secret(compared["name"]):
            for piece in _operand(text, compared.end(), work):
                yield (*piece.inner, "sql-value")
    for called in _CALLED.finditer(text):
        if names.are_secret(called["name"]):
            yield called.start() + 1, text.index("'", called.start() + 1), "sql-value"
    for key in _KEY.finditer(text):
        yield from _key(key, names)
    if _PARAMETERS in text:
        yield from _parameters(text, names, work)


def _parameters(text: str, names: Names, work: Work) -> Iterator[Cut]:
    """SQLAlchemy's `[SQL: …] [parameters: (…)]`, whose parameters are told by the placeholders' places."""
    at = 0
    while (at := text.find(_PARAMETERS, at)) >= 0:
        begin = at + len(_PARAMETERS)
        closed = _CLOSED.search(text, begin)
        if closed is None:
            return
        at = closed.end()
        if text[begin] == "{":
            continue  # parameters by name
        statement = text[max(0, text.rfind("[SQL: ", 0, begin)) : begin]
        work.spend(100 + 15 * len(statement))
        told = secret_parameters(statement, names)
        for start, end in _shown(text[begin : closed.start() + 1], told) if told else ():
            yield begin + start, begin + end, "sql-parameter"


def _secret_columns(listed: str, names: Names) -> list[bool]:
    return [names.are_secret(name.strip()) for name in listed.split(",")]


def _inserted(text: str, rows: re.Match[str], secret: list[bool], work: Work) -> Iterator[Cut]:
    """The literals of secret columns in `VALUES (…), (…)` or `SELECT …`."""
    selects = rows["then"][:6].lower() == "select"
    depth, column, base = int(selects), 0, 1
    closed = False
    for piece in tokens(text, rows.end()):
        work.spend(40)
        sign = piece.text
        if closed and sign not in {",", "("}:
            return
        if sign == "(":
            depth += 1
            if depth == base:
                column, closed = 0, False
        elif sign == ")":
            depth -= 1
            closed = depth < base and not selects
            if depth < 0:
                return
        elif sign == "," and depth == base:
            column += 1
        elif (
            depth >= base
            and column < len(secret)
            and secret[column]
            and piece.token in (_LITERALS if not selects else _TEXTS)
        ):
            yield from _literal(piece)
        elif selects and depth == base and sign.lower() == "from":
            return


_TEXTS = frozenset({Token.TEXT})
_LITERALS = frozenset({Token.TEXT, Token.NUMBER, Token.QUOTED})


def _literal(piece: Piece) -> Iterator[Cut]:
    start, end = piece.inner
    if end > start and piece.text not in {"''", '""'} and not holds_nothing(piece.text.strip("'\"")):
        yield start, end, "sql-value"


def _operand(text: str, at: int, work: Work) -> Iterator[Piece]:
    """The literals of what follows an operator: one, those in brackets, those of a call."""
    depth = 0
    for count, piece in enumerate(tokens(text, at, at + _LONGEST)):
        work.spend(40)
        if piece.token is Token.TEXT:
            start, end = piece.inner
            if end > start and text[start:end] not in _HOLES:
                yield piece
        depth += (piece.text == "(") - (piece.text == ")")
        if depth <= 0 and not (count == 0 and piece.token is Token.NAME):
            return


def _key(key: re.Match[str], names: Names) -> Iterator[Cut]:
    """PostgreSQL's `Key (tenant, api_key)=(1, abc)`, matched by position, and `Failing row contains (…)`, by looks."""
    values = key["values"].split(", ")
    secret = [names.are_secret(name) for name in (key["names"] or "").split(", ")]
    if key["names"] is None:
        secret = [looks_random(value) and not DATE.fullmatch(value) for value in values]
    elif len(values) != len(secret):
        values, secret = [key["values"]], [any(secret)]
    at = key.start("values")
    for is_secret, value in zip(secret, values, strict=True):
        if is_secret:
            yield at, at + len(value), "sql-value"
        at += len(value) + 2


def without_shown(values: str, secret: set[int]) -> str:
    """A tuple of parameters as Python shows it, or a list of such, without those at the secret positions."""
    done = 0
    kept: list[str] = []
    for start, end in _shown(values, secret):
        kept += (values[done:start], MARKER)
        done = end
    return "".join((*kept, values[done:]))


def _shown(values: str, secret: set[int]) -> Iterator[tuple[int, int]]:
    rows = _ROW.finditer(values, 1) if values[1:2] == "(" else [None]
    for row in rows:
        at, last = (row.start() + 1, row.end() - 1) if row else (1, len(values) - 1)
        for position in range(max(secret) + 1):
            found = _PARAMETER.match(values, at, last)
            if not found or found.end() == at:
                break
            if position in secret:
                start, end = found.span("value")
                quote = found["value"][-1] if found["value"][-1] in "'\"" else ""
                yield (start + found["value"].index(quote) + 1, end - 1) if quote else (start, end)
            at = found.end()


def secret_parameters(statement: str, names: Names) -> set[int]:
    """Which of a statement's positional placeholders stand for values of secret columns."""
    rows = _ROWS.search(statement)
    columns = _secret_columns(rows["names"], names) if rows else []
    secret: set[int] = set()
    position = -1
    name, compared = "", False
    for piece in tokens(statement):
        if piece.token is Token.HOLDER:
            position += 1
            at = int(piece.text[1:]) - 1 if piece.text[0] == "$" else position
            inserted = rows is not None and piece.start >= rows.end() and not compared
            if (inserted and columns[position % len(columns)]) or (compared and name and names.are_secret(name)):
                secret.add(at)
            compared = False
        elif piece.text.lower() in _OPERATORS:
            compared = True
        elif piece.token in (Token.NAME, Token.QUOTED):
            name, compared = statement[slice(*piece.inner)], False
        elif piece.text in {",", "("}:
            compared = compared and piece.text == "("
    return secret
