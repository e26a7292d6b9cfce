"""What became of everything that was sent: the `stats_v2/` endpoint. Pure apart from reading the store."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException

from tests.sandbox.params import Params, Period, seconds
from tests.sandbox.store import Project, Store

FIELDS = ("sum(quantity)", "sum(times_seen)")
GROUPS = ("project", "outcome", "category", "reason")
CATEGORIES = frozenset(
    {"error", "transaction", "transaction_indexed", "attachment", "replay", "profile", "span", "log"}
)
OUTCOMES = frozenset({"accepted", "filtered", "rate_limited", "invalid", "abuse", "client_discard"})
MOST_POINTS = 1_000
DEFAULT_INTERVAL = 3600

# project, outcome, category, reason, quantity
Counted = tuple[int, str, str, str, int]


def answer(params: Params, store: Store, projects: Sequence[Project], period: Period, now: datetime) -> dict[str, Any]:
    """The whole body, grouped by project: without intervals and series, and silent projects are absent."""
    fields, groups = params.getlist("field"), params.getlist("groupBy")
    _check(params, fields, groups)
    interval = seconds(params.get("interval") or "1h") or DEFAULT_INTERVAL
    start = math.floor(period.start / interval) * interval
    end = math.ceil(min(period.end, now.timestamp()) / interval) * interval
    if (end - start) / interval > MOST_POINTS:
        raise HTTPException(400, "Your interval and date range would create too many results.")
    if not projects:
        raise HTTPException(400, "No projects available")
    places = [GROUPS.index(name) for name in groups]
    wanted = [(place, asked) for place, name in enumerate(GROUPS) if place and (asked := set(params.getlist(name)))]
    totals: Counter[tuple[Any, ...]] = Counter()
    ids = {project.id for project in projects}
    for project, outcome, category, reason, quantity in _counted(store, start, end):
        found = (project, outcome, category, reason)
        if project in ids and all(found[place] in allowed for place, allowed in wanted):
            totals[tuple(found[place] for place in places)] += quantity
    return {
        "start": _iso(start),
        "end": _iso(end),
        "groups": [
            {"by": dict(zip(groups, key, strict=True)), "totals": dict.fromkeys(fields, total)}
            for key, total in totals.items()
        ],
    }


def _check(params: Params, fields: Iterable[str], groups: Sequence[str]) -> None:
    if not fields:
        raise HTTPException(400, 'At least one "field" is required.')
    for name, known, what in ((fields, FIELDS, "field"), (groups, GROUPS, "groupBy")):
        for value in name:
            if value not in known:
                raise HTTPException(400, f'Invalid {what}: "{value}"')
    for name, choices in (("category", CATEGORIES), ("outcome", OUTCOMES)):
        for value in params.getlist(name):
            if value not in choices:
                raise HTTPException(400, f'Invalid {name}: "{value}"')
    if "project" not in groups:
        raise HTTPException(400, "The sandbox answers questions that are grouped by project.")
    if "category" not in groups and not params.getlist("category"):
        raise HTTPException(400, "Query must have category as groupby or filter")


def _counted(store: Store, start: float, end: float) -> Iterator[Counted]:
    for errors in store.errors.between(start, end):
        yield errors.project, "accepted", "error", "none", errors.count
    for transactions in store.transactions.between(start, end):
        yield transactions.project, "accepted", "transaction", "none", transactions.stored
    for one in store.outcomes.between(start, end):
        yield one.project, one.outcome, one.category, one.reason, one.count


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
