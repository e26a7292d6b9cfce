"""Walks plain data of any shape and cleans it: never changes what it is given, never runs without end."""

import datetime
import decimal
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from alerting.sentry.containers import (
    AUTHORIZING,
    PARAMETERS,
    STATEMENTS,
    TELLING,
    VALUES,
    has_options,
    is_key,
    is_keyring,
    is_lone_pair,
    is_pair,
    lines_of_keys,
    stated_name,
    text_of,
    values_between,
    without_positions,
)
from alerting.sentry.keys import Names, means_something_else
from alerting.sentry.literals import secret_parameters
from alerting.sentry.numbers import is_card
from alerting.sentry.patterns import MARKER
from alerting.sentry.shell import cleaned_arguments, secret_arguments
from alerting.sentry.speech import HOLE, MECHANISMS, ORDINARY_WORDS, SHOWS_NOTHING, is_complaint
from alerting.sentry.texts import Texts
from alerting.sentry.vaults import shown_object
from alerting.sentry.verdict import Verdict

# The SDK keeps five levels of most sections; a text with JSON in JSON adds a few.
DEEPEST = 60
MOST_PARTS = 200_000
_LARGEST = 10**4000
_HARMLESS_TYPES = (
    bool,
    type(None),
    datetime.datetime,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
)
_CONTAINERS = (Mapping, list, tuple, AbstractSet)
_HARMLESS = Verdict.HARMLESS
_NO_TOKENS = ORDINARY_WORDS | MECHANISMS


