"""Values of secret columns in SQL: inserted, compared, told by databases, and the parameters beside a statement."""

import re
from collections.abc import Iterator

from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.values import MARKER, holds_nothing
from alerting.sentry.scrub.work import Cut, Work
from alerting.sentry.sql import Piece, Token, tokens

_ROWS = re.compile(
    r"\((?P<names>[^()']{1,2000}+)\)\s{0,9}(?:overriding \w{1,20} value\s{1,9})?"
    r"(?P<then>values\s{0,9}(?=\()|select\s|=\s{0,9}(?:row\s{0,9})?(?=\()|in\s{0,9}\((?=\())",
    re.IGNORECASE,
)
_PARAMETERS = "[parameters: "
_CLOSED = re.compile(r"[)\]}]\](?=[\s\"'`.,;:)}<>]|$)")
_PARAMETER = re.compile(
    r"\s*(?P<value>[bNE]?'(?:[^'\\]|\\.)*+'|[bNE]?\"(?:[^\"\\]|\\.)*+\"|[^,()\[\]]++(?:\([^()]*+\))?)\s*(?:,|$)",
    re.DOTALL,
)
_ROW = re.compile(r"\((?:[^()'\"]|'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\")++\)", re.DOTALL)
_SIGNS = ("values", "insert ", "select ", "set ", "where ", "[parameters: ")

_OPERATORS = frozenset("= < > ! <> != like ilike".split())


def find(text: str, lowered: str, names: Names, work: Work) -> Iterator[Cut]:
    """Where a statement, or a database's message about one, shows the values of secret columns."""
    if not any(sign in lowered for sign in _SIGNS):
        return
    for rows in _ROWS.finditer(text):
        work.spend(30)
        secret = _secret_columns(rows["names"], names)
        for piece in _values(text, rows, secret, work) if any(secret) else ():
            yield from _literal(piece)
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


def _values(text: str, rows: re.Match[str], secret: list[bool], work: Work | None = None) -> Iterator[Piece]:
    """What stands in the places of secret columns in `VALUES (…), (…)` or `SELECT …`."""
    selects = rows["then"][:6].lower() == "select"
    depth, column, closed = int(selects), 0, False
    for piece in tokens(text, rows.end()):
        if work:
            work.spend(40)
        sign = piece.text
        if (closed and sign not in {",", "("}) or (selects and depth == 1 and sign.lower() == "from"):
            return
        if sign == "(":
            depth += 1
            column, closed = (0, False) if depth == 1 else (column, closed)
        elif sign == ")":
            depth -= 1
            closed = depth < 1 and not selects
            if depth < 0:
                return
        elif sign == "," and depth == 1:
            column += 1
        elif depth and True in secret[column : column + 1] and (piece.token is Token.TEXT or not selects):
            yield piece


def _literal(piece: Piece) -> Iterator[Cut]:
    start, end = piece.inner
    if piece.token in _LITERALS and end > start and not holds_nothing(piece.text.strip("'\"")):
        yield start, end, "sql-value"


_LITERALS = frozenset({Token.TEXT, Token.NUMBER, Token.QUOTED})


def without_shown(values: str, secret: set[int]) -> str:
    """A tuple of parameters as Python shows it, or a list of such, without those at the secret positions."""
    for start, end in reversed(list(_shown(values, secret))):
        values = values[:start] + MARKER + values[end:]
    return values


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
    inserted = set(_values(statement, rows, _secret_columns(rows["names"], names))) if rows else set()
    secret: set[int] = set()
    position, name, compared = -1, "", False
    for piece in tokens(statement):
        if piece.token is Token.HOLDER:
            position += 1
            if piece in inserted or (compared and names.are_secret(name)):
                secret.add(int(piece.text[1:]) - 1 if piece.text[0] == "$" else position)
            compared = False
        elif piece.text.lower() in _OPERATORS:
            compared = True
        elif piece.token in (Token.NAME, Token.QUOTED):
            name, compared = statement[slice(*piece.inner)], False
        elif piece.text in {",", "("}:
            compared = compared and piece.text == "("
    return secret
