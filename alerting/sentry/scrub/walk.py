"""Walks plain data of any shape and cleans it: never changes what it is given, never runs without end."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from alerting.sentry.scrub import containers, odd
from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.remarks import Remark, Remarks, paths
from alerting.sentry.scrub.rules import structure
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.texts import LONGEST_REMEMBERED, LONGEST_TEXT, Texts
from alerting.sentry.scrub.values import MARKER, is_secret_value
from alerting.sentry.scrub.work import Work

# The SDK keeps five levels of most sections; a text with JSON in JSON adds a few.
DEEPEST = 60
MOST_PARTS = 20_000
MOST_CHARACTERS = 150_000
_CONTAINERS = (Mapping, list, tuple, AbstractSet)
_HARMLESS = Secrecy.HARMLESS


class Walk:
    """Cleans one item. Counts what it visits and reads, so that no shape of data keeps it busy for long."""

    def __init__(self, names: Names, texts: Texts) -> None:
        self.names = names
        self._verdicts = names.known
        self._texts = texts
        self.clean = texts.known
        self.harmless = texts.harmless_names
        self._code = texts.known_code
        self._read: dict[Any, tuple[Any, Remarks]] = {}
        self._parts_left = MOST_PARTS
        self._characters_left = MOST_CHARACTERS
        self._work = Work()
        self.of_celery = False
        """Whether Celery's own logger made what is walked: it tells of tasks with their arguments."""
        self.inside_key = False
        """Whether a private key began in the lines of source read last."""
        self.remarks: Remarks = []
        self.failures = 0

    def value(self, value: Any, depth: int = 0) -> Any:
        """The value without the secrets in it."""
        kind = type(value)
        if kind is str:
            return value if value in self.clean else self._text(value, depth)
        if kind is dict:
            return self._mapping(value, depth)
        if kind is list:
            return self._sequence(value, depth)
        if kind is int or kind is float:
            return value if -1e12 < value < 1e12 else odd.number(self, value)
        if value is None or kind is bool:
            return value
        return self._container(value, depth) if isinstance(value, _CONTAINERS) else odd.cleaned(self, value)

    def marked(self, rule: str, length: int = 0) -> str:
        """The marker, with a remark about why it stands there."""
        self.remarks.append(Remark(rule, 0, len(MARKER), length))
        return MARKER

    def at(self, step: Any, clean: Callable[..., Any], *arguments: Any) -> Any:
        """What `clean` makes of its arguments; the remarks it makes belong under this step of the path."""
        remarks = self.remarks
        before = len(remarks)
        cleaned = clean(*arguments)
        if len(remarks) > before:
            remarks[before:] = [(step, remarks[before:])]
        return cleaned

    def _once(self, key: Any, text: str, clean: Callable[[], Any]) -> Any:
        """What `clean` makes of the text. Frames repeat their callers' variables: each is read once an item."""
        found = self._read.get(key)
        if found is None:
            before = len(self.remarks)
            cleaned = clean()
            if len(self.remarks) > before and len(text) <= LONGEST_REMEMBERED:
                self._read[key] = (cleaned, self.remarks[before:])
            return cleaned
        self.remarks += found[1]
        return found[0]

    def _text(self, value: str, depth: int) -> Any:
        """A text not known to be harmless."""
        if self._characters_left < 0:
            return self.marked("event-budget", len(value))
        parsed = self.parsed if depth < DEEPEST else None
        return self._once(value, value, lambda: self._guarded(value, self._texts.clean, parsed))

    def _guarded(self, text: str, clean: Callable[..., str], *more: Any) -> str:
        """The text cleaned in one of `Texts`' ways, within the event's budget; what fails costs one text."""
        self._characters_left -= min(len(text) + 20, LONGEST_TEXT)
        if self._characters_left < 0:
            return self.marked("event-budget", len(text))
        try:
            return clean(text, self.remarks, self._work, *more)
        except Exception:  # noqa: BLE001
            self.failures += 1
            return self.marked("failed", len(text))

    def parsed(self, value: Any) -> Any:
        """What a text held as JSON, cleaned."""
        before = len(self.remarks)
        cleaned = self.value(value, depth=DEEPEST - 30 if self._parts_left > 0 else DEEPEST)
        self.remarks[before:] = [Remark(told.rule, length=told.length) for _, told in paths(self.remarks[before:])]
        return cleaned

    def code(self, line: str) -> str:
        """A line of source code without what is a secret by its shape."""
        return line if line in self._code else self._guarded(line, self._texts.clean_code)

    def is_clean_code(self, lines: list[Any]) -> bool:
        """Whether these are lines of source in which nothing was found."""
        try:
            if all(map(self._code.get, lines)):
                return True
            self._characters_left -= sum(map(len, lines))
            return self._characters_left >= 0 and self._texts.read_code(lines, self._work)
        except TypeError:
            return False  # a list that holds something else, and so no lines

    def named(self, name: Any, value: Any, depth: int = 0) -> Any:
        """The value that stands under `name` without its secrets, or the marker where the name says it is one."""
        text = name if type(name) is str else containers.text_of(name)
        secrecy = self._verdicts.get(text)
        if secrecy is None:
            secrecy = self.names.judge(text)
        if secrecy is _HARMLESS:
            return value if type(value) is str and value in self.clean else self.value(value, depth)
        if secrecy is Secrecy.VERSION and type(value) is str and value.lstrip("v").replace(".", "").isdigit():
            return value
        return self.value(value, depth) if secrecy < _HARMLESS else self.secret(value, secrecy, depth, text)

    def secret(self, value: Any, secrecy: Secrecy, depth: int, name: str = "") -> Any:
        """What stands under a secret name. Yes, no and nothing stay; containers keep their form."""
        if value is None or isinstance(value, bool) or value == "":
            return value
        if type(value) is str:
            return self._once((name, value, secrecy), value, lambda: self._secret_text(value, secrecy, name))
        if isinstance(value, str | bytes | bytearray):
            return self._secret_text(value, secrecy, name)
        if isinstance(value, _CONTAINERS):
            return self._container(value, depth, within=secrecy)
        if isinstance(value, int | float):
            small = abs(value) < 1_000_000
            if secrecy < Secrecy.STRONG and (small or secrecy is Secrecy.ADDRESS):
                return value
            if small and not is_secret_value(str(value), secrecy, name, structural=True):
                return value
        return self.marked("named")

    def _secret_text(self, value: Any, secrecy: Secrecy, name: str) -> Any:
        if isinstance(value, str):
            bare = value.strip("'\" ")
            if secrecy is Secrecy.ADDRESS:
                own = bare in {"", MARKER, "localhost", "::1", "testserver"} or bare.startswith("127.")
                return value if own else self.marked("ip-address", len(value))
            if not is_secret_value(bare, secrecy, name, structural=True):
                return self.value(value)
            before = len(self.remarks)
            if (
                bare[-1] == ")"
                and bare.partition("(")[0].isidentifier()
                and (shown := self.value(value))
                and len(self.remarks) > before
            ):
                return shown  # an object whose own names tell which of its parts is the secret
        return self.marked("named", len(value))

    def _container(self, value: Any, depth: int, within: Secrecy = _HARMLESS) -> Any:
        if type(value) is dict or isinstance(value, Mapping):
            return self._mapping(value, depth, within)
        if isinstance(value, list | tuple):
            return self._sequence(value, depth, within)
        if self._is_spent(value, depth):
            return self.marked("event-budget")
        return containers.like(value, [self._inside(item, depth + 1, within) for item in value])

    def _is_spent(self, value: Any, depth: int) -> bool:
        """Whether the container is too deep, as a cycle is, or one part of too many."""
        self._parts_left -= 1 + len(value)
        return depth >= DEEPEST or self._parts_left < 0

    def _mapping(self, value: Mapping[Any, Any], depth: int, within: Secrecy = _HARMLESS) -> Any:
        self._parts_left -= 1 + len(value)
        if depth >= DEEPEST or self._parts_left < 0:
            return self.marked("event-budget")
        cleaned = value.copy() if type(value) is dict else dict(value)
        clean, harmless = self.clean, self.harmless
        shown: dict[Any, Any] = {}
        told: Mapping[Any, Any] | None = None
        special: Mapping[Any, Secrecy] = {}
        for name, item in value.items():
            known = within is _HARMLESS and name in harmless
            kind = type(item)
            if known and (item in clean if kind is str else item is None or kind is bool):
                continue
            if known:
                cleaned[name] = self.at(name, self.value, item, depth + 1)
                continue
            if told is None and name in structure.TELLING:
                told, special = containers.told(value, within, self.names)
            item = item if told is None else told[name]
            step = name
            if name not in self._texts.plain_names and (plain := self._name(name, shown.values())) is not name:
                shown[name] = step = plain
            if name in special:
                cleaned[name] = self.at(step, self.secret, item, special[name], depth + 1)
            elif within is _HARMLESS:
                cleaned[name] = self.at(step, self.named, name, item, depth + 1)
            else:
                cleaned[name] = self.at(step, self._within, name, item, depth + 1, within)
        return {shown.get(name, name): item for name, item in cleaned.items()} if shown else cleaned

    def _within(self, name: Any, item: Any, depth: int, within: Secrecy) -> Any:
        """A part of an object that stands under a secret name."""
        if within is Secrecy.VAULT or name in structure.VALUES:
            return self._inside(item, depth, within, name)
        if within >= Secrecy.WEAK and containers.is_key(item):
            return self.secret(item, within, depth)
        return self.named(name, item, depth)

    def _inside(self, item: Any, depth: int, within: Secrecy, name: Any = "") -> Any:
        """A part of what stands under a secret name; under a vault's, all but what its own name makes harmless."""
        if within < Secrecy.WEAK:
            return self.value(item, depth)
        about = name != "" and self.names.judge(f"password {containers.text_of(name)}") <= Secrecy.HARMLESS
        if about and not (isinstance(item, str) and len(item) > 40):
            return self.value(item, depth)
        return self.secret(item, within, depth)

    def _sequence(self, value: Any, depth: int, within: Secrecy = _HARMLESS) -> Any:
        if self._is_spent(value, depth):
            return self.marked("event-budget")
        if within is _HARMLESS and type(value) is list and self._texts.are_dull(value):
            return list(value)
        depth += 1
        secret, are_pairs = containers.judged(value, self.names)
        cleaned = []
        for position, item in enumerate(value):
            secrecy = secret.get(position)
            if secrecy is not None:
                item = self.at(position, self.secret, item, secrecy, depth)
            elif within >= Secrecy.WEAK:
                item = self.at(position, self._inside, item, depth, within)
            elif are_pairs:
                item = self.at(position, self._pair, item, depth)
            elif type(item) is not str or item not in self.clean:
                item = self.at(position, self.value, item, depth)
            cleaned.append(item)
        return containers.like(value, cleaned)

    def _pair(self, pair: Any, depth: int) -> Any:
        name, held = pair
        held = self.at(1, self.named, name, held, depth)
        return containers.like(pair, [self._name(name, ()), held])

    def _name(self, name: Any, taken: Any) -> Any:
        """A key as it may be shown. Few are secrets themselves; two that become equal are told apart."""
        if type(name) is not str:
            return name
        before = len(self.remarks)
        shown = self.value(name)
        del self.remarks[before:]
        if shown == name:
            self._texts.remember_name(name)
        if shown != name and shown in taken:
            shown = f"{shown} ({len(taken) + 1})"
        return shown
