"""What `alerting check` says about Sentry: the real questions, asked once, and everything that would keep us blind."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from alerting.errors import SourceError, SourceFault
from alerting.poll import refusals, region, rows
from alerting.poll.client import Errand
from alerting.poll.organisation import Inventory
from alerting.poll.refusals import ADVICE
from alerting.poll.sentry import SentrySource
from alerting.rules.answers import MEASURES, Answer, Measure, Priority, Question
from alerting.rules.model import Trust, Window
from alerting.rules.units import counted

LOOK_BACK_HOURS = 24
# stats_v2 gives at most 1000 points, one a minute, and on older servers six hours of minutes.
OUTCOME_HOURS = 1
LISTED = 10
# scope → what it opens; any wider scope of the same kind opens it too (sentry-docs, permissions and scopes).
ANOTHER_SENTRY = "Set SENTRY_URL to a Sentry; this server can still be sent events (SENTRY_DSN), but not be polled."
SCOPES = {"org:read": "error counts, latency and outcomes", "event:read": "new issues"}
SAID = MEASURES | {Measure.OUTCOMES: "events dropped by quota"}


class Level(StrEnum):
    GOOD = "good"
    DOUBTFUL = "doubtful"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing seen about the source; `advice` is empty where there is nothing to do. Neither holds a secret."""

    level: Level
    said: str
    advice: str = ""


def inspect(source: SentrySource, now: datetime | None = None) -> list[Observation]:
    """Try everything a tick needs. Stops early where nothing further could succeed."""
    end = (now or datetime.now(UTC)).replace(microsecond=0)
    errand = source.errand(Priority.HIGH)
    observed: list[Observation] = []
    token: list[Observation] = []
    try:
        token = list(_token(source, errand))
        organisation = _organisation(source, errand)
        observed += [*token, organisation]
        inventory = source.organisation.inventory(errand)
        if moved := list(_renamed(source, inventory, errand)):
            return [*observed, *moved]
        source.organisation.project_ids(source.projects, errand)
        observed += _filters(source, inventory)
    except SourceError as error:
        if error.no_path or error.fault is SourceFault.REDIRECTED:
            return [*observed, _elsewhere(source, error)]
        return [*observed, *(token if not observed else ()), Observation(Level.BROKEN, str(error))]
    windows = {measure: Window.ending(end, _hours(measure) * 3600) for measure in SAID}
    answers = {measure: source.ask(Question(measure, windows[measure], Priority.HIGH)) for measure in SAID}
    if answers[Measure.ERRORS].fault is SourceFault.NO_ENDPOINT:
        # What else another API lacks, or understands otherwise, only hides the reason.
        return [*observed, Observation(Level.BROKEN, answers[Measure.ERRORS].note, ANOTHER_SENTRY)]
    observed += _failures(answers.values())
    readable = [answer for answer in answers.values() if answer.trust is not Trust.SOURCE_ERROR]
    observed += [_measure(answer, source.levels) for answer in readable]
    observed += _silent(source, inventory, answers[Measure.PERFORMANCE])
    return observed


def _elsewhere(source: SentrySource, error: SourceError) -> Observation:
    """What answers at SENTRY_URL is no API: perhaps Sentry is at the same host without the path, or under one."""
    client = source.organisation.client
    parts = urlsplit(client.base_url)
    root = f"{parts.scheme}://{parts.netloc}"
    if error.fault is SourceFault.NO_ENDPOINT:
        return Observation(Level.BROKEN, str(error), ANOTHER_SENTRY)
    if parts.path.strip("/"):
        try:
            data = client.get("index", "/api/0/", (), source.errand(Priority.HIGH), root).data
        except SourceError:
            data = None
        if isinstance(data, dict) and "version" in data:
            said = f"Sentry's API does not answer under {client.base_url}, but it does under {root}"
            return Observation(Level.BROKEN, said, f"Set SENTRY_URL={root}.")
    if error.fault is SourceFault.REDIRECTED:
        return Observation(Level.BROKEN, str(error))
    said = f"No Sentry's API answers under {client.base_url}, only web pages: is SENTRY_URL the address of a Sentry?"
    advice = (
        "Set SENTRY_URL to the address that opens Sentry in a browser, without anything behind the host, unless your "
        "Sentry is installed under a path: then with that path."
    )
    return Observation(Level.BROKEN, said, advice)


def _renamed(source: SentrySource, inventory: Inventory, errand: Errand) -> Iterator[Observation]:
    """Slugs in SENTRY_PROJECT that the server knows by another name now; it redirects from the old one."""
    for slug in source.projects:
        if slug.isdecimal() or slug in inventory.ids:
            continue
        if new := source.organisation.new_slug(slug, errand):
            listed = ",".join(new if each == slug else each for each in source.projects)
            said = f"{refusals.renamed(slug, new)}; the service reads on under the old name for at most a day"
            yield Observation(Level.BROKEN, said, f"Set SENTRY_PROJECT={listed} and restart worker and beat.")


