"""The words the rules are written in: windows, readings, rules, verdicts. Plain frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerting.rules.kind import Kind


# A rule's name and a project's id: by them an open incident is found.
Key = tuple[str, str]


class Trust(StrEnum):
    """How far a reading can be believed. Only VALUE may fire or clear anything."""

    VALUE = "value"
    NO_DATA = "no_data"
    PARTIAL = "partial"
    SOURCE_ERROR = "source_error"
    DROPPED = "dropped_by_quota"
    NOT_WATCHED = "not_watched"
    NOT_VISIBLE = "not_visible"


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"

    @property
    def rank(self) -> int:
        """0 is most urgent; delivery and polling go in this order."""
        return 0 if self is Severity.HIGH else 1


class Outcome(StrEnum):
    BREACHED = "breached"
    CLEAR = "clear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Half-open `[start, end)` in aware UTC."""

    start: datetime
    end: datetime

    @classmethod
    def ending(cls, end: datetime, seconds: float) -> "Window":
        return cls(end - timedelta(seconds=seconds), end)

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True, order=True)
class Project:
    """A project as Sentry knows it: numeric id (as text) and slug."""

    id: str
    slug: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as first seen; every text field is hostile."""

    id: str
    short_id: str
    title: str
    culprit: str
    level: str
    permalink: str
    first_seen: datetime
    project: Project


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer about one project.

    `value` is in the rule's unit (errors, a fraction of 1, milliseconds); `sample` is what it was computed from
    (transactions), `stored` how many of them the server holds, None where it does not say; `settled` says that the
    window's end is old enough to clear, or to judge a ratio or percentile.
    `absent` says that the answer had no row for this project: its zeros hold only while we can see it at all.
    `note` is one sentence for people about how the value came to be (scaled, partial, why missing).
    """

    project: Project
    environment: str
    window: Window
    trust: Trust
    value: float | None = None
    sample: int | None = None
    stored: int | None = None
    settled: bool = False
    absent: bool = False
    dataset: str = ""
    note: str = ""
    issue: Issue | None = None
    first_error_at: datetime | None = None
    detail: Mapping[str, float] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """The transactions that were really measured: where a server extrapolates, a handful stands for many."""
        return (self.sample if self.stored is None else self.stored) or 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What to read, over which window, and when it is too much. `threshold` is exclusive: equal is silent.

    `levels` are those at which an event counts as an error, empty where the rule counts none.
    """

    kind: "Kind"
    threshold: float
    window_seconds: int
    min_sample: int = 0
    levels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def title(self) -> str:
        return self.kind.title

    @property
    def severity(self) -> Severity:
        return self.kind.severity

    @property
    def unit(self) -> str:
        return self.kind.unit


class Reason(StrEnum):
    """Why a verdict is what it is."""

    OVER_THRESHOLD = "over_threshold"
    AT_OR_UNDER_THRESHOLD = "at_or_under_threshold"
    NOT_SETTLED = "window_not_settled"
    TOO_FEW_TRANSACTIONS = "too_few_transactions"
    NO_TRANSACTIONS = "no_transactions"
    FIRST_SEEN = "first_seen"
    FOUND_LATE = "found_late"
    LEVEL_NOT_COUNTED = "level_not_counted"
    NO_DATA = "no_data"
    PARTIAL = "partial_answer"
    SOURCE_ERROR = "source_error"
    DROPPED = "dropped_by_quota"
    INGESTION_BEHIND = "ingestion_behind"
    INGESTION_UNKNOWN = "ingestion_unknown"
    NOT_WATCHED = "not_watched"
    NOT_VISIBLE = "not_visible"


@dataclass(frozen=True, slots=True)
class Verdict:
    """rule + reading + now → breached, clear or unknown, with its named reason.

    `why` is what shows that the reason applies, in a few words, where it is found out and not read off the reading.
    """

    rule: Rule
    reading: Reading
    outcome: Outcome
    reason: Reason
    at: datetime
    why: str = ""

    @property
    def key(self) -> Key:
        return self.rule.name, self.reading.project.id
