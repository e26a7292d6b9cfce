"""Rules as rows: what a secret looks like by itself, with the source that says so and examples beside it.

Adding a vendor is adding a row. The examples are the rule's test: each hit must lose what stands after its marker
`<+>` and around, each miss must stay as it is. `<+>` is taken out before reading: no file holds anything that a push
scanner takes for a live credential.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MARKER = "[Filtered]"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `pattern` begins where one of the `keywords` does; a group `value` limits what is replaced."""

    id: str
    """What Sentry shows as the reason, and what `without` switches off."""
    keywords: tuple[str, ...]
    """How a match begins, or where it is not `bounded`, what stands in it; in lower case. None: numbers stand in it."""
    pattern: str
    """The match. A group `name` must be a secret's name; a group `value` alone is replaced."""
    source: str
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    check: Callable[[re.Match[str], str, Any], bool] | None = None
    """What else must be true of the value, given the match, the value, and the judge of names."""
    bounded: bool = True
    """Whether a match begins with a keyword, and no letter or digit stands before it."""


# What identifies people in free text: left where an application is not `strict`.
LENIENT = frozenset({"email", "iban", "ip-address"})
# Parts of other secrets, where they stand inside of one.
ADDRESSES = frozenset({"email", "ip-address"})


def example(text: str) -> str:
    """An example as it would stand in an event."""
    return text.replace("<+>", "")


def rows() -> tuple[Rule, ...]:
    """Every rule, imported on first use."""
    from alerting.sentry.scrub.rules import commands, credentials, figures, phrases, vendors, written

    return (*vendors.RULES, *credentials.RULES, *commands.RULES, *phrases.RULES, *written.RULES, *figures.RULES)


# The rules that are no rows: names and values in texts, statements, an application's own.
_READERS = frozenset("named sql-value sql-parameter extra-pattern log-parameter".split())


def known_ids() -> frozenset[str]:
    """Every rule that may be switched off."""
    return _READERS | {rule.id for rule in rows()}
