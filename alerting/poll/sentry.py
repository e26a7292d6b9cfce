"""Questions to Sentry, put in words the server understands. A failure becomes an Answer that says so."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from alerting.errors import SourceError, SourceFault
from alerting.http.exchange import Params
from alerting.poll import outcomes
from alerting.poll.answer_builder import AnswerBuilder
from alerting.poll.client import Errand, SentryClient
from alerting.poll.datasets import COUNT, OLDEST, VARIANTS, Variant, named
from alerting.poll.organisation import DAY_SECONDS, PAGE_SIZE, Organisation
from alerting.poll.replies import Page, Taken
from alerting.poll.server_facts import FactsStore, MemoryFacts
from alerting.rules.answers import Answer, Measure, Priority, Question, Row
from alerting.rules.model import Project, Trust, Window

logger = logging.getLogger(__name__)

QUESTION_SECONDS = 40.0
MOST_IDS = 100
SEARCH_HOURS = 24
MOST_SEARCH_HOURS = 90 * 24
DOUBT_EVERY = 10
# Projects that the list calls closed are tried at a request each; the rest of them waits for the next time.
MOST_TRIED = 1
PROVEN = "spans hold transactions"


class SentrySource:
    """Readings from one organisation, narrowed to `projects` (slugs or ids; none means all) and `environments`.

    `levels` are those at which an event counts as an error. `traces_sample_rate` is the share of transactions the
    watched apps send; it corrects counts on servers that do not.
    """

    def __init__(
        self,
        client: SentryClient,
        org: str,
        *,
        projects: Sequence[str] = (),
        environments: Sequence[str] = (),
        levels: Sequence[str] = ("error", "fatal"),
        facts: FactsStore | None = None,
        traces_sample_rate: float = 1.0,
        question_seconds: float = QUESTION_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.organisation = Organisation(client, org, facts if facts is not None else MemoryFacts(), clock)
        self.projects = tuple(projects)
        self.environments = tuple(environments)
        self.levels = tuple(levels)
        self._rate = traces_sample_rate
        self._question_seconds = question_seconds
        self._clock = clock
        self._unproven = 0

    def ask(self, question: Question) -> Answer:
        """Answer one question: one request per 100 rows once the server is known."""
        errand = self.errand(question.priority)
        try:
            match question.measure:
                case Measure.NEW_ISSUES:
                    return self._new_issues(question, errand)
                case Measure.OUTCOMES:
                    narrowed, result = self._narrow(question, errand)
                    return outcomes.read(self.organisation, result, (*period(question.window), *narrowed), errand)
                case Measure.PROJECTS:
                    return self._visible(question, errand)
                case _:
                    return self._events(question, errand)
        except SourceError as error:
            if error.fault is SourceFault.FORBIDDEN:
                self.organisation.doubt_projects()
            return Answer(question, Trust.SOURCE_ERROR, fault=error.fault, note=str(error), requests=errand.requests)

    def known(self, measure: Measure) -> Variant | None:
        """The words in which this server is known to understand it, None where they have to be found out."""
        return named(measure, str(self.organisation.facts.get(measure.value, DAY_SECONDS)))

    def scale(self, variant: Variant) -> float:
        """What transaction counts read in these words have to be multiplied by."""
        return 1.0 if variant.extrapolates or self._rate <= 0 else 1 / self._rate

    def errand(self, priority: Priority) -> Errand:
        """A new errand with the time one question has."""
        return Errand(priority, time.monotonic() + self._question_seconds)

    def _events(self, question: Question, errand: Errand) -> Answer:
        """Ask in the words this server is known to understand, else find them out and remember."""
        known = self.known(question.measure)
        if known is None:
            return self._find_out(question, errand)
        try:
            return self._doubting(question, known, errand) or self._read_events(question, known, errand)
        except SourceError as error:
            if error.fault is not SourceFault.BAD_REQUEST or "dataset" not in str(error).lower():
                raise
        self.organisation.facts.forget(question.measure.value)
        return self._find_out(question, errand)

    def _find_out(self, question: Question, errand: Errand) -> Answer:
        """Try variants until one is understood; raises the first refusal where none is."""
        refusals: list[SourceError] = []
        refused = ""
        for variant in self._likeliest_first(question.measure):
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
            logger.info("%s: read from the dataset %s", question.measure.value, variant.dataset)
            self.organisation.facts.put(question.measure.value, variant.name)
            return answer
        raise refusals[0]

    def _likeliest_first(self, measure: Measure) -> Sequence[Variant]:
        """A server too old for the dataset of errors is too old for the newer ones of transactions as well."""
        errors = self.known(Measure.ERRORS)
        if errors is None or errors.dataset != OLDEST:
            return VARIANTS[measure]
        return sorted(VARIANTS[measure], key=lambda variant: variant.dataset != OLDEST)

    def _doubting(self, question: Question, known: Variant, errand: Errand) -> Answer | None:
        """Now and then, put the question to an older dataset while `spans` has never shown a transaction.

        Self-hosted servers may accept `spans` and keep it empty. This takes the place of a request, it adds none.
        """
        facts = self.organisation.facts
        older = next(each for each in VARIANTS[question.measure] if each.dataset != "spans")
        if known.dataset != "spans" or facts.get(PROVEN, DAY_SECONDS):
            return None
        self._unproven += 1
        if self._unproven % DOUBT_EVERY:
            return None
        try:
            answer = self._read_events(question, older, errand)
        except SourceError as error:
            if error.fault is not SourceFault.BAD_REQUEST:
                raise
            facts.put(PROVEN, True)
            return None
        if answer.rows:
            logger.info("transactions are in the dataset %s, %s is empty", older.dataset, known.dataset)
            facts.put(question.measure.value, older.name)
        return answer

    def _read_events(self, question: Question, variant: Variant, errand: Errand) -> Answer:
        scale = self.scale(variant)
        narrowed, result = self._narrow(question, errand)
        search = variant.anything if question.unfiltered else variant.search(self.levels)
        params: Params = (
            ("dataset", variant.dataset),
            *(("field", name) for name in variant.fields),
            *((("query", search),) if search else ()),
            ("sort", "-count()"),
            ("per_page", str(PAGE_SIZE)),
            *((("sampling", "NORMAL"),) if variant.dataset == "spans" else ()),
            *period(question.window),
            *narrowed,
            *(() if question.unfiltered else self.environment_params()),
        )
        if scale != 1.0:
            result.note(
                "This server does not correct for client-side sampling, so transaction counts were multiplied by "
                f"{scale:g} (SENTRY_TRACES_SAMPLE_RATE={self._rate:g})."
            )
        fault = self._read_all("events", params, errand, result, lambda page: result.take_events(page, variant, scale))
        facts = self.organisation.facts
        if variant.dataset == "spans" and result.rows and not facts.get(PROVEN, DAY_SECONDS):
            facts.put(PROVEN, True)
        return result.answer(variant.dataset, errand.requests, fault)

    def _new_issues(self, question: Question, errand: Errand) -> Answer:
        since = question.window.start
        narrowed, result = self._narrow(question, errand)
        params: Params = (
            ("query", f"firstSeen:>={stamp(since)}"),
            ("sort", "new"),
            ("limit", str(PAGE_SIZE)),
            # The search is bounded by an issue's last event too: a gap of days must not fall out of it.
            ("statsPeriod", f"{self._search_hours(since)}h"),
            ("collapse", "filtered"),
            *narrowed,
            *self.environment_params(),
        )
        fault = self._read_all("issues", params, errand, result, lambda page: result.take_issues(page, since))
        return result.answer("issues", errand.requests, fault)

    def _visible(self, question: Question, errand: Errand) -> Answer:
        """Which of these projects are in the list of projects now. Those it calls closed to us are tried one by one.

        An integration may read a project that the list calls closed, so that alone does not mean we cannot see it.
        """
        listed = self.organisation.look_up(question.project_ids, errand)
        if not set(question.project_ids) <= listed.keys():
            # What was deleted may have been made anew: names have to be looked up again.
            self.organisation.facts.forget("projects")
        closed = [each for each in question.project_ids if each in listed and not listed[each].is_open]
        unsure = frozenset(closed[MOST_TRIED:])
        barred = {each for each in closed[:MOST_TRIED] if not self._may_read(each, question.window, errand)}
        rows = {
            Project(each, listed[each].slug): Row()
            for each in question.project_ids
            if each in listed and each not in barred | unsure
        }
        asked = frozenset(question.project_ids) - unsure
        return Answer(question, Trust.VALUE, rows, dataset="projects", requests=errand.requests, covered=asked)

    def _may_read(self, project_id: str, window: Window, errand: Errand) -> bool:
        """Sentry refuses a question that names a project we may not read, and answers it where it is silent."""
        params = (("dataset", "errors"), ("field", COUNT), ("project", project_id), *period(window))
        try:
            self.organisation.get("events", params, errand)
        except SourceError as error:
            if error.fault is not SourceFault.FORBIDDEN:
                raise
            return False
        return True

    def _read_all(
        self, endpoint: str, params: Params, errand: Errand, result: AnswerBuilder, take: Callable[[Page], Taken]
    ) -> SourceError | None:
        """Read all pages into the answer. Once one was read a failure is returned: what was read is kept."""
        try:
            self.organisation.read_all(endpoint, params, errand, take)
        except SourceError as error:
            if not result.pages:
                raise
            pages = "the first page" if result.pages == 1 else f"the first {result.pages} pages"
            result.doubt(f"Only {pages} of Sentry's answer could be read: {error}")
            return error
        return None

    def _narrow(self, question: Question, errand: Errand) -> tuple[Params, AnswerBuilder]:
        """The `project` parameters, and an answer that keeps to them where naming all would burst the URL."""
        ids = question.project_ids or self.organisation.project_ids(self.projects, errand)
        result = AnswerBuilder(question, frozenset(ids) if ids else None)
        if 0 < len(ids) <= MOST_IDS:
            return tuple(("project", project_id) for project_id in ids), result
        return (("project", "-1"),), result

    def environment_params(self) -> Params:
        return tuple(("environment", name) for name in self.environments)

    def _search_hours(self, since: datetime) -> int:
        hours = math.ceil((self._clock() - since.timestamp()) / 3600) + 1
        return min(MOST_SEARCH_HOURS, max(SEARCH_HOURS, hours))


def period(window: Window) -> Params:
    return ("start", stamp(window.start)), ("end", stamp(window.end))


def stamp(moment: datetime) -> str:
    """Naive UTC to the second: older servers take any offset for UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()
