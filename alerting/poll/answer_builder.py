"""An answer in the making: pages go in, and what cannot be read makes it partial. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerting.errors import SourceError, SourceFault
from alerting.poll import refusals, rows
from alerting.poll.datasets import Variant
from alerting.poll.replies import Page, Taken, garbled
from alerting.poll.rows import UnreadableError
from alerting.rules.answers import Answer, Question, Row
from alerting.rules.model import Issue, Project, Trust

MOST_GROUPS = 10_000


@dataclass(slots=True)
class AnswerBuilder:
    """`take_…` add one page and return how many rows were new and whether the next page is wanted.

    `covered` are the ids of the projects that are asked about, None meaning all; rows of others are left out.
    """

    question: Question
    covered: frozenset[str] | None = None
    rows: dict[Project, Row] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    pages: int = 0
    _seen: set[str] = field(default_factory=set)
    # Each sentence once, in order.
    _notes: dict[str, None] = field(default_factory=dict)
    _doubts: dict[str, None] = field(default_factory=dict)

    def take_events(self, page: Page, variant: Variant, scale: float) -> Taken:
        # A bare list is no answer of this endpoint; an empty one would pass for silence everywhere.
        found = rows.records(page.data if isinstance(page.data, dict) else None, "events")
        meta, before = rows.meta(page.data), len(self._seen)
        if rows.sees_no_project(page.data):
            raise SourceError(SourceFault.FORBIDDEN, refusals.NO_PROJECTS)
        if meta.get("dataScanned") == "partial":
            note = "Sentry read only a part of the data for this answer."
            # Latency and throughput are estimates from samples anyway; a count of errors is not.
            self.note(note) if variant.p95 else self.doubt(note)
        for record in found:
            try:
                project = rows.project_of(record)
                if variant.p95:
                    row = rows.performance_row(record, variant, meta.get("units"), scale)
                else:
                    row = rows.errors_row(record)
            except UnreadableError as error:
                self.doubt(f"A row cannot be read: {error}.")
                continue
            self._seen.add(project.id)
            if self._keeps(project.id):
                # While a window grows its pages shift, and a project can come twice: the later count is the fresher.
                self.rows[project] = row
        self.pages += 1
        return len(self._seen) - before, True

    def take_issues(self, page: Page, since: datetime) -> Taken:
        before, more = len(self._seen), True
        for record in rows.records(page.data if isinstance(page.data, list) else None, "issues"):
            try:
                issue = rows.issue(record)
            except UnreadableError as error:
                self.doubt(f"An issue cannot be read: {error}.")
                continue
            self._seen.add(issue.id)
            if issue.first_seen < since:
                # Old by its first appearance in the searched period too: the server sorts, but does not filter. Old by
                # its true one alone says nothing about those that follow.
                more = more and (rows.moment(record.get("firstSeen")) or issue.first_seen) >= since
            elif rows.is_error(record) and self._keeps(issue.project.id):
                self.issues[issue.id] = issue
        self.pages += 1
        return len(self._seen) - before, more

    def take_outcomes(self, page: Page, slugs: Mapping[str, str]) -> None:
        groups = page.data.get("groups") if isinstance(page.data, dict) else None
        if not isinstance(groups, list):
            raise garbled("stats_v2", "it has no list of groups.")
        if len(groups) >= MOST_GROUPS:
            self.doubt("Sentry cut the list of outcomes at its limit.")
        reasons: dict[str, Counter[str]] = defaultdict(Counter)
        transactions: Counter[str] = Counter()
        accepted: Counter[str] = Counter()
        for group in groups:
            try:
                found = rows.tally(group)
            except UnreadableError as error:
                self.doubt(f"An outcome cannot be read: {error}.")
                continue
            if found is None or not found.count or not self._keeps(found.project_id):
                continue
            if found.category == "error":
                if found.accepted:
                    accepted[found.project_id] += found.count
                else:
                    reasons[found.project_id][found.reason] += found.count
            elif not found.accepted:
                transactions[found.project_id] = max(transactions[found.project_id], found.count)
        for project_id in sorted(reasons.keys() | transactions.keys() | accepted.keys()):
            dropped = dict(reasons.get(project_id, {}))
            self.rows[Project(project_id, slugs.get(project_id, ""))] = Row(
                accepted=accepted[project_id],
                dropped=sum(dropped.values()),
                dropped_reasons=dropped,
                dropped_transactions=transactions[project_id],
            )
        self.pages += 1

    def note(self, text: str) -> None:
        self._notes[text] = None

    def doubt(self, text: str) -> None:
        """Note why this answer is only a part."""
        self._doubts[text] = None

    def answer(self, dataset: str, requests: int, fault: SourceError | None = None) -> Answer:
        """The finished answer; `fault` is what ended the reading early."""
        named = fault.fault if fault else SourceFault.GARBLED if self._doubts else None
        return Answer(
            self.question,
            Trust.PARTIAL if self._doubts else Trust.VALUE,
            rows=self.rows,
            issues=tuple(self.issues.values()),
            fault=named,
            note=" ".join((*list(self._doubts)[:3], *self._notes)),
            dataset=dataset,
            requests=requests,
            covered=self.covered,
        )

    def _keeps(self, project_id: str) -> bool:
        return self.covered is None or project_id in self.covered
