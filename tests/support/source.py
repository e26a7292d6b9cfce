"""A source with exact events in memory: the seam at which tests replace Sentry, and nothing deeper."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerting.errors import SourceFault
from alerting.rules.answers import Answer, Measure, Question, Row
from alerting.rules.model import Issue, Project, Trust


@dataclass
class FakeSource:
    """Counts events in half-open windows, as Sentry does.

    `broken` maps a measure to the trust its answers get, `costs` to the requests they take.
    `covered` are the ids of the projects it is narrowed to, None meaning all. Projects whose id is in `unlisted` are
    out of our sight; `renamed` maps ids to the slug of today.
    """

    events: dict[Project, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    performance: dict[Project, Row] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    dropped: dict[Project, Row] = field(default_factory=dict)
    broken: dict[Measure, Trust] = field(default_factory=dict)
    costs: dict[Measure, int] = field(default_factory=dict)
    covered: frozenset[str] | None = None
    unlisted: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)
    before_answer: Callable[[Question], None] = lambda _: None
    clock: Callable[[], datetime] | None = None
    late_issues: dict[str, datetime] = field(default_factory=dict)
    late: dict[Project, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))

    def add_errors(self, project: Project, count: int, at: datetime, spread: timedelta = timedelta()) -> None:
        self.events[project] += [at + spread * index / max(1, count) for index in range(count)]

    def add_late(
        self,
        project: Project,
        count: int,
        at: datetime,
        readable: datetime | timedelta,
        spread: timedelta = timedelta(),
    ) -> None:
        """Errors that can be read from a time on, or so long after each of them."""
        for index in range(count):
            happened = at + spread * index / max(1, count)
            self.late[project].append((happened + readable if isinstance(readable, timedelta) else readable, happened))

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        self.before_answer(question)
        if question.measure in self.broken:
            trust = self.broken[question.measure]
            return Answer(question, trust, fault=SourceFault.SERVER, note="Sentry answered 500.", requests=1)
        answer = self._answer(question)
        seen = {self._today(project): row for project, row in answer.rows.items() if project.id not in self.unlisted}
        if question.measure is Measure.PROJECTS:
            return replace(answer, rows=seen, requests=self.costs.get(question.measure, 1))
        rows = {project: row for project, row in seen.items() if project.id in (self.covered or {project.id})}
        return replace(answer, rows=rows, covered=self.covered, requests=self.costs.get(question.measure, 1))

    def _today(self, project: Project) -> Project:
        return Project(project.id, self.renamed.get(project.id, project.slug))

    def _readable(self, project: Project) -> list[datetime]:
        now = self.clock() if self.clock else None
        late = [happened for readable, happened in self.late.get(project, ()) if now is None or readable <= now]
        return [*self.events.get(project, ()), *late]

    def _is_readable(self, issue: Issue) -> bool:
        now = self.clock() if self.clock else None
        readable = self.late_issues.get(issue.id, issue.first_seen)
        return now is None or readable <= now

    def _answer(self, question: Question) -> Answer:
        window = question.window
        match question.measure:
            case Measure.ERRORS:
                rows = {}
                for project in self.events.keys() | self.late.keys():
                    times = sorted(at for at in self._readable(project) if window.start <= at < window.end)
                    if times and (not question.project_ids or project.id in question.project_ids):
                        rows[project] = Row(errors=len(times), first_error_at=times[0], last_error_at=times[-1])
                return Answer(question, Trust.VALUE, rows, dataset="errors")
            case Measure.PERFORMANCE:
                return Answer(question, Trust.VALUE, dict(self.performance), dataset="spans")
            case Measure.NEW_ISSUES:
                found = tuple(
                    issue for issue in self.issues if issue.first_seen >= window.start and self._is_readable(issue)
                )
                return Answer(question, Trust.VALUE, issues=found, dataset="issues")
            case Measure.OUTCOMES:
                return Answer(question, Trust.VALUE, dict(self.dropped), dataset="outcomes")
            case Measure.PROJECTS:
                rows = {Project(each, ""): Row() for each in question.project_ids}
                return Answer(question, Trust.VALUE, rows, dataset="projects")
