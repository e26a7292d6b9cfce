"""What a rule kind is: what it measures, what it asks, how it reads and judges, and the words for it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerting.rules import windows
from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.model import Outcome, Reading, Reason, Rule, Severity
from alerting.rules.readings import Watched

SEE_ISSUES = "See which issues are behind it."
SEE_TRANSACTIONS = "See which transactions are behind it."


class Axis(StrEnum):
    """What a series counts or measures, per project and interval."""

    ERRORS = "errors"
    TRANSACTIONS = "transactions"
    P95_MS = "p95_ms"


@dataclass(frozen=True, slots=True)
class Situation:
    """What a tick's questions depend on besides the rules.

    `started_at` is the very first start: the past is not told. `dropping` says that quota drops errors that count.
    `issues_until` is the end of the newest window whose new issues were read, None before the first.
    """

    now: datetime
    settle_seconds: int
    started_at: datetime
    dropping: bool = False
    issues_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """One rule kind under its name in rows and notices; `alerting.rules.catalog` lists them.

    `threshold`, `window`, `min_sample` and `switch` name the variables it is made of, empty where it has none.
    `measures` are what it is read from, `axes` the series that its chart is drawn from (none: no chart). `ask` gives
    groups of questions that make sense together only, `read` what answers say of each project, `judge` the verdict on
    that. For people, `headline` says in a few words what is wrong, `sample` what the value was computed from,
    `next_step` what to do, and `link` is the path and the search of the page in Sentry that shows it.
    """

    name: str
    title: str
    unit: str
    severity: Severity
    threshold: str = ""
    window: str = ""
    min_sample: str = ""
    switch: str = ""
    measures: frozenset[Measure]
    axes: tuple[Axis, ...] = ()
    ask: Callable[[Rule, Situation], Sequence[tuple[Question, ...]]]
    read: Callable[[Rule, Sequence[Answer], Watched], Iterable[Reading]]
    judge: Callable[[Rule, Reading], tuple[Outcome, Reason]]
    headline: Callable[[Rule, Reading, float], str]
    sample: Callable[[Reading], str]
    link: Callable[[Rule, Reading], tuple[str, str]]
    next_step: str = SEE_ISSUES

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables it is made of."""
        return tuple(name for name in (self.threshold, self.window, self.min_sample, self.switch) if name)

    @property
    def counts_errors(self) -> bool:
        """Whether it is made of errors that add up: quota may drop them, and they stand behind its notices."""
        return Measure.ERRORS in self.measures

    @property
    def needs_transactions(self) -> bool:
        """Whether it is judged on settled windows with all their transactions."""
        return Measure.PERFORMANCE in self.measures

    @property
    def is_count(self) -> bool:
        """Whether it is errors and nothing else."""
        return self.counts_errors and not self.needs_transactions

    @property
    def is_ratio(self) -> bool:
        """Whether it is errors by transactions."""
        return self.counts_errors and self.needs_transactions

    @property
    def is_told_once(self) -> bool:
        """Whether it is about what happens once and is over at once."""
        return Measure.NEW_ISSUES in self.measures


def settled(measure: Measure, rule: Rule, situation: Situation, priority: Priority) -> Question:
    """The question about the rule's newest window that may clear something."""
    window = windows.settled(situation.now, rule.window_seconds, situation.settle_seconds)
    return Question(measure, window, priority, settled=True)


def transactions_page(_: Rule, __: Reading) -> tuple[str, str]:
    """The page in Sentry that shows transactions."""
    return "explore/traces/", "is_transaction:true"
