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
        if any(secret):
            yield from _inserted(text, rows, secret, work)
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