class Walk:
    """Cleans one item. Counts what it visits, so that no shape of data, cycles included, keeps it busy for long."""

    def __init__(self, names: Names, texts: Texts) -> None:
        self._names = names
        self._verdicts = names.known
        self._texts = texts
        self._clean = texts.known
        self._read: dict[str, str] = {}
        self._left = MOST_PARTS
        self._open: set[int] = set()

    def value(self, value: Any, depth: int = 0) -> Any:
        """The value without the secrets in it."""
        kind = type(value)
        if kind is str:
            return value if value in self._clean else self._text(value, depth)
        if kind is dict or kind is list:
            return self._container(value, depth)
        if kind is int or kind is float:
            return value if -1e12 < value < 1e12 else self.number(value)
        if value is None or kind is bool:
            return value
        return self._container(value, depth) if isinstance(value, _CONTAINERS) else self.odd(value)

    def _text(self, value: str, depth: int) -> str:
        """A text not known to be harmless. Frames repeat their callers' variables: each text is read once an item."""
        if depth >= DEEPEST or len(value) > 512:
            return self._texts.clean(value, self.parsed if depth < DEEPEST else None)
        cleaned = self._read.get(value)
        if cleaned is None:
            cleaned = self._read[value] = self._texts.clean(value, self.parsed)
        return cleaned

    def parsed(self, value: Any) -> Any:
        """What a text held as JSON, cleaned."""
        return self.value(value, depth=DEEPEST - 30 if self._left > 0 else DEEPEST)

    def code(self, line: str) -> str:
        """A line of source code without what is a secret by its shape."""
        return self._texts.clean_code(line)

    def is_clean_code(self, lines: Sequence[Any]) -> bool:
        """Whether these are lines of source in which nothing was found before."""
        try:
            return self._texts.is_clean_code(lines)
        except TypeError:
            return False  # a list that holds something unhashable, and so no lines

    def number(self, value: float) -> Any:
        """A number unless it is a card's."""
        if isinstance(value, int) and abs(value) > _LARGEST:
            return MARKER  # Python refuses to write longer numbers: the event would be lost
        whole = isinstance(value, int) or (value == value and abs(value) != float("inf") and value.is_integer())
        return MARKER if whole and 0 < value < 1e19 and is_card(str(int(value))) else value

    def named(self, name: Any, value: Any, depth: int = 0) -> Any:
        """The value that stands under `name` without its secrets, or the marker where the name says it is one."""
        text = name if type(name) is str else text_of(name)
        verdict = self._verdicts.get(text)
        if verdict is None:
            verdict = self._names.judge(text)
        if verdict is _HARMLESS:
            return value if type(value) is str and value in self._clean else self.value(value, depth)
        if verdict is Verdict.VERSION:
            return self.version(value) if type(value) is str else self.value(value, depth)
        return value if means_something_else(text, value) else self.secret(value, verdict, depth)

    def version(self, value: str) -> str:
        """A version's number may look like an address."""
        return value if re.fullmatch(r"v?\d+(?:\.\d+){1,5}", value) else self._texts.clean(value)

    def secret(self, value: Any, verdict: Verdict, depth: int) -> Any:
        """What stands under a secret name. Yes, no and nothing stay; containers keep their form."""
        if value is None or isinstance(value, bool) or value == "":
            return value
        if isinstance(value, str | bytes | bytearray):
            return self._secret_text(value, verdict, depth)
        if isinstance(value, _CONTAINERS):
            if verdict is Verdict.TOKEN and isinstance(value, dict) and is_keyring(value):
                verdict = Verdict.VAULT
            return self._container(value, depth, within=verdict)
        if isinstance(value, int | float) and verdict < Verdict.SECRET:
            return value if abs(value) < 1_000_000 or verdict is Verdict.ADDRESS else MARKER
        return MARKER

    def _secret_text(self, value: Any, verdict: Verdict, depth: int) -> Any:
        if isinstance(value, str):
            bare = value.strip("'\" ")
            if bare in {"", MARKER, "None", "True", "False", "null"} or HOLE.fullmatch(bare) or is_complaint(bare):
                return value
            if bare[-1] in ">]})" and SHOWS_NOTHING.fullmatch(bare):
                return value
            if verdict is Verdict.ADDRESS:
                return value if _is_own_address(bare) else MARKER
            if verdict is Verdict.TOKEN and (re.fullmatch(r"\d{1,4}", bare) or bare.lower() in _NO_TOKENS):
                return value
            if verdict is Verdict.VAULT and bare[-1] in "})" and depth < DEEPEST:
                return shown_object(bare, lambda part, name: self._inside(part, depth, verdict, name)) or MARKER
        return MARKER

    def _container(self, value: Any, depth: int, within: Verdict = _HARMLESS) -> Any:
        self._left -= 1 + len(value)
        if depth >= DEEPEST or self._left < 0 or id(value) in self._open:
            return MARKER
        self._open.add(id(value))
        try:
            if type(value) is dict or isinstance(value, Mapping):
                return self._mapping(value, depth + 1, within)
            if isinstance(value, list | tuple):
                return _like(value, self._sequence(value, depth + 1, within))
            return _like(value, [self._inside(item, depth + 1, within) for item in value])
        finally:
            self._open.discard(id(value))

    def _mapping(self, value: Mapping[Any, Any], depth: int, within: Verdict) -> dict[Any, Any]:
        cleaned: dict[Any, Any] = {}
        if within is _HARMLESS and TELLING.isdisjoint(value):
            known, verdicts = self._clean, self._verdicts
            for name, item in value.items():
                if not (type(item) is str and item in known and verdicts.get(name) is _HARMLESS):
                    item = self.named(name, item, depth)
                cleaned[name if type(name) is str and len(name) < 12 else self._name(name, cleaned)] = item
            return cleaned
        stated = stated_name(value)
        verdict = max(within, self._names.judge(stated)) if stated else within
        authorizes = "code" in value and not AUTHORIZING.isdisjoint(value)
        if not PARAMETERS.isdisjoint(value):
            value = self.without_parameters(value)
        if "input" in value and "loc" in value:
            value = self._without_input(value)
        for name, item in value.items():
            if authorizes and name == "code":
                item = self.secret(item, Verdict.TOKEN, depth)
            elif verdict > within and name in VALUES:
                item = self.secret(item, verdict, depth)
            elif within is Verdict.VAULT or (within and name in VALUES):
                item = self._inside(item, depth, within, name)
            elif within >= Verdict.TOKEN and is_key(name, item, within):
                item = (
                    self.secret(item, within, depth)
                    if within is Verdict.TOKEN
                    else self._inside(item, depth, within, name)
                )
            else:
                item = self.named(name, item, depth)
            cleaned[self._name(name, cleaned)] = item
        return cleaned

    def _without_input(self, value: Mapping[Any, Any]) -> Mapping[Any, Any]:
        """A rejected field as pydantic and FastAPI report it, without its input where the field is secret."""
        location = value["loc"]
        fields = [item for item in location if isinstance(item, str)] if isinstance(location, list | tuple) else []
        if not fields or self._names.judge(fields[-1].strip("'")) <= Verdict.ADDRESS:
            return value
        return {name: MARKER if name == "input" and item not in (None, "") else item for name, item in value.items()}

    def without_parameters(self, value: Mapping[Any, Any], statement: str = "") -> Mapping[Any, Any]:
        """An object that holds an SQL statement and its parameters, without those of secret columns."""
        statement = next((value[name] for name in STATEMENTS if isinstance(value.get(name), str)), statement)
        secret = secret_parameters(statement[:8192], self._names) if statement else set()
        if not secret:
            return value
        return {name: without_positions(item, secret) if name in PARAMETERS else item for name, item in value.items()}

    def _inside(self, item: Any, depth: int, within: Verdict, name: Any = "") -> Any:
        """A part of what stands under a secret name; under a vault's, all but what its own name makes harmless."""
        if within < Verdict.TOKEN:
            return self.value(item, depth)
        about = name != "" and self._names.judge(f"password {text_of(name)}") <= Verdict.HARMLESS
        if about and not (isinstance(item, str) and (len(item) > 40 or self.value(item, depth) != item)):
            return self.value(item, depth)
        return self.secret(item, within, depth)

    def _sequence(self, value: Any, depth: int, within: Verdict) -> list[Any]:
        if within >= Verdict.TOKEN:
            return [self._inside(item, depth, within) for item in value]
        if is_lone_pair(value) and (verdict := self._names.judge(text_of(value[0]))) > Verdict.ADDRESS:
            return [value[0], self.secret(value[1], verdict, depth)]
        if value and all(is_pair(item) for item in value):
            pairs = {item[0]: item for item in value if isinstance(item[0], str)}
            if "code" in pairs and not AUTHORIZING.isdisjoint(pairs):
                value = [_like(item, [item[0], MARKER]) if item is pairs["code"] else item for item in value]
            return [_like(item, [self._name(item[0], ()), self.named(item[0], item[1], depth)]) for item in value]
        secret: Collection[int] = ()
        if has_options(value):
            secret, value = secret_arguments(value, self._names), cleaned_arguments(value, self._names)
        elif any(type(item) is str and "PRIVATE KEY" in item for item in value):
            secret = lines_of_keys(value)
        elif len(value) > 2 and len(value) % 2 == 0 and all(isinstance(item, str) for item in value):
            secret = values_between(value, self._names)
        return [
            self.secret(item, Verdict.VAULT, depth) if position in secret else self.value(item, depth)
            for position, item in enumerate(value)
        ]

    def _name(self, name: Any, taken: Any) -> Any:
        """A key as it may be shown. Few are secrets themselves; two that become equal are told apart."""
        if type(name) is not str or len(name) < 12:
            return name
        if name[0] == "{" and name[-1] == "}":
            return self._texts.clean(name, self.parsed)  # a form's only key: the JSON it was sent as
        shown = self._texts.clean_name(name)
        if shown != name and shown in taken:
            shown = next(f"{shown} ({count})" for count in range(2, MOST_PARTS) if f"{shown} ({count})" not in taken)
        return shown

    def odd(self, value: Any) -> Any:
        """A value JSON does not know: kept where it shows no secret, else what it shows, cleaned."""
        if isinstance(value, _HARMLESS_TYPES):
            return value
        if isinstance(value, str):
            return self.value(str.__str__(value))
        if isinstance(value, int | float | decimal.Decimal):
            return (
                self.number(float(value)) if isinstance(value, float) else value if not is_card(str(value)) else MARKER
            )
        if isinstance(value, bytes | bytearray | memoryview):
            text = bytes(value[: 1 << 17]).decode("utf-8", "surrogateescape")
            cleaned = self.value(text)
            if cleaned == text:
                return value
            return (
                type(value)(cleaned.encode("utf-8", "surrogateescape"))
                if isinstance(value, bytes | bytearray)
                else cleaned
            )
        try:
            shown = {repr(value), str(value)}
        except Exception:  # noqa: BLE001  an application's own method: only this value is lost
            return MARKER
        for text in sorted(shown):
            cleaned = self._texts.clean(text)
            if cleaned != text:
                return cleaned
        return value


def _is_own_address(text: str) -> bool:
    return text in {"localhost", "::1", "testserver"} or text.startswith("127.")


def _like(original: Any, items: list[Any]) -> Any:
    """The items in a container of the original's kind, as far as JSON or a caller can tell."""
    if isinstance(original, tuple):
        return tuple(items)
    if isinstance(original, AbstractSet):
        return set(items) if all(isinstance(item, str | int | float | bytes | tuple) for item in items) else items
    return items
