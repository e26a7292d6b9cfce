"""Tables and series of the explore endpoints: fields, groups and aggregates over what happened. Pure.

Names, types and units as the `events/` endpoint reports them; see sentry-docs (Explore) and the sentry-mcp fixtures.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException

from tests.sandbox.params import Params, Period, terms, values
from tests.sandbox.store import Errors, Project, Store, Transactions

MOST_FIELDS = 20
FUNCTION = re.compile(r"[a-z_0-9]+\([^()]*\)")
# How the datasets that hold transactions name their durations.
OLD_DURATIONS = ("p95(transaction.duration)", "p95()")
DURATIONS = {"spans": ("p95(span.duration)",), "transactions": OLD_DURATIONS, "discover": OLD_DURATIONS}
ERROR_DATASETS = frozenset({"errors", "discover"})

Happened = Errors | Transactions
Projects = Mapping[int, Project]
Keep = Callable[[Happened], bool]

COLUMNS: dict[str, tuple[str, Callable[[Happened, Projects], Any]]] = {
    "project": ("string", lambda one, projects: projects[one.project].slug),
    "project.name": ("string", lambda one, projects: projects[one.project].slug),
    "project.id": ("integer", lambda one, _: one.project),
    "environment": ("string", lambda one, _: one.environment or None),
    "level": ("string", lambda one, _: one.level if isinstance(one, Errors) else "info"),
    "title": ("string", lambda one, _: one.title if isinstance(one, Errors) else one.name),
    "transaction": ("string", lambda one, _: one.name if isinstance(one, Transactions) else ""),
    "issue.id": ("integer", lambda one, _: one.issue if isinstance(one, Errors) else None),
    "event.type": ("string", lambda one, _: one.type if isinstance(one, Errors) else "transaction"),
    "is_transaction": ("boolean", lambda one, _: "true" if isinstance(one, Transactions) else "false"),
}


PROJECT_COLUMNS = frozenset({"project", "project.name", "project.id"})


@dataclass(slots=True)
class Sums:
    """What one group adds up to. Durations are kept with their weight."""

    count: float = 0.0
    stored: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    durations: list[tuple[float, float]] = field(default_factory=list)

    def add(self, one: Happened, *, extrapolate: bool) -> None:
        if one.at < self.first:
            self.first = one.at
        if one.at > self.last:
            self.last = one.at
        if isinstance(one, Errors):
            self.count += one.count
            return
        weight = one.handled if extrapolate else one.stored
        self.count += weight
        self.stored += one.stored
        self.durations.append((one.duration_ms, weight))

    def percentile(self, share: float) -> float | None:
        """The smallest duration that at least this share of the transactions did not exceed."""
        total, passed = sum(weight for _, weight in self.durations), 0.0
        for duration, weight in sorted(self.durations):
            passed += weight
            # The tolerance is for sums of fractions: 0.95 of 20 is a hair above 19.
            if passed >= share * total - 1e-9 and weight:
                return duration
        return None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One function of a group: how Sentry types it, and its value."""

    type: str
    unit: str | None
    of: Callable[[Sums], Any]