def _token(source: SentrySource, errand: Errand) -> Iterator[Observation]:
    client = source.organisation.client
    kind = client.token_kind or "of unknown kind"
    data = client.get("index", "/api/0/", (), errand).data
    auth = data.get("auth") if isinstance(data, dict) else None
    scopes = auth.get("scopes") if isinstance(auth, dict) else None
    if not isinstance(scopes, list):
        said = f"{client.host} answers, but does not say what the token ({kind}) may do"
        yield Observation(Level.DOUBTFUL, said, "Either the token is not accepted, or the server is no Sentry.")
        return
    held = {rows.text(scope) for scope in scopes}
    wider = {scope: {f"{scope.partition(':')[0]}:{level}" for level in ("read", "write", "admin")} for scope in SCOPES}
    missing = [scope for scope in SCOPES if held.isdisjoint(wider[scope])]
    for scope in missing:
        yield Observation(Level.BROKEN, f"The token ({kind}) lacks the scope {scope}: no {SCOPES[scope]}", ADVICE)
    if not missing:
        yield Observation(Level.GOOD, f"The token ({kind}) has the scopes {', '.join(SCOPES)}")


def _organisation(source: SentrySource, errand: Errand) -> Observation:
    organisation = source.organisation
    name = rows.text(organisation.describe(errand).get("name")) or organisation.slug
    base = organisation.client.base_url
    where = organisation.base_url(errand)
    asked = f", asked at its region {where}" if region.is_saas(base) and where != base else f" on {where}"
    return Observation(Level.GOOD, f"Organisation {name} ({organisation.slug}){asked}")


def _filters(source: SentrySource, inventory: Inventory) -> Iterator[Observation]:
    watched, known_projects = _watched(source, inventory), counted(len(inventory.ids), "project")
    if not inventory.ids:
        yield Observation(Level.BROKEN, "The token sees no project", "Give it access to the projects to be watched.")
    elif source.projects:
        yield Observation(Level.GOOD, f"Watching {len(watched)} of {known_projects} (SENTRY_PROJECT)")
    else:
        all_of_them = f"all {known_projects}" if len(inventory.ids) > 1 else f"{known_projects}, all there is"
        yield Observation(Level.GOOD, f"Watching {all_of_them}")
    known = inventory.environments
    if unknown := [name for name in source.environments if known and name not in known]:
        said = f"SENTRY_ALERT_ENVIRONMENTS names {_list(unknown)}, which no project has seen"
        yield Observation(Level.BROKEN, said, f"Known are: {_list(known)}. Sentry answers nothing at all otherwise.")
    elif source.environments:
        yield Observation(Level.GOOD, f"Environments: {_list(source.environments)}")


def _failures(answers: Iterable[Answer]) -> Iterator[Observation]:
    """One for each reason, with everything that is lost for it."""
    lost: dict[str, list[str]] = {}
    for answer in answers:
        if answer.trust is Trust.SOURCE_ERROR:
            lost.setdefault(answer.note, []).append(SAID[answer.question.measure])
    for reason, measures in lost.items():
        yield Observation(Level.BROKEN, f"No {', no '.join(measures)}: {reason}")


def _measure(answer: Answer, levels: Sequence[str]) -> Observation:
    what = SAID[answer.question.measure]
    if answer.question.measure is Measure.ERRORS:
        what += f" (level {' or '.join(levels)})"
    found = len(answer.issues) if answer.question.measure is Measure.NEW_ISSUES else len(answer.rows)
    unit = "issue" if answer.question.measure is Measure.NEW_ISSUES else "project"
    seen = f"{counted(found, unit)} in {_hours(answer.question.measure)} h"
    said = f"{what.capitalize()} from the dataset {answer.dataset}: {seen}"
    level = Level.GOOD if answer.trust is Trust.VALUE and not answer.note else Level.DOUBTFUL
    return Observation(level, said, answer.note)


def _hours(measure: Measure) -> int:
    return OUTCOME_HOURS if measure is Measure.OUTCOMES else LOOK_BACK_HOURS


def _silent(source: SentrySource, inventory: Inventory, performance: Answer) -> Iterator[Observation]:
    """Projects without transactions: their error rate and latency will never alert."""
    if performance.trust is not Trust.VALUE:
        return
    heard = {project.id for project in performance.rows}
    silent = [slug for slug in _watched(source, inventory) if inventory.ids[slug] not in heard]
    if silent:
        said = f"No transactions in 24 h, so no error rate and no latency: {_list(silent)}"
        yield Observation(Level.DOUBTFUL, said, "Send traces from them (traces_sample_rate), or expect no such alerts.")


def _watched(source: SentrySource, inventory: Inventory) -> list[str]:
    """Slugs of the projects the filter lets through."""
    names = set(source.projects)
    return sorted(slug for slug, found in inventory.ids.items() if not names or slug in names or found in names)


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:LISTED])
    return f"{shown} and {len(names) - LISTED} more" if len(names) > LISTED else shown
