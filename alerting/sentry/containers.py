"""What a container's form tells about its parts: pairs, named values, rings of keys, SQL parameters, arguments."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from alerting.sentry.keys import Names
from alerting.sentry.literals import without_shown
from alerting.sentry.patterns import MARKER, PRIVATE_KEY_BEGINS, PRIVATE_KEY_ENDS
from alerting.sentry.verdict import Verdict


def _also_quoted(names: str) -> frozenset[str]:
    """The names, also as the SDK writes the keys of local variables: in the quotes of their repr."""
    return frozenset([*names.split(), *(f"'{name}'" for name in names.split())])


_NAMING = _also_quoted("name key header field param parameter Name Key k")
VALUES = _also_quoted("value val Value content v values default string_value stringValue")
AUTHORIZING = frozenset("state scope grant_type redirect_uri code_verifier session_state".split())
STATEMENTS = ("sql", "query", "statement", "operation", "db.statement", "db.query.text")
PARAMETERS = _also_quoted("params parameters args binds db.params db.parameters")
_NAME = re.compile(r"[\w.\[\]'\" -]{1,80}")
_KEYLIKE = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s:/@.]{8,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OPTION = re.compile(r"b?['\"]?--?[A-Za-z]")
# An object without any of these names tells nothing about its parts but their own names.
TELLING = VALUES | PARAMETERS | {"code", "input"}


def stated_name(value: Mapping[Any, Any]) -> str:
    """The name an object such as {"name": "api_key", "value": "…"} states for its value."""
    if VALUES.isdisjoint(value):
        return ""
    return next((item for name, item in value.items() if name in _NAMING and isinstance(item, str)), "")


def without_positions(item: Any, secret: set[int]) -> Any:
    if isinstance(item, list | tuple):
        if item and all(isinstance(row, list | tuple) for row in item):
            return [without_positions(row, secret) for row in item]  # one statement, executed with many rows
        return [MARKER if position in secret else part for position, part in enumerate(item)]
    shown = isinstance(item, str) and item[:1] in {"(", "["} and item[-1:] in {")", "]"}
    return without_shown(item, secret) if shown else item


def is_key(name: Any, item: Any, within: Verdict) -> bool:
    """Whether a part of what a secret's name holds is the secret: {"api_key": {"prod": "k81…"}}, a session's id."""
    if within is Verdict.TOKEN and isinstance(item, str) and text_of(name).strip("'") in {"access", "refresh"}:
        return True
    if within is Verdict.TOKEN and (not isinstance(name, str) or name.strip("'") not in {"id", "key"}):
        return False
    return (
        isinstance(item, str) and bool(_KEYLIKE.fullmatch(item.strip("'\""))) and not _UUID.fullmatch(item.strip("'"))
    )


def is_keyring(value: Mapping[Any, Any]) -> bool:
    """Whether under the name of tokens each has its own name: {"github": "k81…", "slack": "x4…"}."""
    texts = [item.strip("'\"") for item in value.values() if isinstance(item, str)]
    return len(texts) == len(value) > 0 and all(_KEYLIKE.fullmatch(text) for text in texts)


def is_pair(item: Any) -> bool:
    return isinstance(item, list | tuple) and len(item) == 2 and is_name(item[0])


def is_name(value: Any) -> bool:
    return isinstance(value, str | bytes) and bool(_NAME.fullmatch(text_of(value)))


def lines_of_keys(value: Sequence[Any]) -> set[int]:
    """Which items are the lines of private keys."""
    inside, found = False, set()
    for position, item in enumerate(value):
        if not isinstance(item, str):
            continue
        begins, ends = PRIVATE_KEY_BEGINS.search(item), PRIVATE_KEY_ENDS.search(item)
        if inside or begins:
            found.add(position)
        inside = not ends if begins or ends else inside
    return found if len(found) > 1 else set()


def values_between(value: Sequence[str], names: Names) -> set[int]:
    """Which items of a flat list of names and values, such as raw headers or a Redis hash, stand behind secret names.

    A list of names alone looks alike: so a value has a digit and is no secret's name itself.
    """
    return {
        position + 1
        for position in range(0, len(value), 2)
        if len(value[position]) <= 80
        and any(char.isdigit() for char in value[position + 1])
        and names.judge(value[position].strip("'")) > Verdict.ADDRESS
        and names.judge(value[position + 1]) <= Verdict.HARMLESS
        and is_name(value[position])
    }


def is_lone_pair(value: Any) -> bool:
    """A name with its value; two names in a list look alike, unless the second has a digit."""
    if len(value) != 2 or not is_name(value[0]) or not isinstance(value[1], str):
        return False
    return isinstance(value, tuple) or any(char.isdigit() for char in value[1])


def has_options(value: Sequence[Any]) -> bool:
    return any(isinstance(item, str) and _OPTION.match(item) for item in value)


def text_of(name: Any) -> str:
    if isinstance(name, bytes):
        return name[:200].decode("utf-8", "replace")
    return str(name)[:200] if isinstance(name, str | int | float | tuple) else type(name).__name__
