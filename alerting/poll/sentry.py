"""Questions to Sentry and how its answers are read. A failure becomes an Answer that says so, never an exception."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alerting.errors import SourceError, SourceFault
from alerting.poll import complaints, paging, rows
from alerting.poll.client import Errand, SentryClient
from alerting.poll.facts import FactsStore, MemoryFacts
from alerting.poll.model import Answer, Measure, Question, Row
from alerting.poll.organisation import DAY_SECONDS, Organisation
from alerting.poll.replies import Page, garbled
from alerting.poll.rows import UnreadableError
from alerting.poll.variants import VARIANTS, Variant, named
from alerting.poll.wire import Params
from alerting.rules.model import Issue, Project, Trust, Window

logger = logging.getLogger(__name__)

QUESTION_SECONDS = 40.0
MOST_IDS = 100
MOST_GROUPS = 10_000
SEARCH_HOURS = 24
MOST_SEARCH_HOURS = 90 * 24


@dataclass(slots=True)
class _Draft:
    """An answer in the making."""

    rows: dict[Project, Row] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    pages: int = 0
    partial: bool = False

    def doubt(self, note: str) -> None:
        self.partial = True
        self.note(note)

    def note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


class SentrySource:
    """Readings from one organisation, narrowed to `projects` (slugs or ids; none means all) and `environments`.

    `traces_sample_rate` is the share of transactions the watched apps send; it corrects counts on servers that do not.
    """

    def __init__(
        self,
        client: SentryClient,
        org: str,
        *,
        projects: Sequence[str] = (),
        environments: Sequence[str] = (),
        facts: FactsStore | None = None,
        traces_sample_rate: float = 1.0,
        question_seconds: float = QUESTION_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.organisation = Organisation(client, org, facts if facts is not None else MemoryFacts(), clock)
        self.projects = tuple(projects)
        self.environments = tuple(environments)
        self._scale = 1 / traces_sample_rate if traces_sample_rate > 0 else 1.0
        self._question_seconds = question_seconds
        self._clock = clock

    def ask(self, question: Question) -> Answer:
        """Answer one question: one request per 100 rows once the server is known."""
        errand = self.errand(question)
        try:
            match question.measure:
                case Measure.NEW_ISSUES:
                    return self._new_issues(question, errand)
                case Measure.OUTCOMES:
                    return self._outcomes(question, errand)
                case _:
                    return self._events(question, errand)
        except SourceError as error:
            if error.fault is SourceFault.FORBIDDEN:
                self.organisation.doubt_projects()
            return Answer(
                question,
                Trust.SOURCE_ERROR,
                fault=error.fault,
                note=str(error),
                requests=errand.requests,
                retry_at=error.retry_at,
            )

    def errand(self, question: Question) -> Errand:
        return Errand(question.priority, time.monotonic() + self._question_seconds)

    def _events(self, question: Question, errand: Errand) -> Answer:
        """Ask in the words this server is known to understand, else find them out and remember."""
        measure, facts = question.measure, self.organisation.facts
        known = named(measure, str(facts.get(measure.value, DAY_SECONDS)))
        if known is not None:
            try:
                return self._read_events(question, known, errand)
            except SourceError as error:
                if error.fault is not SourceFault.BAD_REQUEST or "dataset" not in str(error).lower():
                    raise
                facts.forget(measure.value)
        refusals: list[SourceError] = []
        refused = ""
        for variant in VARIANTS[measure]:
            if variant.dataset == refused:
                continue
            try:
                answer = self._read_events(question, variant, errand)
            except SourceError as error:
                if error.fault is not SourceFault.BAD_REQUEST:
                    raise
                refusals.append(error)
                refused = variant.dataset if "dataset" in str(error).lower() else ""
                continue
            logger.info("%s are read from the dataset %s (%s)", measure.value, variant.dataset, variant.name)
            facts.put(measure.value, variant.name)
            return answer
        raise refusals[0]

    def _read_events(self, question: Question, variant: Variant, errand: Errand) -> Answer:
        draft, scale = _Draft(), 1.0 if variant.extrapolates else self._scale
        narrowed, keep = self._projects(question, errand)
        params: Params = (
            ("dataset", variant.dataset),
            *(("field", name) for name in variant.fields),
            *((("query", variant.query),) if variant.query else ()),
            ("sort", "-count()"),
            ("per_page", str(paging.PAGE_SIZE)),
            *((("sampling", "NORMAL"),) if variant.dataset == "spans" else ()),
            *_period(question.window),
            *narrowed,
            *self._environments(),
        )

        def take(page: Page) -> tuple[int, bool]:
            found = rows.records(page.data, "events")
            if rows.sees_no_project(page.data):
                raise SourceError(SourceFault.FORBIDDEN, complaints.NO_PROJECTS)
            meta = rows.meta(page.data)
            if meta.get("dataScanned") == "partial":
                note = "Sentry read only a part of the data for this answer."
                draft.doubt(note) if question.measure is Measure.ERRORS else draft.note(note)
            before = len(draft.rows)
            for record in found:
                try:
                    project = rows.project_of(record)
                    row = (
                        rows.performance_row(record, variant, meta.get("units"), scale)
                        if variant.p95
                        else rows.errors_row(record)
                    )
                except UnreadableError as error:
                    draft.doubt(f"A row cannot be read: {error}.")
                    continue
                # Offset pages of a window that still grows can show a project twice: the later count is the higher.
                draft.rows[project] = row
            return len(draft.rows) - before, True

        if scale != 1.0:
            draft.note(
                f"This server does not correct for client-side sampling, so transaction counts were multiplied by "
                f"{scale:g} (SENTRY_TRACES_SAMPLE_RATE={1 / scale:g})."
            )
        fault = self._read("events", params, errand, draft, take)
        if keep is not None:
            draft.rows = {project: row for project, row in draft.rows.items() if project.id in keep}
        return self._finish(question, draft, errand, variant.dataset, fault, scale)

    def _new_issues(self, question: Question, errand: Errand) -> Answer:
        draft, since = _Draft(), question.window.start
        narrowed, keep = self._projects(question, errand)
        params: Params = (
            ("query", f"firstSeen:>={_stamp(since)}"),
            ("sort", "new"),
            ("limit", str(paging.PAGE_SIZE)),
            # The search also needs the issue's last event: a gap of days must not fall out of it.
            ("statsPeriod", f"{self._search_hours(since)}h"),
            ("collapse", "filtered"),
            *narrowed,
            *self._environments(),
        )
        seen: set[str] = set()

        def take(page: Page) -> tuple[int, bool]:
            if not isinstance(page.data, list):
                raise garbled("issues", "it is no list.")
            before, more = len(seen), True
            for record in rows.records(page.data, "issues"):
                try:
                    issue = rows.issue(record)
                except UnreadableError as error:
                    draft.doubt(f"An issue cannot be read: {error}.")
                    continue
                seen.add(issue.id)
                if issue.first_seen < since:
                    more = False
                elif rows.is_error(record) and (keep is None or issue.project.id in keep):
                    draft.issues[issue.id] = issue
            return len(seen) - before, more

        fault = self._read("issues", params, errand, draft, take)
        return self._finish(question, draft, errand, "issues", fault)

    def _outcomes(self, question: Question, errand: Errand) -> Answer:
        draft = _Draft()
        narrowed, keep = self._projects(question, errand)
        params: Params = (
            ("field", "sum(quantity)"),
            ("category", "error"),
            ("groupBy", "outcome"),
            ("groupBy", "reason"),
            # Last: Sentry looks at the last one only when it decides between the organisation and its projects.
            ("groupBy", "project"),
            ("interval", "1m"),
            *_period(question.window),
            *narrowed,
        )
        data = self.organisation.get("stats_v2", params, errand).data
        groups = data.get("groups") if isinstance(data, dict) else None
        if not isinstance(groups, list):
            raise garbled("stats_v2", "it has no list of groups.")
        if len(groups) >= MOST_GROUPS:
            draft.doubt("Sentry cut the list of outcomes at its limit.")
        reasons: dict[str, dict[str, int]] = {}
        for group in groups:
            try:
                found = rows.drop(group)
            except UnreadableError as error:
                draft.doubt(f"An outcome cannot be read: {error}.")
                continue
            if found is not None and found[2] and (keep is None or found[0] in keep):
                project_id, reason, count = found
                counts = reasons.setdefault(project_id, {})
                counts[reason] = counts.get(reason, 0) + count
        slugs = self.organisation.slugs()
        draft.rows = {
            Project(project_id, slugs.get(project_id, "")): Row(dropped=sum(counts.values()), dropped_reasons=counts)
            for project_id, counts in reasons.items()
        }
        return self._finish(question, draft, errand, "outcomes")

    def _read(
        self,
        endpoint: str,
        params: Params,
        errand: Errand,
        draft: _Draft,
        take: Callable[[Page], tuple[int, bool]],
    ) -> SourceError | None:
        """Read all pages into the draft. Once one was read, a failure is returned: what was read is kept."""

        def count(page: Page) -> tuple[int, bool]:
            taken = take(page)
            draft.pages += 1
            return taken

        try:
            self.organisation.read_all(endpoint, params, errand, count)
        except SourceError as error:
            if not draft.pages:
                raise
            draft.doubt(f"Only {draft.pages} of Sentry's pages could be read: {error}")
            return error
        return None

    def _finish(
        self,
        question: Question,
        draft: _Draft,
        errand: Errand,
        dataset: str,
        fault: SourceError | None = None,
        scale: float = 1.0,
    ) -> Answer:
        return Answer(
            question,
            Trust.PARTIAL if draft.partial else Trust.VALUE,
            rows=draft.rows,
            issues=tuple(draft.issues.values()),
            fault=fault.fault if fault else SourceFault.GARBLED if draft.partial and not fault else None,
            note=" ".join(draft.notes),
            dataset=dataset,
            scale=scale,
            requests=errand.requests,
            retry_at=fault.retry_at if fault else None,
        )

    def _projects(self, question: Question, errand: Errand) -> tuple[Params, frozenset[str] | None]:
        """The `project` parameters, and which projects to keep where naming them all would burst the URL."""
        ids = question.project_ids or self.organisation.project_ids(self.projects, errand)
        if 0 < len(ids) <= MOST_IDS:
            return tuple(("project", project_id) for project_id in ids), None
        return (("project", "-1"),), frozenset(ids) if ids else None

    def _environments(self) -> Params:
        return tuple(("environment", name) for name in self.environments)

    def _search_hours(self, since: datetime) -> int:
        hours = math.ceil((self._clock() - since.timestamp()) / 3600) + 1
        return min(MOST_SEARCH_HOURS, max(SEARCH_HOURS, hours))


def _period(window: Window) -> Params:
    return ("start", _stamp(window.start)), ("end", _stamp(window.end))


def _stamp(moment: datetime) -> str:
    """Naive UTC to the second: older servers take any offset for UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()
