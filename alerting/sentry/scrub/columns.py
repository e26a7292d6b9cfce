"""Values of secret columns in SQL: inserted, compared, told by databases, and the parameters beside a statement."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.rules import structure
from alerting.sentry.scrub.values import holds_nothing
from alerting.sentry.scrub.work import Cut, Work
from alerting.sentry.sql import Piece, Token, tokens

_ROWS = re.compile(
    r"\((?P<names>[^()']{1,2000}+)\)\s{0,9}(?:overriding \w{1,20} value\s{1,9})?"
    r"(?:values\s{0,9}(?=\()|=\s{0,9}(?:row\s{0,9})?(?=\()|in\s{0,9}\((?=\())",
    re.IGNORECASE,
)
# SQLAlchemy: `[SQL: …] [parameters: (…)]`
_PARAMETERS = re.compile(r"\[parameters: ")
_OPERATORS = frozenset("= < > ! <> != like ilike".split())
_PARAMETER = "sql-parameter"
_LITERALS = frozenset({Token.TEXT, Token.NUMBER, Token.QUOTED})


@dataclass(frozen=True, slots=True)
class Parameters:
    """One parameter, or several as a text shows them: a statement says where in it secret columns' values stand."""

    text: str
    cuts: list[Cut]


def find(text: str, names: Names, work: Work) -> Iterator[Cut]:
    """Where a statement, or a database's message about one, shows the values of secret columns."""
    for piece in _inserted(text, names, work):
        start, end = piece.inner
        if piece.token in _LITERALS and not holds_nothing(piece.text.strip("'\"")):
            yield start, end, "sql-value"
    for shown in _PARAMETERS.finditer(text):
        statement = text[text.rfind("[SQL: ", 0, shown.start()) + 6 : shown.start()]
        work.spend(100 + 15 * len(statement))
        for piece in _shown(text, shown.end(), secret_parameters(statement, names, work), work):
            yield *piece.inner, _PARAMETER


def _inserted(text: str, names: Names, work: Work) -> Iterator[Piece]:
    """What stands in the places of secret columns in `(…) VALUES (…), (…)`."""
    for rows in _ROWS.finditer(text):
        secret = {at for at, name in enumerate(rows["names"].split(",")) if names.are_secret(name.strip())}
        yield from _in_rows(text, rows.end(), 0, secret, work)


def _shown(text: str, begin: int, secret: set[int], work: Work) -> Iterator[Piece]:
    """What stands at the secret positions of a tuple or list of parameters as Python shows it, or of a list of such."""
    are_many = text[begin + 1 : begin + 2] == "("
    return _in_rows(text, begin + 1, 0 if are_many else 1, secret if text[begin : begin + 1] != "{" else set(), work)


def _in_rows(text: str, start: int, depth: int, secret: set[int], work: Work) -> Iterator[Piece]:
    column = 0
    for piece in tokens(text, start) if secret else ():
        work.spend(40)
        if piece.text == "(":
            depth += 1
            column = 0 if depth == 1 else column
        elif piece.text in {")", "]"}:
            depth -= 1
        elif piece.text == ",":
            column += depth == 1
        elif depth and column in secret:
            yield piece
        if depth < 0 or (depth == 0 and piece.text not in {",", ")"}):
            return


def secret_parameters(statement: str, names: Names, work: Work) -> set[int]:
    """Which of a statement's positional placeholders stand for values of secret columns."""
    inserted = set(_inserted(statement, names, work))
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


def told_parameters(value: Mapping[Any, Any], beside: Any, names: Names, work: Work) -> Mapping[Any, Any]:
    """The object with what an SQL statement in it, or `beside` it, says of its parameters: those of secret columns as
    `Parameters`."""
    held = structure.PARAMETERS.intersection(value)
    given = (*map(value.get, structure.STATEMENTS), beside) if held else ()
    statement = next((one for one in given if isinstance(one, str)), "")
    secret = secret_parameters(statement[:8192].strip("'\""), names, work)
    return {**value, **{name: _told(value[name], secret, work) for name in held}} if secret else value


def _told(item: Any, secret: set[int], work: Work) -> Any:
    if isinstance(item, list | tuple):
        if item and all(isinstance(row, list | tuple) for row in item):
            return [_told(row, secret, work) for row in item]  # one statement, executed with many rows
        return [_whole(str(part)) if position in secret else part for position, part in enumerate(item)]
    if isinstance(item, str):
        return Parameters(item, [(*piece.inner, _PARAMETER) for piece in _shown(item, 0, secret, work)])
    return item


def _whole(text: str) -> Parameters:
    return Parameters(text, [(0, len(text), _PARAMETER)])
