"""From Sentry's JSON to rows and issues, refusing what has the wrong shape. Pure; nothing missing becomes zero."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from alerting.poll.datasets import COUNT, FIRST_ERROR, LAST_ERROR, STORED, Variant
from alerting.poll.replies import garbled, number
from alerting.rules.answers import Row
from alerting.rules.levels import EVENT_TYPES
from alerting.rules.model import Issue, Project
from alerting.sentry.scrub import scrub_event

SLUG_LENGTH = 100
# As much of an issue's title and culprit as anybody is shown.
TEXT_LENGTH = 600
MILLISECONDS = {
    "nanosecond": 1e-6,
    "microsecond": 1e-3,
    "millisecond": 1.0,
    "second": 1e3,
    "minute": 60e3,
}
# What quotas and spike protection drop; what is filtered, invalid or never sent by a client is dropped on purpose.
DROPPED_OUTCOME = "rate_limited"
ACCEPTED_OUTCOME = "accepted"


class UnreadableError(Exception):
    """One row cannot be read; the message says which and why."""


def records(data: Any, endpoint: str) -> list[dict[str, Any]]:
    """The rows of an `events/` answer (under `data`) or of a list; raises SourceError GARBLED for other shapes."""
    found = data.get("data") if isinstance(data, dict) else data
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise garbled(endpoint, "it has no list of rows.")
    return found


def meta(data: Any) -> Mapping[str, Any]:
    """An `events/` answer's loosely typed `meta`; empty where there is none."""
    found = data.get("meta") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def sees_no_project(data: Any) -> bool:
    """Sentry answers "no rows" to a token without projects and hides the reason in a tip."""
    tips = meta(data).get("tips")
    return isinstance(tips, dict) and "at least one valid project" in str(tips.get("query"))


def project_of(record: Mapping[str, Any]) -> Project:
    """The project of an `events/` row."""
    return _project(record.get("project.id"), record.get("project", record.get("project.name")))


def errors_row(record: Mapping[str, Any]) -> Row:
    first, last = moment(record.get(FIRST_ERROR)), moment(record.get(LAST_ERROR))
    return Row(errors=_count(record, COUNT), first_error_at=first, last_error_at=last)


def performance_row(record: Mapping[str, Any], variant: Variant, units: Any, scale: float) -> Row:
    """Counts are multiplied by `scale`; the percentile is converted to milliseconds from the unit Sentry names."""
    unit = units.get(variant.p95) if isinstance(units, dict) else None
    factor = MILLISECONDS.get(str(unit), 1.0)
    p95, count = _optional(record, variant.p95), _count(record, COUNT)
    return Row(
        transactions=round(count * scale),
        stored=_stored(record, variant, count),
        p95_ms=None if p95 is None else p95 * factor,
    )


def _stored(record: Mapping[str, Any], variant: Variant, count: int) -> int | None:
    """Where a server does not extrapolate, its count is of what it holds; None where it does not say."""
    if not variant.extrapolates:
        return count
    held = _optional(record, STORED)
    return None if held is None else round(held)


def issue(record: Mapping[str, Any]) -> Issue:
    """An issue with its true first appearance: the top-level date is computed inside the searched period only."""
    lifetime = record.get("lifetime")
    first_seen = moment(lifetime.get("firstSeen")) if isinstance(lifetime, dict) else None
    first_seen = first_seen or moment(record.get("firstSeen"))
    project = record.get("project")
    if first_seen is None or not isinstance(project, dict) or not _is_id(record.get("id")):
        raise UnreadableError("an issue lacks its id, its project or the time it was first seen")
    return Issue(
        id=str(record["id"]),
        short_id=text(record.get("shortId")),
        title=scrubbed(text(record.get("title"))[:TEXT_LENGTH]),
        culprit=scrubbed(text(record.get("culprit"))[:TEXT_LENGTH]),
        level=text(record.get("level")),
        permalink=text(record.get("permalink")),
        first_seen=first_seen,
        project=_project(project.get("id"), project.get("slug")),
    )


def is_error(record: Mapping[str, Any]) -> bool:
    """Whether an issue is made of errors; security reports, performance, cron, uptime and feedback are issues too."""
    return (record.get("issueCategory") or "error") == "error" and (record.get("type") or "error") in EVENT_TYPES


@dataclass(frozen=True, slots=True)
class Tally:
    """How many events of one kind one project had accepted, or lost to quotas for a reason."""

    project_id: str
    category: str
    reason: str
    count: int
    accepted: bool


def tally(group: Any) -> Tally | None:
    """One `stats_v2` group; None where its outcome is neither."""
    by, totals = (group.get("by"), group.get("totals")) if isinstance(group, dict) else (None, None)
    if not isinstance(by, dict) or not isinstance(totals, dict) or not _is_id(by.get("project")):
        raise UnreadableError("a group of outcomes has no project or no total")
    outcome = text(by.get("outcome"))
    if outcome not in {DROPPED_OUTCOME, ACCEPTED_OUTCOME}:
        return None
    reason = text(by.get("reason"))
    named = reason if reason and reason != "none" else DROPPED_OUTCOME
    category = text(by.get("category")) or "error"
    count = _count(totals, "sum(quantity)")
    return Tally(str(by["project"]), category, named, count, accepted=outcome == ACCEPTED_OUTCOME)


def dropping_projects(data: Any) -> set[str]:
    """Ids of the projects of which a `stats_v2` answer tells drops; what cannot be read is left to others."""
    groups = data.get("groups") if isinstance(data, dict) else None
    found: set[str] = set()
    for group in groups if isinstance(groups, list) else ():
        with contextlib.suppress(UnreadableError):
            one = tally(group)
            if one is not None and one.count and not one.accepted:
                found.add(one.project_id)
    return found


def moment(value: object) -> datetime | None:
    """An ISO date as aware UTC (Sentry's naive ones are UTC); None where it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def text(value: object) -> str:
    """A text as it can be stored: no NUL, no half of a surrogate pair; empty for anything that is no text."""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""


# The same issues come in one answer after the other.
@lru_cache(maxsize=2048)
def scrubbed(title: str) -> str:
    """A title or culprit without the secrets that the app which sent it let through."""
    return str(scrub_event({"message": title})["message"])


def _project(found_id: object, found_slug: object) -> Project:
    slug = text(found_slug)
    if not _is_id(found_id) or not slug or len(slug) > SLUG_LENGTH:
        raise UnreadableError("a row lacks its project's id or slug")
    return Project(str(found_id), slug)


def _is_id(value: object) -> bool:
    return (
        not isinstance(value, bool) and isinstance(value, int | str) and bool(re.fullmatch(r"[0-9]{1,20}", str(value)))
    )


def _count(record: Mapping[str, Any], name: str) -> int:
    found = _optional(record, name)
    if found is None:
        raise UnreadableError(f"{name} is missing for project {_place(record)}")
    return round(found)


def _optional(record: Mapping[str, Any], name: str) -> float | None:
    value = record.get(name)
    found = number(value)
    if found is None and value is not None:
        shown = f"{type(value).__name__} {str(value)[:30]!r}"
        raise UnreadableError(f"{name} is {shown} for project {_place(record)}")
    return found


def _place(record: Mapping[str, Any]) -> str:
    return text(record.get("project"))[:SLUG_LENGTH] or "unknown"
