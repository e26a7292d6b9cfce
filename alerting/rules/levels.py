"""What counts as an error, everywhere: an event of type error or default at one of the configured levels. Pure.

Sentry's `errors` dataset holds messages of every level and security reports (csp, hpkp, …) as well. Its own alerts
leave the latter out in the same words, which `events/` understands on every dataset and the list of issues too.
"""

from collections.abc import Collection

from alerting.rules.model import Issue

# Worst first. `sample` is what Sentry calls a level it was given as not set; an event without a level is an error.
LEVELS = ("fatal", "error", "warning", "info", "debug", "sample")
EVENT_TYPES = ("error", "default")


def query(levels: Collection[str]) -> str:
    """The search that finds errors and nothing else."""
    return f"event.type:{_one_of(EVENT_TYPES)} level:{_one_of(levels)}"


def counts(issue: Issue, levels: Collection[str]) -> bool:
    """Whether an issue is at a level that counts, as it was read; a level nobody knows is an error."""
    return issue.level in levels or (issue.level not in LEVELS and "error" in levels)


def _one_of(names: Collection[str]) -> str:
    return next(iter(names)) if len(names) == 1 else f"[{','.join(names)}]"
