"""What became of everything that was sent: the `stats_v2/` endpoint. Pure apart from reading the store."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.sandbox.params import ApiError, Params, Period, seconds
from tests.sandbox.store import Project, Store

FIELDS = ("sum(quantity)", "sum(times_seen)")
GROUPS = ("project", "outcome", "category", "reason")
CATEGORIES = frozenset(
    {
        "error",
        "transaction",
        "transaction_indexed",
        "attachment",
        "replay",
        "profile",
        "monitor",
        "session",
        "span",
        "log",
    }
)
OUTCOMES = frozenset(
    {"accepted", "filtered", "rate_limited", "invalid", "abuse", "client_discard", "cardinality_limited"}
)
MOST_POINTS = 1_000
DEFAULT_INTERVAL = 3600
DAY = 86_400

# at, project, category, outcome, reason, quantity
Counted = tuple[float, int, str, str, str, int]


def answer(params: Params, store: Store, projects: Sequence[Project], period: Period, now: datetime) -> dict[str, Any]:
    """The whole body. Grouped by project it has neither intervals nor series, and silent projects are absent."""
    fields, groups = params.all("field"), params.all("groupBy")
    _check(params, fields, groups)
    interval = seconds(params.one("interval") or "1h") or DEFAULT_INTERVAL
    start = math.floor(period.start / interval) * interval
    end = math.ceil(min(period.end, now.timestamp()) / interval) * interval
    if (end - start) / interval > MOST_POINTS:
        raise ApiError(400, "Your interval and date range would create too many results.")
    by_project = "project" in groups
    if not projects:
        raise ApiError(400, "No projects available")
    moments = list(range(start, end, interval))
    places = [GROUPS.index(name) for name in groups]
    wanted = [(place, asked) for place, name in enumerate(GROUPS) if place and (asked := set(params.all(name)))]
    totals: dict[tuple[Any, ...], list[int]] = {}
    if not groups:
        totals[()] = [0] * len(moments)
    ids = {project.id for project in projects}
    for at, project, category, outcome, reason, quantity in _counted(store, start, end):
        found = (project, outcome, category, reason)
        if project in ids and all(found[place] in allowed for place, allowed in wanted):
            key = tuple(found[place] for place in places)
            series = totals.get(key)
            if series is None:
                series = totals[key] = [0] * len(moments)
            series[int((at - start) // interval)] += quantity
    body: dict[str, Any] = {"start": _iso(start), "end": _iso(end)}
    if not by_project:
        body["intervals"] = [_iso(moment) for moment in moments]
    body["groups"] = [
        {
            "by": dict(zip(groups, key, strict=True)),
            "totals": dict.fromkeys(fields, sum(series)),
            **({} if by_project else {"series": dict.fromkeys(fields, series)}),
        }
        for key, series in totals.items()
    ]
    return body


def _check(params: Params, fields: Iterable[str], groups: Sequence[str]) -> None:
    if not fields:
        raise ApiError(400, 'At least one "field" is required.')
    for name, known, what in ((fields, FIELDS, "field"), (groups, GROUPS, "groupBy")):
        for value in name:
            if value not in known:
                raise ApiError(400, f'Invalid {what}: "{value}"')
    for value in params.all("category"):
        if value not in CATEGORIES:
            raise ApiError(400, f'Invalid category: "{value}"')
    for value in params.all("outcome"):
        if value not in OUTCOMES:
            raise ApiError(400, f'Invalid outcome: "{value}"')
    if "category" not in groups and not params.all("category"):
        raise ApiError(400, "Query must have category as groupby or filter")


def _counted(store: Store, start: float, end: float) -> Iterator[Counted]:
    for errors in store.errors.between(start, end):
        yield errors.at, errors.project, "error", "accepted", "none", errors.count
    for transactions in store.transactions.between(start, end):
        yield transactions.at, transactions.project, "transaction", "accepted", "none", transactions.stored
    for one in store.outcomes.between(start, end):
        yield one.at, one.project, one.category, one.outcome, one.reason, one.count


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