def stamp(moment: float) -> str | None:
    """Times in tables are whole seconds, with an offset; None where nothing happened."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat() if math.isfinite(moment) else None


AGGREGATES = {
    "count()": Aggregate("integer", None, lambda sums: round(sums.count)),
    "min(timestamp)": Aggregate("date", None, lambda sums: stamp(sums.first)),
    "max(timestamp)": Aggregate("date", None, lambda sums: stamp(sums.last)),
    "last_seen()": Aggregate("date", None, lambda sums: stamp(sums.last)),
}
STORED = Aggregate("integer", None, lambda sums: sums.stored)
P95 = Aggregate("duration", "millisecond", lambda sums: sums.percentile(0.95))


@dataclass(frozen=True, slots=True)
class Table:
    """The rows in order, and the type and unit of each field."""

    rows: list[dict[str, Any]]
    fields: dict[str, str]
    units: dict[str, str | None]


def happened(
    params: Params,
    store: Store,
    dataset: str,
    projects: Projects,
    environments: frozenset[str],
    period: Period,
) -> list[Happened]:
    """What a question is about: of this dataset, in these projects and environments, matching its search."""
    matches = _keep(params.get("query") or "", projects)
    found: list[Happened] = []
    if dataset in ERROR_DATASETS:
        found += store.errors.between(*period)
    if dataset in DURATIONS:
        found += store.transactions.between(*period)
    return [
        one
        for one in found
        if one.project in projects and (not environments or one.environment in environments) and matches(one)
    ]


def table(
    happened: Iterable[Happened], projects: Projects, dataset: str, wanted: Sequence[str], sort: Sequence[str]
) -> Table:
    """One row for each group; grouped in one pass over what happened, sorted as asked."""
    if not wanted:
        raise HTTPException(400, "No columns selected")
    if len(wanted) > MOST_FIELDS:
        raise HTTPException(400, "You can view up to 20 fields at a time. Please delete some and try again.")
    columns = [name for name in wanted if not FUNCTION.fullmatch(name)]
    functions = {name: aggregate(name, dataset) for name in wanted if FUNCTION.fullmatch(name)}
    if not functions:
        raise HTTPException(400, "The sandbox answers questions with at least one aggregate, such as count().")
    # Without columns to group by there is one row even of nothing.
    groups = grouped(happened, projects, dataset, columns) or ({} if columns else {(): Sums()})
    rows = []
    for key, sums in groups.items():
        row = dict(zip(columns, key, strict=True))
        row.update((name, function.of(sums)) for name, function in functions.items())
        rows.append({name: row[name] for name in wanted})
    types = {name: COLUMNS[name][0] for name in columns} | {name: one.type for name, one in functions.items()}
    units = dict.fromkeys(columns) | {name: one.unit for name, one in functions.items()}
    return Table(
        _sorted(rows, wanted, sort), {name: types[name] for name in wanted}, {name: units[name] for name in wanted}
    )


def grouped(
    happened: Iterable[Happened], projects: Projects, dataset: str, columns: Sequence[str]
) -> dict[tuple[Any, ...], Sums]:
    """The sums by the values of these columns."""
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        said = f"Invalid query. Could not correctly parse: {unknown[0]} is no field the sandbox knows."
        raise HTTPException(400, said)
    getters, extrapolate = [COLUMNS[name][1] for name in columns], dataset == "spans"
    # The usual question is by project alone: its columns are looked up once for each project, not for each error.
    by_project = PROJECT_COLUMNS.issuperset(columns)
    groups: dict[Any, Sums] = {}
    samples: dict[Any, Happened] = {}
    for one in happened:
        key = one.project if by_project and columns else tuple(getter(one, projects) for getter in getters)
        sums = groups.get(key)
        if sums is None:
            sums, samples[key] = groups.setdefault(key, Sums()), one
        sums.add(one, extrapolate=extrapolate)
    return {tuple(getter(samples[key], projects) for getter in getters): sums for key, sums in groups.items()}


def aggregate(text: str, dataset: str) -> Aggregate:
    """The function of that name; HTTPException 400 where this dataset has none."""
    if text in DURATIONS.get(dataset, ()):
        return P95
    if text == "count_sample()" and dataset == "spans":
        return STORED
    if text not in AGGREGATES:
        raise HTTPException(400, f"{text} is not a valid function")
    return AGGREGATES[text]


def _keep(query: str, projects: Projects) -> Keep:
    """Whether something that happened matches a search over the known columns: all of its `key:value`, `key:[a,b]`."""
    tests = []
    for key, value in terms(query):
        if key not in COLUMNS:
            raise HTTPException(400, f"Invalid query. The sandbox cannot search for {key!r}.")
        tests.append((COLUMNS[key][1], values(value)))
    return lambda one: all(str(getter(one, projects)) in wanted for getter, wanted in tests)


def _sorted(rows: list[dict[str, Any]], wanted: Sequence[str], sort: Sequence[str]) -> list[dict[str, Any]]:
    for text in reversed(sort):
        name = text.removeprefix("-")
        if name not in wanted:
            raise HTTPException(400, f"Cannot sort by a field that is not selected: {name}")
        rows = sorted(rows, key=lambda row, name=name: _order(row[name]), reverse=text.startswith("-"))  # type: ignore[misc]
    return rows


def _order(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)
