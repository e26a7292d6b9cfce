"""Walks plain data of any shape and cleans it: never changes what it is given, never runs without end."""

import datetime
import uuid
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any

from alerting.sentry.scrub.columns import Parameters, told_parameters
from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.remarks import Remark, Remarks, paths, without
from alerting.sentry.scrub.rules import MARKER, plain, structure
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.texts import LONGEST_TEXT, Texts
from alerting.sentry.scrub.values import is_secret_value
from alerting.sentry.scrub.work import LONGEST_REMEMBERED, Cut, Work, remember

# The SDK keeps five levels of most sections; a text with JSON in JSON adds a few.
DEEPEST = 60
# Parts of containers; where an event has more, those are replaced. Texts are counted by the work they take.
MOST_PARTS = 15_000
# Exceptions, frames, spans and breadcrumbs, counted apart: what they are grouped by is not lost to data beside them.
MOST_FORMS = 3_000
# Characters of names that were not read before; an event has a thousand or two of them at most. What holds more is
# replaced as a whole, and of an object of a known form the field.
MOST_OF_NAMES = 40_000
_MOST_ARGUMENTS = 100
_HARMLESS = Secrecy.HARMLESS
_CONTAINERS = (Mapping, list, tuple, AbstractSet)
_HARMLESS_TYPES = (datetime.datetime, datetime.date, datetime.time, datetime.timedelta, uuid.UUID)
_Object = Mapping[Any, Any]
_Kept = frozenset[str]
_Own = Mapping[str, Callable[["Walk", Any], Any] | None]
_NONE: _Own = {}


