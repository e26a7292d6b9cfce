"""A pretend source at the pipeline's own seam: it answers from a history, holding what is readable by now."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerting.errors import SourceError, SourceFault
from alerting.poll.background import Points
from alerting.poll.client import Errand
from alerting.rules.answers import Answer, Measure, Priority, Question, Row
from alerting.rules.kind import Axis
from alerting.rules.model import Issue, Project, Trust, Window
from tests.signal.history import ERROR_LEVELS, FAST_MS, SLOW_MS, History, NewType, ProjectHistory, moment, seconds

PAGE = 100


class Readable:
    """What of one project can be read by now; time only goes forward."""

    def __init__(self, project: ProjectHistory) -> None:
        self.project = project
        events: Mapping[str, Iterable[Any]] = {
            "errors": (each for each in project.errors if each.level in ERROR_LEVELS),
            "messages": (each for each in project.errors if each.level not in ERROR_LEVELS),
            # What outcomes tell comes in the same way.
            "accepted": (each._replace(readable=each.accepted) for each in project.errors if not each.dropped),
            "traffic": project.traffic,
            "types": project.types,
        }
        self._coming = {name: iter(sorted(each, key=lambda one: one.readable)) for name, each in events.items()}
        self._next: dict[str, Any] = {name: next(events, None) for name, events in self._coming.items()}
        self.errors: list[float] = []
        self.dropped: list[float] = []
        self.messages: list[float] = []
        self.accepted: list[float] = []
        self.traffic: list[Any] = []
        self.types: list[NewType] = []

    def go_on(self, now: float) -> None:
        for event in self._arrived("errors", now):
            insort(self.dropped if event.dropped else self.errors, event.at)
        for event in self._arrived("messages", now):
            insort(self.messages, event.at)
        for event in self._arrived("accepted", now):
            insort(self.accepted, event.at)
        for event in self._arrived("traffic", now):
            insort(self.traffic, event)
        self.types += self._arrived("types", now)

    def between(self, start: float, end: float) -> list[float]:
        return self.errors[bisect_left(self.errors, start) : bisect_left(self.errors, end)]

    def messages_between(self, start: float, end: float) -> int:
        return bisect_left(self.messages, end) - bisect_left(self.messages, start)

    def accepted_between(self, start: float, end: float) -> int:
        return bisect_left(self.accepted, end) - bisect_left(self.accepted, start)

    def drops(self, start: float, end: float) -> int:
        return bisect_left(self.dropped, end) - bisect_left(self.dropped, start)

    def dropped_traffic(self, start: float, end: float) -> int:
        window = self.traffic[bisect_left(self.traffic, (start,)) : bisect_left(self.traffic, (end,))]
        return sum(each.dropped for each in window)

    def performance(self, start: float, end: float) -> tuple[int, int]:
        """Stored transactions and how many of them are slow."""
        window = self.traffic[bisect_left(self.traffic, (start,)) : bisect_left(self.traffic, (end,))]
        return sum(each.stored for each in window), sum(each.stored_slow for each in window)

    def _arrived(self, name: str, now: float) -> Iterator[Any]:
        while (event := self._next[name]) is not None and event.readable <= now:
            self._next[name] = next(self._coming[name], None)
            yield event


class PretendSource:
    """Answers as Sentry would, `at` the time the simulation has come to."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.now = 0.0
        self.requests = 0
        self.asked: Counter[str] = Counter()
        self._projects = [Readable(project) for project in history.projects]

    def go_on(self, now: float) -> None:
        self.now = now
        for each in self._projects:
            each.go_on(now)

    def is_down(self) -> bool:
        return any(stretch.holds(self.now) for stretch in self.history.api_down)

    def ask(self, question: Question) -> Answer:
        answer = self._answer(question)
        self.requests += answer.requests
        self.asked[question.measure.value] += answer.requests
        return answer

    def _answer(self, question: Question) -> Answer:
        if self.is_down():
            note = "Sentry answered 503 (service unavailable)."
            return Answer(question, Trust.SOURCE_ERROR, fault=SourceFault.SERVER, note=note, requests=1)
        match question.measure:
            case Measure.ERRORS:
                return self._rows(question, "errors", self._everything if question.unfiltered else self._errors)
            case Measure.PERFORMANCE:
                return self._rows(question, "spans", self._performance)
            case Measure.OUTCOMES:
                return self._rows(question, "outcomes", self._outcomes)
            case Measure.NEW_ISSUES:
                return self._new_issues(question)
            case Measure.PROJECTS:
                rows = {self._named(each.project): Row() for each in self._seen()}
                return Answer(question, Trust.VALUE, rows, dataset="projects", requests=1)

    def _rows(self, question: Question, dataset: str, read: Any) -> Answer:
        start, end = seconds(question.window.start), seconds(question.window.end)
        rows: dict[Project, Row] = {}
        for each in self._seen():
            if question.project_ids and each.project.id not in question.project_ids:
                continue
            row = read(each, start, end)
            if row is not None:
                rows[self._named(each.project)] = row
        return Answer(question, Trust.VALUE, rows, dataset=dataset, requests=max(1, -(-len(rows) // PAGE)))

    def _errors(self, readable: Readable, start: float, end: float) -> Row | None:
        times = readable.between(start, end)
        return (
            Row(errors=len(times), first_error_at=moment(times[0]), last_error_at=moment(times[-1])) if times else None
        )

    def _everything(self, readable: Readable, start: float, end: float) -> Row | None:
        count = len(readable.between(start, end)) + readable.messages_between(start, end)
        return Row(errors=count) if count else None

    def _performance(self, readable: Readable, start: float, end: float) -> Row | None:
        stored, slow = readable.performance(start, end)
        if not stored:
            return None
        share = readable.project.sampled
        return Row(transactions=round(stored / share), stored=stored, p95_ms=SLOW_MS if slow > stored / 20 else FAST_MS)

    def _outcomes(self, readable: Readable, start: float, end: float) -> Row | None:
        count, transactions = readable.drops(start, end), readable.dropped_traffic(start, end)
        reasons = {"project_quota": count} if count else {}
        accepted = readable.accepted_between(start, end)
        row = Row(accepted=accepted, dropped=count, dropped_reasons=reasons, dropped_transactions=transactions)
        return row if count or transactions or accepted else None

    def _new_issues(self, question: Question) -> Answer:
        start = seconds(question.window.start)
        found = [
            self._issue(each.project, new)
            for each in self._seen()
            for new in each.types
            if new.at >= start and new.level in ERROR_LEVELS
        ]
        found.sort(key=_first_seen, reverse=True)
        requests = max(1, -(-len(found) // PAGE))
        return Answer(question, Trust.VALUE, issues=tuple(found), dataset="issues", requests=requests)

    def _seen(self) -> list[Readable]:
        return [each for each in self._projects if each.project.exists(self.now)]

    def _named(self, project: ProjectHistory) -> Project:
        return Project(project.id, project.slug_at(self.now))

    def _issue(self, project: ProjectHistory, new: NewType) -> Issue:
        named = self._named(project)
        return Issue(
            id=new.id,
            short_id=f"{named.slug.upper()}-{new.id}",
            title=f"LookupError: number {new.id}",
            culprit="shop.views.order",
            level=new.level,
            permalink=f"https://acme.sentry.io/issues/{new.id}/",
            first_seen=moment(new.at),
            project=named,
        )


class PretendBackground:
    """Knows nothing of what stands behind a notice; each question about it costs a request all the same."""

    def __init__(self, source: PretendSource) -> None:
        self._source = source

    def errand(self, seconds: float) -> Errand:
        return Errand(Priority.LOW, seconds)

    def top_errors(self, window: Window, project_ids: Sequence[str], errand: Errand) -> Mapping[str, Any]:
        self._count("top errors", errand)
        return {}

    def series(
        self, axis: Axis, window: Window, seconds: int, project_ids: Sequence[str], errand: Errand
    ) -> Mapping[str, Points]:
        self._count("series", errand)
        return {}

    def _count(self, name: str, errand: Errand) -> None:
        errand.requests += 1
        self._source.requests += 1
        self._source.asked[name] += 1
        if self._source.is_down():
            raise SourceError(SourceFault.SERVER, "Sentry answered 503 (service unavailable).")


def _first_seen(issue: Issue) -> datetime:
    return issue.first_seen
