"""What the stand-in for Sentry remembers: projects, what happened in them by time, issues, events. Thread-safe."""

import hashlib
import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

MOST_HAPPENINGS = 400_000
MOST_EVENTS = 5_000
FIRST_PROJECT_ID = 4_500_000
FIRST_ISSUE_ID = 6_700_000_001


@dataclass(slots=True)
class Project:
    id: int
    slug: str
    key: str
    environments: set[str] = field(default_factory=set)
    issues: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Errors:
    """`count` events at one moment (epoch seconds). `type` is Sentry's: a message is `default`, a report is `csp`."""

    at: float
    project: int
    environment: str
    count: int
    level: str = "error"
    title: str = ""
    issue: int = 0
    type: str = "error"


@dataclass(frozen=True, slots=True)
class Transactions:
    """Transactions at one moment, all as long as each other. `handled` really took place, `stored` of them were sent
    after client-side sampling."""

    at: float
    project: int
    environment: str
    handled: float
    stored: int
    duration_ms: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of events that were not stored."""

    at: float
    project: int
    category: str
    outcome: str
    reason: str
    count: int


@dataclass(slots=True)
class Sighting:
    """When an issue was seen, in one environment."""

    first: float
    last: float
    count: int


@dataclass(slots=True)
class Issue:
    id: int
    short_id: str
    project: Project
    title: str
    culprit: str
    level: str
    seen: dict[str, Sighting] = field(default_factory=dict)
    type: str = "error"

    def sighting(self, environments: frozenset[str]) -> Sighting | None:
        """In these environments together (none named: in all); None where it was seen in none of them."""
        chosen = [one for name, one in self.seen.items() if not environments or name in environments]
        if not chosen:
            return None
        return Sighting(min(s.first for s in chosen), max(s.last for s in chosen), sum(s.count for s in chosen))


@dataclass(frozen=True, slots=True)
class Event:
    """One event or transaction as an SDK sent it."""

    id: str
    project: Project
    payload: dict[str, Any]
    issue: Issue | None


What = TypeVar("What", Errors, Transactions, Outcome)


class Timeline(Generic[What]):
    """Things in the order of their time, so that a window is a slice. The oldest go when there are too many."""

    def __init__(self, lock: threading.RLock, most: int = MOST_HAPPENINGS) -> None:
        self._lock = lock
        self._most = most
        self._times: list[float] = []
        self._things: list[What] = []

    def add(self, thing: What) -> None:
        with self._lock:
            place = bisect_right(self._times, thing.at)
            self._times.insert(place, thing.at)
            self._things.insert(place, thing)
            if len(self._things) > self._most:
                # A tenth at once: deleting at the front costs as much for one as for many.
                del self._times[: self._most // 10], self._things[: self._most // 10]

    def between(self, start: float, end: float) -> list[What]:
        """Everything in [start, end)."""
        with self._lock:
            return self._things[bisect_left(self._times, start) : bisect_left(self._times, end)]


class Store:
    """One organisation's data."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.projects: dict[int, Project] = {}
        self.errors: Timeline[Errors] = Timeline(self.lock)
        self.transactions: Timeline[Transactions] = Timeline(self.lock)
        self.outcomes: Timeline[Outcome] = Timeline(self.lock)
        self.issues: dict[int, Issue] = {}
        self.events: OrderedDict[str, Event] = OrderedDict()
        self._slugs: dict[str, Project] = {}
        self._newest_id = FIRST_PROJECT_ID
        self._grouped: dict[tuple[int, str], Issue] = {}

    def project(self, name: str | int) -> Project | None:
        """By slug or id."""
        with self.lock:
            if isinstance(name, str) and name in self._slugs:
                return self._slugs[name]
            return self.projects.get(int(name)) if str(name).isdecimal() else None

    def ensure_project(self, slug: str, project_id: int | None = None, environments: Iterable[str] = ()) -> Project:
        """The project of that slug, created if there is none."""
        with self.lock:
            project = self._slugs.get(slug)
            if project is None:
                number = project_id or self._newest_id + 1
                if number in self.projects:
                    raise ValueError(f"project id {number} already belongs to {self.projects[number].slug}")
                key = hashlib.blake2s(f"key of {number}".encode(), digest_size=16).hexdigest()
                project = self._slugs[slug] = self.projects[number] = Project(number, slug, key)
                self._newest_id = max(self._newest_id, number)
            project.environments.update(environments)
            return project

    def remove_project(self, project: Project) -> None:
        """Deleted, or gone to another organisation: neither its id nor what happened in it is known any more."""
        with self.lock:
            del self.projects[project.id], self._slugs[project.slug]

    def rename_project(self, project: Project, slug: str) -> None:
        with self.lock:
            if slug in self._slugs:
                raise ValueError(f"there is a project {slug} already")
            del self._slugs[project.slug]
            project.slug, self._slugs[slug] = slug, project

    def environments(self) -> frozenset[str]:
        """Every environment name any project has seen."""
        with self.lock:
            return frozenset(name for project in self.projects.values() for name in project.environments)

    def add_errors(self, errors: Errors) -> None:
        with self.lock:
            self.projects[errors.project].environments.update({errors.environment} - {""})
            self.errors.add(errors)
            if errors.issue:
                self.see(self.issues[errors.issue], errors.at, errors.environment, errors.count)

    def add_transactions(self, transactions: Transactions) -> None:
        with self.lock:
            self.projects[transactions.project].environments.update({transactions.environment} - {""})
            self.transactions.add(transactions)

    def issue(
        self,
        project: Project,
        grouping: str,
        *,
        title: str,
        culprit: str = "",
        level: str = "error",
        type: str = "error",  # noqa: A002
    ) -> Issue:
        """The project's issue of that grouping, created if there is none; its level is that of its newest event."""
        with self.lock:
            found = self._grouped.get((project.id, grouping))
            if found is None:
                project.issues += 1
                short_id = f"{project.slug.upper()}-{project.issues}"
                number = FIRST_ISSUE_ID + len(self.issues)
                found = Issue(number, short_id, project, title, culprit, level, {}, type)
                self.issues[number] = self._grouped[project.id, grouping] = found
            found.level = level
            return found

    def see(self, issue: Issue, at: float, environment: str, count: int) -> None:
        """Note that an issue occurred."""
        with self.lock:
            known = issue.seen.get(environment)
            if known is None:
                issue.seen[environment] = Sighting(at, at, count)
            else:
                known.first, known.last = min(known.first, at), max(known.last, at)
                known.count += count

    def keep(self, event: Event) -> None:
        """Keep an event for reading it back; the oldest goes when there are too many."""
        with self.lock:
            self.events[event.id] = event
            if len(self.events) > MOST_EVENTS:
                self.events.popitem(last=False)