class Walk:
    """Cleans one item. Counts what it visits and reads, so that no shape of data keeps it busy for long."""

    def __init__(self, names: Names, texts: Texts) -> None:
        self.names = names
        self._texts = texts
        self.clean = texts.known
        self.known_code = texts.known_code
        self._keys = texts.keys
        self._read: dict[str, tuple[Any, Remarks]] = {}
        self.work = Work()
        self._parts_left = MOST_PARTS
        self._names_left = MOST_OF_NAMES
        self._forms_left = MOST_FORMS
        self.of_celery = False
        """Whether Celery's own logger made what is walked: it tells of tasks with their arguments."""
        self.remarks: Remarks = []
        self.failures = 0

    def value(self, value: Any, depth: int = 0, within: Secrecy = _HARMLESS) -> Any:
        """The value without the secrets in it; `within` is what the names around it say of what containers hold."""
        kind = type(value)
        if kind is str:
            return value if value in self.clean else self._text(value, depth)
        if kind is dict:
            return self.mapping(value, depth, within)
        if kind is list:
            return self._sequence(value, depth, within)
        if value is None or kind is bool or ((kind is int or kind is float) and -1e12 < value < 1e12):
            return value
        if isinstance(value, Mapping):
            return self.mapping(value, depth, within)
        return self._sequence(value, depth, within) if isinstance(value, _CONTAINERS) else self._odd(value)

    def marked(self, rule: str, value: Any = None) -> str:
        """The marker, with a remark about why it stands there instead of the value."""
        self.remarks.append(Remark(rule, 0, len(MARKER), len(value) if isinstance(value, str | bytes) else 0))
        return MARKER

    def at(self, step: Any, clean: Callable[..., Any], *arguments: Any) -> Any:
        """What `clean` makes of its arguments; the remarks it makes belong under this step of the path."""
        remarks = self.remarks
        before = len(remarks)
        cleaned = clean(*arguments)
        if len(remarks) > before:
            remarks[before:] = [(step, remarks[before:])]
        return cleaned

    def _text(self, text: str, depth: int) -> Any:
        """A text not known to be harmless. Frames repeat their callers' variables: each is read once an item."""
        if self.work.left >= 0 and (found := self._read.get(text)):
            self.remarks += found[1]
            return found[0]
        self.work.left -= 2 * (20 + min(len(text), LONGEST_TEXT))
        if self.work.left < 0:
            return self.marked("event-budget", text)
        before = len(self.remarks)
        try:
            if self._texts.is_dull(text):
                return text
            cleaned = self._texts.clean(text, self.remarks, self.work, self.parsed if depth < DEEPEST else None)
        except Exception:  # noqa: BLE001  what fails costs one text
            self.failures += 1
            cleaned = self.marked("failed", text)
        if len(self.remarks) > before and len(text) <= LONGEST_REMEMBERED:
            self._read[text] = (cleaned, self.remarks[before:])
        return cleaned

    def parsed(self, value: Any) -> Any:
        """What a text held as JSON, cleaned."""
        before = len(self.remarks)
        cleaned = self.value(value, depth=DEEPEST - 30 if self._parts_left > 0 else DEEPEST)
        self.remarks[before:] = [Remark(told.rule, length=told.length) for _, told in paths(self.remarks[before:])]
        return cleaned

    def cuts_in_code(self, text: str) -> list[Cut]:
        """Where lines of source code hold what is a secret by its shape."""
        self.work.left -= len(text)
        return self._texts.find_in_code(text, self.work) if self.work.left > 0 else [(0, len(text), "event-budget")]

    def held(self, name: Any, item: Any, secrecy: Secrecy, depth: int, within: Secrecy = _HARMLESS) -> Any:
        """What stands under a name without its secrets, or the marker where a name says it is one.

        `within` is what the names around say: under a secret's, all is secret but what its own name makes harmless.
        """
        if within >= Secrecy.WEAK and self.names.judge(f"password {_text_of(name)}") > _HARMLESS:
            secrecy = max(secrecy, within)
        return self.secret(item, secrecy, depth, name) if secrecy > _HARMLESS else self.value(item, depth)

    def parameters(self, value: Mapping[Any, Any], beside: Any = "") -> Mapping[Any, Any]:
        """The object with what an SQL statement in it, or beside it, says of its parameters."""
        return (
            value if "sql-parameter" in self._texts.without else told_parameters(value, beside, self.names, self.work)
        )

    def secret(self, value: Any, secrecy: Secrecy, depth: int = 0, name: Any = "") -> Any:
        """What stands under a secret name. Yes, no and nothing stay; containers keep their form."""
        if value is None or isinstance(value, bool):
            return value
        if "named" in self._texts.without:
            return self.value(value, depth)
        if isinstance(value, str):
            value = str.__str__(value)
            if not is_secret_value(value.strip("'\" "), secrecy, _text_of(name), structural=True):
                return self.value(value, depth)
        elif isinstance(value, _CONTAINERS):
            return self.value(value, depth, secrecy)
        elif isinstance(value, int | float) and secrecy < Secrecy.STRONG and abs(value) < 1_000_000:
            return value
        return self.marked("named", value)

    def mapping(
        self, value: _Object, depth: int = 0, within: Secrecy = _HARMLESS, kept: _Kept = frozenset(), own: _Own = _NONE
    ) -> Any:
        """An object: `kept` fields as they are, where they hold no others, its `own` sections, all else as data.

        What has no section of its own there is left to who asks.
        """
        if kept or own:
            self._forms_left -= 1
        else:
            self._parts_left -= 1 + len(value)
        if depth >= DEEPEST or (self._forms_left if kept or own else self._parts_left) < 0:
            return self.marked("event-budget")
        told: Mapping[Any, Secrecy] = {}
        if not structure.TELLING.isdisjoint(value):
            value, told = self.parameters(value), _told(value, self.names)
        cleaned, clean, keys, remarks = dict(value), self.clean, self._keys, self.remarks
        is_plain = within is _HARMLESS and not told
        renamed: dict[Any, str] = {}
        is_over = False
        first = before = len(remarks)
        for name, item in value.items():
            kind, step = type(item), name
            if kept and name in kept and kind is not dict and kind is not list:
                continue
            if own and name in own:
                if section := own[name]:
                    cleaned[name] = section(self, item)
            elif (secrecy := keys.get(name)) is _HARMLESS and is_plain:
                if item in clean if kind is str else item is None or kind is bool:
                    continue
                cleaned[name] = self.value(item, depth + 1)
            elif secrecy is None and self._names_left < 0:
                if not (kept or own):
                    del remarks[first:]
                    return self.marked("event-budget")
                step = renamed[name] = MARKER
                cleaned[name] = MARKER if is_over else self.marked("event-budget")
                is_over = True
            else:
                if secrecy is None:
                    secrecy = self._key(name, renamed)
                    step = renamed.get(name, name)
                secrecy = max(secrecy, told.get(name, _HARMLESS)) if told else secrecy
                cleaned[name] = self.held(name, item, secrecy, depth + 1, within)
            if len(remarks) > before:
                remarks[before:] = [(step, remarks[before:])]
                before += 1
        return {renamed.get(name, name): item for name, item in cleaned.items()} if renamed else cleaned

    def _key(self, name: Any, renamed: dict[Any, str]) -> Secrecy:
        """What a name says of its value. Few names are secrets themselves: those are numbered, to tell them apart."""
        if type(name) is int:
            return _HARMLESS
        text = _text_of(name)
        self._names_left -= 20 + len(text)
        secrecy = self.names.judge(text)
        if type(name) is str:
            before = len(self.remarks)
            shown = name if name in self.clean or self._texts.is_dull(name) else self.value(name)
            del self.remarks[before:]
            if shown != name:
                renamed[name] = f"{shown} ({len(renamed) + 1})" if renamed else shown
            else:
                remember(self._keys, name, secrecy)
        return secrecy

    def _sequence(self, value: Any, depth: int, within: Secrecy = _HARMLESS, is_pair: bool = False) -> Any:
        self._parts_left -= 1 + len(value)
        if depth >= DEEPEST or self._parts_left < 0:
            return self.marked("event-budget")
        cleaned, clean = [], self.clean
        are_texts = within is _HARMLESS and type(value) is list and [*map(type, value)].count(str) == len(value)
        if are_texts and all(map(clean.get, value)):
            return value.copy()
        told = _judged(value, self.names, is_pair) if isinstance(value, list | tuple) else {}
        are_pairs = all(isinstance(item, list | tuple) and len(item) == 2 for item in value)
        for position, item in enumerate(value):
            secrecy = told.get(position, _HARMLESS)
            if are_pairs:
                item = self.at(position, self._sequence, item, depth + 1, within, True)
            elif secrecy is not _HARMLESS or within is not _HARMLESS or type(item) is not str or item not in clean:
                item = self.at(position, self.held, "", item, secrecy, depth + 1, within)
            cleaned.append(item)
        return tuple(cleaned) if isinstance(value, tuple) else cleaned

    def _odd(self, value: Any) -> Any:
        """What JSON does not know, and large numbers: kept where they show no secret, else what they show, cleaned."""
        if isinstance(value, _HARMLESS_TYPES):
            return value
        if isinstance(value, Parameters):
            return self.value(without(value.text, value.cuts, self.remarks))
        if isinstance(value, bytes | bytearray):
            text = value[: 1 << 17].decode("utf-8", "surrogateescape")
            after = self.value(text)
            return value if after == text else type(value)(after.encode("utf-8", "surrogateescape"))
        if isinstance(value, str):
            return self.value(str.__str__(value))
        try:
            shown = sorted({str(value), repr(value)})
        except Exception:  # noqa: BLE001  an application's own method, or a number too long to be written
            return self.marked("failed")
        for text in shown:
            if (after := self.value(text)) != text:
                return after
        return value


