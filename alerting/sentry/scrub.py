"""Takes secrets out of everything that goes to Sentry, in one walk over the whole event.

Names are judged by their words, texts by what they hold; what Sentry groups by, and source code, keep their form. The
marker is constant, so that events that differ by a secret only become equal. What cannot be scrubbed is replaced and
counted: the event still arrives, the secret does not.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from alerting.sentry.keys import Names
from alerting.sentry.log_lines import line_beside
from alerting.sentry.patterns import MARKER
from alerting.sentry.sections import SECTIONS
from alerting.sentry.texts import Texts
from alerting.sentry.walk import Walk


class Scrubber:
    """Scrubs events, transactions, spans, logs, metrics, breadcrumbs and check-ins; fits every `before_*` hook.

    `extra_keys`: further names whose values are secret (`badge_number` also means `userBadgeNumber`).
    `extra_patterns`: further expressions whose matches are secret; a group named `secret` limits what is replaced.
    `allow`: names that are never secret, and whole texts that stay as they are.
    `strict`: also take out what identifies people in free text: e-mail and public IP addresses, IBANs.
    Raises ValueError for an expression that cannot be compiled.
    """

    def __init__(
        self,
        extra_keys: Iterable[str] = (),
        extra_patterns: Iterable[str | re.Pattern[str]] = (),
        allow: Iterable[str] = (),
        strict: bool = True,
    ) -> None:
        allowed = frozenset(allow)
        self._names = Names(extra_keys, allowed)
        self._texts = Texts(self._names, [_compiled(pattern) for pattern in extra_patterns], allowed, strict)
        self.failures = 0
        """How many parts of events could not be scrubbed and were replaced as a whole."""

    def __call__(self, event: Any, _hint: Any = None) -> Any:
        """A scrubbed copy of the event. Never raises and never answers None: an event is not lost here."""
        if not isinstance(event, Mapping):
            return self._part(None, event)
        cleaned = {name: self._part(name, value) for name, value in event.items()}
        return self._with_line(event, cleaned) if "body" in event and "attributes" in event else cleaned

    def _with_line(self, log: Mapping[Any, Any], cleaned: dict[Any, Any]) -> dict[Any, Any]:
        attributes, line = log["attributes"], cleaned["body"]
        if isinstance(attributes, Mapping) and isinstance(line, str):
            try:
                cleaned["body"] = line_beside(attributes, cleaned["attributes"], line)
            except Exception:  # noqa: BLE001  as below
                self.failures += 1
                cleaned["body"] = MARKER
        return cleaned

    def _part(self, name: Any, value: Any) -> Any:
        try:
            walk = Walk(self._names, self._texts)
            section = SECTIONS.get(name) if isinstance(name, str) else None
            return section(walk, value) if section else walk.named(name, value)
        except Exception:  # noqa: BLE001  whatever an application put there: the event goes out, without this part
            self.failures += 1
            return MARKER


def _compiled(pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"extra_patterns: {pattern!r} is not a regular expression: {error}") from None


_default = Scrubber()


def scrub_event(event: Any, hint: Any = None) -> Any:
    """A copy of the event without its secrets, by the default rules; see `Scrubber`."""
    return _default(event, hint)
