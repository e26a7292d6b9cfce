"""The `issues/` endpoint: search, sorting and the shape of an issue. Pure apart from reading the store.

The search understands `is:`, `firstSeen:`, `lastSeen:`, `age:`, `level:`, `event.type:`, `issue.category:`, `project:`
and free text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.sandbox.params import ApiError, Params, Period, moment, seconds, terms, values
from tests.sandbox.store import Issue, Project, Sighting, Store

DEFAULT_QUERY = "is:unresolved"
NEW_SECONDS = 7 * 86_400
# Without an end of its own the search reaches a little into the future, for clocks that are ahead.
FUTURE_SECONDS = 60
SORTS: dict[str, Callable[[Sighting], float]] = {
    "date": lambda seen: seen.last,
    "new": lambda seen: seen.first,
    "freq": lambda seen: seen.count,
    "user": lambda seen: seen.count,
    "trends": lambda seen: seen.last,
    "inbox": lambda seen: seen.last,
    "recommended": lambda seen: seen.last,
}


@dataclass(frozen=True, slots=True)
class Hit:
    """An issue that was found; `seen` is its whole life in the environments asked for."""

    issue: Issue
    seen: Sighting
    score: int


def search(
    params: Params,
    store: Store,
    projects: Sequence[Project],
    environments: frozenset[str],
    period: Period,
    now: datetime,
) -> list[Hit]:
    """Everything found that occurred in the period, in the order asked for, highest score first."""
    query, sort = params.one("query"), params.one("sort") or "date"
    if sort not in SORTS:
        raise ApiError(400, {"sort": [f'"{sort}" is not a valid choice.']})
    matches = _matcher(DEFAULT_QUERY if query is None else query, now)
    ids = {project.id for project in projects}
    found = []
    with store.lock:
        for issue in store.issues.values():
            seen = issue.sighting(environments) if issue.project.id in ids else None
            if seen is None or seen.last < period.start or seen.first >= period.end or not matches(issue, seen):
                continue
            value = SORTS[sort](seen)
            found.append(Hit(issue, seen, round(value * 1000) if sort != "freq" else int(value)))
    return sorted(found, key=lambda hit: (-hit.score, -hit.issue.id))


def shape(hits: Sequence[Hit], params: Params, store: Store, period: Period, url: str) -> list[dict[str, Any]]:
    """As JSON. Count and dates at the top are of the searched period only; the truth is under `lifetime`."""
    collapsed = set(params.all("collapse"))
    wanted = {hit.issue.id for hit in hits}
    environments = frozenset(params.all("environment"))
    inside: dict[int, Sighting] = {}
    for errors in store.errors.between(period.start, period.end) if wanted else ():
        if errors.issue in wanted and (not environments or errors.environment in environments):
            known = inside.get(errors.issue)
            first = known.first if known else errors.at
            inside[errors.issue] = Sighting(first, errors.at, errors.count + (known.count if known else 0))
    return [_issue(hit, inside.get(hit.issue.id, hit.seen), collapsed, url) for hit in hits]


def _issue(hit: Hit, inside: Sighting, collapsed: set[str], url: str) -> dict[str, Any]:
    issue = hit.issue
    project = issue.project
    is_error = issue.category == "error"
    found: dict[str, Any] = {
        "id": str(issue.id),
        "shareId": None,
        "shortId": issue.short_id,
        "title": issue.title,
        "culprit": issue.culprit,
        "permalink": f"{url}/issues/{issue.id}/",
        "logger": None,
        "level": issue.level,
        "status": "unresolved",
        "statusDetails": {},
        "substatus": "new",
        "isPublic": False,
        "platform": "python",
        "project": {"id": str(project.id), "name": project.slug, "slug": project.slug, "platform": "python"},
        "type": issue.type if is_error else "generic",
        "issueType": "error" if is_error else f"{issue.category}_issue",
        "issueCategory": issue.category,
        "priority": "high" if issue.level in {"error", "fatal"} else "medium",
        "priorityLockedAt": None,
        "seerFixabilityScore": None,
        "seerAutofixLastTriggered": None,
        "seerExplorerAutofixLastTriggered": None,
        "metadata": dict(issue.metadata) or {"title": issue.title},
        "numComments": 0,
        "assignedTo": None,
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": False,
        "annotations": [],
        "isUnhandled": not issue.handled,
    }
    if "stats" not in collapsed:
        found |= _counted(inside)
        found["stats"] = {"24h": []}
        if "lifetime" not in collapsed:
            found["lifetime"] = {**_counted(hit.seen), "stats": None}
        if "filtered" not in collapsed:
            found["filtered"] = None
    return found


def _counted(seen: Sighting) -> dict[str, Any]:
    return {"count": str(seen.count), "userCount": 0, "firstSeen": _iso(seen.first), "lastSeen": _iso(seen.last)}


def _iso(at: float) -> str:
    """With microseconds where there are any, and a Z."""
    return datetime.fromtimestamp(round(at, 6), UTC).replace(tzinfo=None).isoformat() + "Z"


def _matcher(query: str, now: datetime) -> Callable[[Issue, Sighting], bool]:
    tests: list[tuple[bool, Callable[[Issue, Sighting], bool]]] = []
    for negated, key, value in terms(query):
        if not key and value in {"OR", "AND"}:
            raise ApiError(400, 'Boolean statements containing "OR" or "AND" are not supported in this search')
        tests.append((negated, _test(key, value, now.timestamp())))
    return lambda issue, seen: all(test(issue, seen) is not negated for negated, test in tests)


def _test(key: str, value: str, now: float) -> Callable[[Issue, Sighting], bool]:
    wanted = values(value)
    match key:
        case "":
            return lambda issue, _: value.lower() in f"{issue.title} {issue.culprit}".lower()
        case "is":
            if value == "new":
                return lambda _, seen: seen.first >= now - NEW_SECONDS
            return lambda *_: value in {"unresolved", "unassigned", "for_review"}
        case "firstSeen" | "age":
            compare = _compared(key, value, now)
            return lambda _, seen: compare(seen.first)
        case "lastSeen":
            compare = _compared(key, value, now)
            return lambda _, seen: compare(seen.last)
        case "level":
            return lambda issue, _: issue.level in wanted
        case "event.type":
            return lambda issue, _: issue.category == "error" and issue.type in wanted
        case "issue.category":
            return lambda issue, _: issue.category in wanted
        case "project" | "project.name":
            return lambda issue, _: issue.project.slug in wanted
    raise ApiError(400, f"Error parsing search query: the sandbox cannot search for {key!r}")


def _compared(key: str, value: str, now: float) -> Callable[[float], bool]:
    """`-10m` (within), `+10m` (before that), or a comparison with a date."""
    if value[:1] in "+-" and (length := seconds(value[1:])) is not None:
        bound, within = now - length, value[0] == "-"
        return lambda at: (at >= bound) is within
    for operator in (">=", "<=", ">", "<"):
        if value.startswith(operator):
            limit = moment(value.removeprefix(operator))
            if limit is not None:
                return _OPERATORS[operator](limit)
    raise ApiError(400, f"Error parsing search query: {value!r} is not a valid date for {key}")


_OPERATORS: dict[str, Callable[[float], Callable[[float], bool]]] = {
    ">=": lambda limit: lambda at: at >= limit,
    "<=": lambda limit: lambda at: at <= limit,
    ">": lambda limit: lambda at: at > limit,
    "<": lambda limit: lambda at: at < limit,
}
