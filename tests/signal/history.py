"""What truly happened in a simulated stretch of time, by the second: errors, transactions, issues, outages."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, MINUTE = 3600, 60
ERROR_LEVELS = ("error", "fatal")
SLOW_MS, FAST_MS = 2500.0, 300.0
# Outcomes tell of a dropped event about this long after it.
OUTCOMES_LAG = 45.0


class Error(NamedTuple):
    """One event of type error or default. `readable` is when Sentry's answers hold it (or its outcome, if dropped).

    `accepted` is when outcomes tell that Sentry has it: soon, where it waits in Sentry's own queues until then.
    """

    at: float
    readable: float
    level: str = "error"
    dropped: bool = False
    accepted: float = 0.0


class Traffic(NamedTuple):
    """Transactions that ended at one second: how many there were, how many of them slow, and what is stored of both."""

    at: float
    readable: float
    total: int
    slow: int
    stored: int
    stored_slow: int
    dropped: int = 0


class NewType(NamedTuple):
    """An issue seen for the first time."""

    id: str
    at: float
    readable: float
    level: str


class Stretch(NamedTuple):
    start: float
    end: float

    def holds(self, moment: float) -> bool:
        return self.start <= moment < self.end


class Scene(NamedTuple):
    """What was made to happen, where and when; a label for whoever reads the figures."""

    name: str
    project: str
    start: float
    end: float


@dataclass(slots=True)
class ProjectHistory:
    """Everything about one project. `sampled` is the share of transactions its clients send."""

    id: str
    slug: str
    per_minute: int = 0
    sampled: float = 1.0
    errors: list[Error] = field(default_factory=list)
    traffic: list[Traffic] = field(default_factory=list)
    types: list[NewType] = field(default_factory=list)
    renamed: tuple[float, str] | None = None
    deleted: float | None = None

    def slug_at(self, moment: float) -> str:
        return self.renamed[1] if self.renamed and moment >= self.renamed[0] else self.slug

    def exists(self, moment: float) -> bool:
        return self.deleted is None or moment < self.deleted


@dataclass(slots=True)
class History:
    """A whole stretch of time, with its labels."""

    length: float
    projects: list[ProjectHistory]
    api_down: list[Stretch] = field(default_factory=list)
    ours_down: list[Stretch] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)

    def project(self, slug: str) -> ProjectHistory | None:
        for each in self.projects:
            if slug == each.slug or (each.renamed and slug == each.renamed[1]):
                return each
        return None

    def is_down(self, moment: float) -> bool:
        return any(stretch.holds(moment) for stretch in (*self.api_down, *self.ours_down))

    def up_again(self, moment: float) -> float:
        """The first moment from this one on at which Sentry can be asked and we are there to ask."""
        for stretch in sorted((*self.api_down, *self.ours_down)):
            if stretch.holds(moment):
                moment = stretch.end
        return moment


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def seconds(at: datetime) -> float:
    return (at - START).total_seconds()
