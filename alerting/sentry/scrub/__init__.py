"""Takes secrets out of everything that goes to Sentry, in one walk over the whole event.

Names are judged by their words, texts by what they hold; what Sentry groups by, and source code, keep their form. The
marker is constant, so that events that differ by a secret only become equal. What cannot be scrubbed is replaced and
counted: the event still arrives, the secret does not. Words and expressions are loaded on first use.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from alerting.sentry.scrub.rules import MARKER

if TYPE_CHECKING:
    from alerting.sentry.scrub.engine import Engine


class Explained(NamedTuple):
    """One cut: where it was made, by which rule, and what is left there."""

    path: tuple[Any, ...]
    rule: str
    left: Any


class Scrubber:
    """Scrubs events, transactions, spans, logs, metrics, breadcrumbs and check-ins; fits every `before_*` hook.

    `extra_keys`: further names whose values are secret (`badge_number` also means `userBadgeNumber`).
    `extra_patterns`: further expressions whose matches are secret; a group named `secret` limits what is replaced. An
    expression may come with an example, as a pair: it is tried at once.
    `allow`: names that are never secret, and whole texts that stay as they are.
    `strict`: also take out what identifies people in free text: e-mail and public IP addresses, IBANs.
    `without`: ids of rules that are switched off.
    Raises ValueError naming every mistake in them.
    """

    def __init__(
        self,
        extra_keys: Iterable[str] = (),
        extra_patterns: Iterable[str | re.Pattern[str] | tuple[str | re.Pattern[str], str]] = (),
        allow: Iterable[str] = (),
        strict: bool = True,
        without: Iterable[str] = (),
    ) -> None:
        self._taught = (extra_keys, extra_patterns, allow, strict, without)
        self.failures = 0
        """How many parts of events could not be scrubbed and were replaced as a whole."""
        if extra_keys or extra_patterns or allow or without or not isinstance(strict, bool):
            _ = self._engine  # a mistake is named where it is written

    @cached_property
    def _engine(self) -> "Engine":
        from alerting.sentry.scrub.engine import Engine

        return Engine(*self._taught)

    def __call__(self, event: Any, _hint: Any = None) -> Any:
        """A scrubbed copy of the event. Never raises and never answers None: an event is not lost here."""
        cleaned, walk = self._engine.scrub(event)
        self.failures += walk.failures
        return cleaned

    def explain(self, event: Any) -> list[Explained]:
        """Every cut in an event or a text: where it was made, by which rule, and what is left there."""
        return self._engine.explain(event)


_default = Scrubber()


def scrub_event(event: Any, hint: Any = None) -> Any:
    """A copy of the event without its secrets, by the default rules; see `Scrubber`."""
    return _default(event, hint)


def explain(event: Any) -> list[Explained]:
    """Every cut that `scrub_event` makes in the event, with its rule."""
    return _default.explain(event)


def without_task_arguments(event: Any) -> Any:
    """A copy of the event without what Celery's tasks were called with; all else is left to other rules."""
    from alerting.sentry.scrub.engine import OnlyArguments

    return _default._engine.scrub(event, OnlyArguments)[0]


__all__ = ["MARKER", "Explained", "Scrubber", "explain", "scrub_event", "without_task_arguments"]
