"""Scrubs an event with the rules an application chose: the walk, its sections, and the remarks about each cut."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from alerting.sentry.scrub import Explained
from alerting.sentry.scrub.names import names_for, words_of
from alerting.sentry.scrub.remarks import held_at, paths, with_remarks
from alerting.sentry.scrub.rules import LENIENT, MARKER, known_ids, structure
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.sections import SECTIONS, is_of_celery, without_repeated
from alerting.sentry.scrub.texts import Texts
from alerting.sentry.scrub.walk import Walk
from alerting.sentry.scrub.work import Cut


class Engine:
    """Raises ValueError naming every mistake in what it is given."""

    def __init__(self, extra_keys: Any, extra_patterns: Any, allow: Any, strict: Any, without: Any) -> None:
        mistakes: list[str] = []
        given = {"extra_keys": extra_keys, "allow": allow, "without": without}
        keys, allowed, off = (tuple(_texts(option, value, mistakes)) for option, value in given.items())
        mistakes += (f"extra_keys: {key!r} has no word in it" for key in keys if not words_of(key))
        mistakes += (f"without: there is no rule {one!r}" for one in sorted({*off} - known_ids() if off else ()))
        mistakes += [] if isinstance(strict, bool) else [f"strict: expected True or False, got {strict!r}"]
        if isinstance(extra_patterns, str | re.Pattern):
            mistakes.append("extra_patterns: expected a list of expressions, got a single one")
            extra_patterns = ()
        patterns = [found for one in extra_patterns for found in _compiled(one, mistakes)]
        if mistakes:
            raise ValueError("; ".join(mistakes))
        self._names = names_for(keys, frozenset(allowed))
        self._texts = Texts(
            self._names, patterns, frozenset(allowed), frozenset(off) | (frozenset() if strict else LENIENT)
        )

    def scrub(self, event: Any, kind: type[Walk] = Walk) -> tuple[Any, Walk]:
        """A scrubbed copy, and the walk that knows what was cut from it. Never raises."""
        walk = kind(self._names, self._texts)
        if not isinstance(event, Mapping):
            cleaned = _part(walk, None, event)
            return cleaned, walk
        attributes = event.get("attributes")
        named = attributes.get("logger.name") if isinstance(attributes, Mapping) else None
        walk.of_celery = is_of_celery(event.get("logger") or event.get("category") or named)
        cleaned = {name: walk.at(name, _part, walk, name, value) for name, value in event.items()}
        if "body" in event and "attributes" in event:
            cleaned["body"] = walk.at(
                "body", without_repeated, walk, cleaned["body"], attributes, cleaned["attributes"]
            )
        is_event = structure.OF_OTHERS.isdisjoint(event) and not structure.OF_EVENTS.isdisjoint(event)
        if walk.remarks and is_event:
            cleaned["_meta"] = with_remarks(event.get("_meta"), walk.remarks)
        return cleaned, walk

    def explain(self, event: Any) -> list[Explained]:
        """Every cut: its path, its rule, and what is left there."""
        cleaned, walk = self.scrub(event)
        return [Explained(path, remark.rule, held_at(path, cleaned, MARKER)) for path, remark in paths(walk.remarks)]


class OnlyArguments(Walk):
    """Leaves all as it is but what the sections take out themselves: what Celery's tasks were called with."""

    def value(self, value: Any, *_: Any) -> Any:
        return value

    def secret(self, value: Any, *_: Any) -> Any:
        return value

    def held(self, _name: Any, item: Any, *_: Any) -> Any:
        return item

    def parameters(self, value: Mapping[Any, Any], *_: Any) -> Mapping[Any, Any]:
        return value

    def cuts_in_code(self, _text: str) -> list[Cut]:
        return []

    def _key(self, *_: Any) -> Secrecy:
        return Secrecy.HARMLESS


def _part(walk: Walk, name: Any, value: Any) -> Any:
    try:
        if name in structure.EVENT:
            return value
        section = SECTIONS.get(name)
        return section(walk, value) if section else walk.held(name, value, walk.names.judge(str(name)), 0)
    except Exception:  # noqa: BLE001  whatever an application put there: the event goes out, without this part
        walk.failures += 1
        return walk.marked("failed")


def _texts(option: str, given: Any, mistakes: list[str]) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        mistakes.append(f"{option}: expected a list of texts, got {given!r}")
        return []
    found = list(given)
    mistakes += (f"{option}: expected texts, got {one!r}" for one in found if not isinstance(one, str))
    return [one for one in found if isinstance(one, str)]


def _compiled(given: Any, mistakes: list[str]) -> Iterator[tuple[re.Pattern[str], str | int]]:
    """An expression with the group that is replaced: `secret`, or all of it."""
    pattern, example = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    try:
        compiled = re.compile(pattern)
        group = "secret" if "secret" in compiled.groupindex else 0
        if compiled.fullmatch(""):
            mistakes.append(f"extra_patterns: {pattern!r} matches the empty text, and so everywhere")
        elif example is not None and not ((found := compiled.search(example)) and found[group]):
            mistakes.append(f"extra_patterns: {pattern!r} finds nothing in its example {example!r}")
        yield compiled, group
    except (re.error, TypeError) as error:
        mistakes.append(f"extra_patterns: {pattern!r} is not a regular expression for texts: {error}")
