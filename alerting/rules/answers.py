"""Questions to a source and the answers that come back. Plain frozen data, no HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from alerting.errors import SourceFault
from alerting.rules.model import Issue, Project, Trust, Window


class Measure(StrEnum):
    """What is asked. One question costs one request per 100 projects (or issues) in its answer."""

    ERRORS = "errors"  # per project: count of error events
    PERFORMANCE = "performance"  # per project: transactions, p95
    NEW_ISSUES = "new_issues"  # issues first seen in the window
    OUTCOMES = "outcomes"  # per project: what quota and spike protection dropped
    PROJECTS = "projects"  # which of the question's projects the token sees, as of now


# What people are without where it cannot be read. The others are asked to confirm something.
MEASURES = {
    Measure.ERRORS: "error counts",
    Measure.PERFORMANCE: "transactions and latency",
    Measure.NEW_ISSUES: "new issues",
}


class Priority(StrEnum):
    """Who is served first when the budget is short: high-severity rules before the rest."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Question:
    """`project_ids` narrows to those projects; empty means the configured filter (or all).

    `beside_drops`: the window is that of a question about outcomes, and both counts are added. `unfiltered`: errors of
    every level and environment, as outcomes have them.
    """

    measure: Measure
    window: Window
    priority: Priority = Priority.NORMAL
    settled: bool = False
    project_ids: tuple[str, ...] = ()
    beside_drops: bool = False
    unfiltered: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One project's line of an answer. Only the fields of the question's measure are set.

    `errors`, `transactions`, `accepted` and `dropped` (errors) and `dropped_transactions` are counts;
    `p95_ms` milliseconds. `stored` is how many transactions the server holds, where `transactions` stands for more;
    None where it does not say. `dropped_reasons` maps Sentry's reason (`smart_rate_limit`, `project_quota`, …) to a
    count of errors.
    """

    errors: int | None = None
    first_error_at: datetime | None = None
    last_error_at: datetime | None = None
    transactions: int | None = None
    stored: int | None = None
    p95_ms: float | None = None
    accepted: int | None = None
    dropped: int | None = None
    dropped_transactions: int | None = None
    dropped_reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """The transactions that are really there: where a server extrapolates, one sample stands for many."""
        return (self.transactions if self.stored is None else self.stored) or 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. A project absent from `rows` had nothing, but only where `trust` is VALUE.

    `trust` is VALUE only after the last page; PARTIAL when paging broke off or the server scanned a part;
    NO_DATA where the server has nothing of the kind to read (outcomes only); SOURCE_ERROR when nothing came. `fault`
    and `note` say why. `dataset` names what was read, `requests` counts the HTTP requests it took.
    `covered` are the ids of the projects that were asked about, None meaning all.
    """

    question: Question
    trust: Trust
    rows: Mapping[Project, Row] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    fault: SourceFault | None = None
    note: str = ""
    dataset: str = ""
    requests: int = 0
    covered: frozenset[str] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether asking again would tell no more."""
        return self.trust in {Trust.VALUE, Trust.NO_DATA}


class Source(Protocol):
    """Where readings come from."""

    def ask(self, question: Question) -> Answer:
        """Answer one question; failures of the source become an Answer, never an exception."""
        ...
