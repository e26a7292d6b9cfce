"""What a container's form tells about its parts: pairs, named values, SQL parameters, arguments."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from alerting.sentry.scrub.columns import secret_parameters, without_shown
from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.rules import plain, structure
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.values import MARKER

_MOST_ARGUMENTS = 100


def judged(value: Any, names: Names) -> Mapping[int, Secrecy]:
    """Which items are secret by what stands before them: a value by its name, a program's argument by its option."""
    first = value[:_MOST_ARGUMENTS]
    if len(value) == 2 and isinstance(value[0], str | bytes) and structure.NAME.fullmatch(text_of(value[0])):
        secrecy = names.judge(text_of(value[0]))
        is_word = isinstance(value[1], str) and plain.WORDLIKE.fullmatch(value[1].strip("'\""))
        if secrecy > Secrecy.ADDRESS and not (is_word and isinstance(value, list)):
            return {1: secrecy}
    return {
        at: Secrecy.VAULT
        for at, (option, given) in enumerate(pairwise(first), 1)
        if isinstance(option, str) and option.strip("b'\"")[:1] == "-" and isinstance(given, str)
        if given.strip("b'\"")[:1] != "-" and "=" not in option and names.are_secret(option.strip("b'\"-"))
    }


def told(value: Mapping[Any, Any], names: Names) -> tuple[Mapping[Any, Any], Mapping[Any, Secrecy]]:
    """The object without secret SQL parameters, and which of its parts are secret by what the others tell.

    {"name": "api_key", "value": "…"}, {"code": "…", "state": "…"} of OAuth.
    """
    if not structure.PARAMETERS.isdisjoint(value):
        value = without_parameters(value, "", names)
    if "code" in value and not structure.AUTHORIZING.isdisjoint(value):
        return value, {"code": Secrecy.WEAK}
    stated = next((item for name, item in value.items() if name in structure.NAMING and isinstance(item, str)), "")
    return value, dict.fromkeys(structure.VALUES, secrecy) if (secrecy := names.judge(stated)) > Secrecy.ADDRESS else {}


def without_parameters(value: Mapping[Any, Any], statement: str, names: Names) -> Mapping[Any, Any]:
    """An object that holds an SQL statement and its parameters, without those of secret columns."""
    statement = next((value[name] for name in structure.STATEMENTS if isinstance(value.get(name), str)), statement)
    secret = secret_parameters(statement[:8192].strip("'\""), names) if statement else set()
    if not secret:
        return value
    return {
        name: _without_positions(item, secret) if name in structure.PARAMETERS else item for name, item in value.items()
    }


def _without_positions(item: Any, secret: set[int]) -> Any:
    if isinstance(item, list | tuple):
        if item and all(isinstance(row, list | tuple) for row in item):
            return [_without_positions(row, secret) for row in item]  # one statement, executed with many rows
        return [MARKER if position in secret else part for position, part in enumerate(item)]
    shown = isinstance(item, str) and item[:1] in {"(", "["} and item[-1:] in {")", "]"}
    return without_shown(item, secret) if shown else item


def text_of(name: Any) -> str:
    """A key as text."""
    if isinstance(name, bytes):
        return name[:200].decode("utf-8", "replace")
    return str(name)[:200] if isinstance(name, str | int | float | tuple) else type(name).__name__