def _judged(value: Any, names: Names, is_pair: bool) -> Mapping[int, Secrecy]:
    """Which items are secret by what stands before them: a value by its name, a program's argument by its option.

    Two words in a list may both be names, unless the list is one of pairs.
    """
    first = value[:_MOST_ARGUMENTS]
    if len(value) == 2 and isinstance(value[0], str | bytes) and structure.NAME.fullmatch(_text_of(value[0])):
        secrecy = names.judge(_text_of(value[0]))
        is_word = isinstance(value[1], str) and plain.WORDLIKE.fullmatch(value[1].strip("'\""))
        if secrecy > Secrecy.ADDRESS and (is_pair or not (is_word and isinstance(value, list))):
            return {1: secrecy}
    texts = [item.strip("b'\"") if isinstance(item, str) else "" for item in first]
    return {
        at: Secrecy.VAULT
        for at, (option, given) in enumerate(pairwise(texts), 1)
        if option[:1] == "-" and given[:1] != "-" and "=" not in option
        if names.are_secret(option)
        or (option in structure.USERS and not given.rpartition(":")[2].isdigit() and ":" in given)
    }


def _told(value: Mapping[Any, Any], names: Names) -> Mapping[Any, Secrecy]:
    """Which parts of an object are secret by what the others tell.

    {"name": "api_key", "value": "…"}, {"code": "…", "state": "…"} of OAuth.
    """
    if "code" in value and not structure.AUTHORIZING.isdisjoint(value):
        return {"code": Secrecy.WEAK}
    stated = next((item for name, item in value.items() if name in structure.NAMING and isinstance(item, str)), "")
    return dict.fromkeys(structure.VALUES, secrecy) if (secrecy := names.judge(stated)) > Secrecy.ADDRESS else {}


def _text_of(name: Any) -> str:
    """A key as text."""
    if isinstance(name, bytes):
        return name[:200].decode("utf-8", "replace")
    return str(name)[:200] if isinstance(name, str | int | float | tuple) else type(name).__name__
