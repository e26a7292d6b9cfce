"""What a container's form tells about its parts: pairs, named values, rings of keys, SQL parameters, arguments."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any

from alerting.sentry.scrub.columns import secret_parameters, without_shown
from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.rules import plain, structure
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.values import MARKER, holds_nothing, looks_random

_NAME = re.compile(r"[\w.\[\]'\" -]{1,80}")
_KEYLIKE = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s:/@.]{6,200}")
_MOST_ARGUMENTS = 100


def judged(value: Any, names: Names) -> tuple[Mapping[int, Secrecy], bool]:
    """Which items of a list or tuple are secret by what stands before them, and whether all are names with values."""
    if _is_lone_pair(value) and (secrecy := names.judge(text_of(value[0]))) > Secrecy.ADDRESS:
        return {1: secrecy}, False
    if value and isinstance(value[0], list | tuple):
        return {}, all(is_pair(item) for item in value)
    first = value[:_MOST_ARGUMENTS]
    is_command = all(isinstance(item, str) for item in first) and any(_bare(item)[:1] == "-" for item in first)
    return (_secret_arguments(first, names) if is_command else {}), False


def told(value: Mapping[Any, Any], within: Secrecy, names: Names) -> tuple[Mapping[Any, Any], dict[Any, Secrecy]]:
    """The object without secret SQL parameters, and which of its parts are secret by what the others tell.

    {"name": "api_key", "value": "…"}, {"code": "…", "state": "…"} of OAuth, the rejected input of a secret field as
    pydantic and FastAPI report it.
    """
    special: dict[Any, Secrecy] = {}
    stated = next((item for name, item in value.items() if name in structure.NAMING and isinstance(item, str)), "")
    if stated and (secrecy := names.judge(stated)) > within:
        special = dict.fromkeys(structure.VALUES, secrecy)
    if "code" in value and not structure.AUTHORIZING.isdisjoint(value):
        special["code"] = Secrecy.WEAK
    location = value.get("loc")
    if isinstance(location, list | tuple):
        fields = [item.strip("'") for item in location if isinstance(item, str)]
        if fields and names.are_secret(fields[-1]):
            special["input"] = Secrecy.VAULT
    return without_parameters(value, "", names) if not structure.PARAMETERS.isdisjoint(value) else value, special


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


def is_key(item: Any) -> bool:
    """Whether a part of what a secret's name holds is the secret itself: {"api_key": {"prod": "k81…"}}."""
    bare = item.strip("'\"") if isinstance(item, str) else ""
    return bool(_KEYLIKE.fullmatch(bare)) and not plain.UUID.fullmatch(bare)


def is_pair(item: Any) -> bool:
    """A name with its value."""
    return isinstance(item, list | tuple) and len(item) == 2 and _is_name(item[0])


def _is_name(value: Any) -> bool:
    return isinstance(value, str | bytes) and bool(_NAME.fullmatch(text_of(value)))


def _is_lone_pair(value: Any) -> bool:
    """A name with its value; two names in a list look alike, unless the second has a digit."""
    if len(value) != 2 or not isinstance(value[1], str) or not _is_name(value[0]):
        return False
    return isinstance(value, tuple) or any(map(str.isdigit, value[1]))


def _secret_arguments(arguments: Sequence[str], names: Names) -> dict[int, Secrecy]:
    """Which of a program's arguments are secret: what follows an option that says so, `user:password` of curl."""
    plain = [_bare(item) for item in arguments]
    return {
        at: Secrecy.VAULT
        for at, (option, value) in enumerate(pairwise(plain), 1)
        if (option[:1] == "-" and "=" not in option and names.are_secret(option.lstrip("-")))
        or (option in structure.USERS and not value.rpartition(":")[2].isdigit() and ":" in value)
        if value and not holds_nothing(value) and (value[0] != "-" or looks_random(value[1:]))
    }


def _bare(argument: str) -> str:
    """An argument without the quotes and the b of its repr."""
    return argument.removeprefix("b").strip("'\"") if argument[-1:] in {"'", '"'} else argument


def text_of(name: Any) -> str:
    """A key as text."""
    if isinstance(name, bytes):
        return name[:200].decode("utf-8", "replace")
    return str(name)[:200] if isinstance(name, str | int | float | tuple) else type(name).__name__


def like(original: Any, items: list[Any]) -> Any:
    """The items in a container of the original's kind, as far as JSON or a caller can tell."""
    if isinstance(original, tuple):
        return tuple(items)
    if isinstance(original, AbstractSet):
        return set(items) if all(isinstance(item, str | int | float | bytes | tuple) for item in items) else items
    return items
