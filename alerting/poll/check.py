"""What `alerting check` says about Sentry: the real questions, asked once, and everything that would keep us blind."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from alerting.errors import SourceError
from alerting.poll import region, rows
from alerting.poll.client import Errand
from alerting.poll.complaints import ADVICE
from alerting.poll.model import Answer, Measure, Priority, Question
from alerting.poll.organisation import Inventory
from alerting.poll.sentry import SentrySource
from alerting.rules.model import Trust, Window

LOOK_BACK_HOURS = 24
# stats_v2 gives at most 1000 points, one a minute, and on older servers six hours of minutes.
OUTCOME_HOURS = 1
LISTED = 10
# scope → what it opens; any wider scope of the same kind opens it too (sentry-docs, permissions and scopes).
SCOPES = {"org:read": "error counts, latency and outcomes", "event:read": "new issues"}
SAID = {
    Measure.ERRORS: "error counts",
    Measure.PERFORMANCE: "transactions and latency",
    Measure.NEW_ISSUES: "new issues",
    Measure.OUTCOMES: "events dropped by quota",
}


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
    try:
        observed += _token(source, errand)
        observed.append(_organisation(source, errand))
        inventory = source.organisation.inventory(errand)
        source.organisation.project_ids(source.projects, errand)
        observed += _filters(source, inventory)
    except SourceError as error:
        return [*observed, Observation(Level.BROKEN, str(error))]
    answers = {measure: source.ask(Question(measure, _window(measure, end), Priority.HIGH)) for measure in Measure}
    observed += _failures(answers.values())
    readable = [answer for answer in answers.values() if answer.trust is not Trust.SOURCE_ERROR]
    observed += [_measure(answer, source.levels) for answer in readable]
    observed += _silent(source, inventory, answers[Measure.PERFORMANCE])
    return observed


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
    missing = [scope for scope in SCOPES if not _holds(held, scope)]
    for scope in missing:
        yield Observation(Level.BROKEN, f"The token ({kind}) lacks the scope {scope}: no {SCOPES[scope]}", ADVICE)
    if not missing:
        yield Observation(Level.GOOD, f"The token ({kind}) has the scopes {', '.join(SCOPES)}")


def _holds(held: set[str], scope: str) -> bool:
    subject = scope.partition(":")[0]
    return not held.isdisjoint({f"{subject}:{level}" for level in ("read", "write", "admin")})


def _organisation(source: SentrySource, errand: Errand) -> Observation:
    organisation = source.organisation
    name = rows.text(organisation.describe(errand).get("name")) or organisation.slug
    base = organisation.client.base_url
    where = organisation.base_url(errand)
    asked = f", asked at its region {where}" if region.is_saas(base) and where != base else f" on {where}"
    return Observation(Level.GOOD, f"Organisation {name} ({organisation.slug}){asked}")


def _filters(source: SentrySource, inventory: Inventory) -> Iterator[Observation]:
    watched = _watched(source, inventory)
    if not inventory.ids:
        yield Observation(Level.BROKEN, "The token sees no project", "Give it access to the projects to be watched.")
    elif source.projects:
        yield Observation(Level.GOOD, f"Watching {len(watched)} of {len(inventory.ids)} projects (SENTRY_PROJECT)")
    else:
        yield Observation(Level.GOOD, f"Watching all {len(inventory.ids)} projects")
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
        yield Observation(Level.BROKEN, f"Sentry gives no {', no '.join(measures)}: {reason}")


def _measure(answer: Answer, levels: Sequence[str]) -> Observation:
    what = SAID[answer.question.measure]
    if answer.question.measure is Measure.ERRORS:
        what += f" (level {' or '.join(levels)})"
    found = len(answer.issues) if answer.question.measure is Measure.NEW_ISSUES else len(answer.rows)
    unit = "issue" if answer.question.measure is Measure.NEW_ISSUES else "project"
    seen = f"{found} {unit}{'' if found == 1 else 's'} in {_hours(answer.question.measure)} h"
    said = f"{what.capitalize()} from the dataset {answer.dataset}: {seen}"
    level = Level.GOOD if answer.trust is Trust.VALUE and not answer.note else Level.DOUBTFUL
    return Observation(level, said, answer.note)


def _window(measure: Measure, end: datetime) -> Window:
    return Window(end - timedelta(hours=_hours(measure)), end)


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
