"""The question what quotas dropped, put in categories the server knows. Sentry keeps neither environment nor level."""

import logging
from collections.abc import Mapping

from alerting.errors import SourceError, SourceFault
from alerting.http.exchange import Params
from alerting.poll import rows
from alerting.poll.answer_builder import AnswerBuilder
from alerting.poll.client import Errand
from alerting.poll.organisation import DAY_SECONDS, Organisation
from alerting.poll.replies import Page
from alerting.rules.answers import Answer
from alerting.rules.model import Trust

logger = logging.getLogger(__name__)

# What a server without outcomes says; where it is the organisation that is unknown, the other questions fail as well.
UNSUPPORTED = frozenset({SourceFault.NOT_FOUND, SourceFault.NO_ENDPOINT, SourceFault.BAD_REQUEST})
# Only the first are errors; what is dropped of the others makes transactions too few.
CATEGORIES = ("error", "transaction", "transaction_indexed", "span")
OLD_CATEGORIES = CATEGORIES[:2]
KNOWS_OLD_ONES_ONLY = "outcomes of old categories only"


def read(organisation: Organisation, result: AnswerBuilder, narrowed: Params, errand: Errand) -> Answer:
    """One request; once a day two where a server refuses categories that it does not know."""
    only_old = organisation.facts.get(KNOWS_OLD_ONES_ONLY, DAY_SECONDS)
    try:
        try:
            page = _get(organisation, OLD_CATEGORIES if only_old else CATEGORIES, narrowed, errand)
        except SourceError as error:
            if only_old or error.fault is not SourceFault.BAD_REQUEST:
                raise
            organisation.facts.put(KNOWS_OLD_ONES_ONLY, True)
            page = _get(organisation, OLD_CATEGORIES, narrowed, errand)
    except SourceError as error:
        if error.fault not in UNSUPPORTED:
            raise
        note = f"What quotas drop cannot be told here: {error}"
        return Answer(result.question, Trust.NO_DATA, note=note, dataset="outcomes", requests=errand.requests)
    result.take_outcomes(page, _slugs(organisation, page, errand))
    return result.answer("outcomes", errand.requests)


def _get(organisation: Organisation, categories: tuple[str, ...], narrowed: Params, errand: Errand) -> Page:
    params: Params = (
        ("field", "sum(quantity)"),
        *(("category", name) for name in categories),
        ("groupBy", "outcome"),
        ("groupBy", "reason"),
        ("groupBy", "category"),
        # Sentry looks at the last one only when it decides between the organisation and its projects.
        ("groupBy", "project"),
        ("interval", "1m"),
        *narrowed,
    )
    return organisation.get("stats_v2", params, errand)


def _slugs(organisation: Organisation, page: Page, errand: Errand) -> Mapping[str, str]:
    """Outcomes name projects by id; the list of projects is read for those whose names are not known yet."""
    known = organisation.slugs()
    if rows.dropping_projects(page.data) <= known.keys():
        return known
    try:
        organisation.inventory(errand)
    except SourceError as error:
        logger.warning("the names of projects could not be read: %s", error)
    return organisation.slugs()
