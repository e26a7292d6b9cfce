"""The `issues/` endpoint: search, sorting and the shape of an issue. Pure apart from reading the store.

The search understands `firstSeen:>=`, `level:` and `event.type:`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException

from tests.sandbox.params import Params, Period, moment, terms, values
from tests.sandbox.store import Issue, Project, Sighting, Store

# Without an end of its own the search reaches a little into the future, for clocks that are ahead.
FUTURE_SECONDS = 60
SORTS: dict[str, Callable[[Sighting], float]] = {
    "date": lambda seen: seen.last,
    "new": lambda seen: seen.first,
    "freq": lambda seen: seen.count,
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
) -> list[Hit]:
    """Everything found that occurred in the period, in the order asked for, highest score first."""
    sort = params.get("sort") or "date"
    if sort not in SORTS:
        raise HTTPException(400, f'"{sort}" is not a valid choice.')
    matches = [_test(key, value) for key, value in terms(params.get("query") or "")]
    ids = {project.id for project in projects}
    found = []
    with store.lock:
        for issue in store.issues.values():
            seen = issue.sighting(environments) if issue.project.id in ids else None
            if seen is None or seen.last < period.start or seen.first >= period.end:
                continue
            if not all(test(issue, seen) for test in matches):
                continue
            value = SORTS[sort](seen)
            found.append(Hit(issue, seen, round(value * 1000) if sort != "freq" else int(value)))
    return sorted(found, key=lambda hit: (-hit.score, -hit.issue.id))


def shape(hits: Sequence[Hit], params: Params, store: Store, period: Period, url: str) -> list[dict[str, Any]]:
    """As JSON. Count and dates at the top are of the searched period only; the truth is under `lifetime`."""
    collapsed = set(params.getlist("collapse"))
    wanted = {hit.issue.id for hit in hits}
    environments = frozenset(params.getlist("environment"))
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
        "type": issue.type,
        "issueType": "error",
        "issueCategory": "error",
        "priority": "high" if issue.level in {"error", "fatal"} else "medium",
        "priorityLockedAt": None,
        "seerFixabilityScore": None,
        "seerAutofixLastTriggered": None,
        "seerExplorerAutofixLastTriggered": None,
        "metadata": {"title": issue.title},
        "numComments": 0,
        "assignedTo": None,
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": False,
        "annotations": [],
        "isUnhandled": False,
        "stats": {"24h": []},
        "lifetime": {**_counted(hit.seen), "stats": None},
        **_counted(inside),
    }
    return found if "filtered" in collapsed else found | {"filtered": None}


def _counted(seen: Sighting) -> dict[str, Any]:
    return {"count": str(seen.count), "userCount": 0, "firstSeen": _iso(seen.first), "lastSeen": _iso(seen.last)}


def _iso(at: float) -> str:
    """With microseconds where there are any, and a Z."""
    return datetime.fromtimestamp(round(at, 6), UTC).replace(tzinfo=None).isoformat() + "Z"


def _test(key: str, value: str) -> Callable[[Issue, Sighting], bool]:
    wanted, since = values(value), moment(value.removeprefix(">="))
    match key:
        case "firstSeen" if value.startswith(">=") and since is not None:
            return lambda _, seen: seen.first >= since
        case "level":
            return lambda issue, _: issue.level in wanted
        case "event.type":
            return lambda issue, _: issue.type in wanted
    raise HTTPException(400, f"Error parsing search query: the sandbox cannot search for {key}:{value}")
