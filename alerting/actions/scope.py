"""What a silence or a maintenance window is about: checked, kept by the project's id, and named for people again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from django.db.models import Max, Q

from alerting import config
from alerting.actions.models import Scope
from alerting.errors import ActionError
from alerting.incidents.models import Incident, LatestReadings
from alerting.incidents.quiet import Mute
from alerting.incidents.topics import TOPICS
from alerting.notifiers.escape import one_line
from alerting.rules import catalog

# As long as their columns: SQLite takes anything, PostgreSQL raises.
LONGEST_NAMES = {"rule": 40, "project": 100, "environment": 200}
# What no silence covers.
ALWAYS_TOLD = tuple(TOPICS)


@dataclass(frozen=True, slots=True)
class About:
    """What a silence or maintenance window covers, as people name it; empty means all."""

    rule: str = ""
    project: str = ""
    environment: str = ""

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in asdict(self).items() if value) or "everything"


def columns(about: About, incident: Incident | None = None) -> dict[str, str]:
    """The columns that say what it is about, the project by its id where that is known: a name may change.

    `incident` is the one it is made from. Raises ActionError where it could never cover anything.
    """
    given: dict[str, str] = asdict(about)
    for name, value in given.items():
        longest = LONGEST_NAMES[name]
        if len(value) > longest or "\0" in value:
            raise ActionError(f"No {name} has a name of {len(value)} characters; the longest have {longest}.")
    names, watched = [rule.name for rule in catalog.build(config.current())], config.current().SENTRY_ALERT_ENVIRONMENTS
    if about.rule in ALWAYS_TOLD:
        raise ActionError(f"What {about.rule!r} tells of ourselves is always told: it cannot be silenced.")
    if about.rule and about.rule not in names:
        raise ActionError(f"There is no rule {about.rule!r}; there are {', '.join(names)}.")
    if about.environment and watched and about.environment not in watched:
        raise ActionError(f"The environment {about.environment!r} is not watched; watched are {', '.join(watched)}.")
    if incident is not None and about.project and about.project == incident.project:
        return {**given, "project": incident.project_id_text}
    return {**given, "project": known([about.project]).id_of(about.project)}


@dataclass(frozen=True, slots=True)
class Known:
    """`names` maps the ids of projects to their present names, `ids` names, also former ones, to ids."""

    names: Mapping[str, str]
    ids: Mapping[str, frozenset[str]]

    def id_of(self, project: str) -> str:
        """The id of the project of this name; the name where no project has it, or several have."""
        found = self.ids.get(project, frozenset())
        return next(iter(found)) if len(found) == 1 and project not in self.names else project

    def name_of(self, project: str) -> str:
        """What people call the project that is kept as this id or name, on one harmless line."""
        return one_line(self.names.get(project) or project, LONGEST_NAMES["project"])

    def about(self, found: Scope | Mute) -> About:
        """What a stored silence or window is about, as people name it."""
        environment = one_line(found.environment, LONGEST_NAMES["environment"])
        return About(found.rule, self.name_of(found.project), environment)

    def doubt(self, found: Scope) -> str:
        """Why a stored silence may cover nothing, in a sentence; empty where it covers something."""
        if found.environment and not config.current().SENTRY_ALERT_ENVIRONMENTS:
            return "It covers nothing: without SENTRY_ALERT_ENVIRONMENTS all environments are watched as one."
        if found.project and self.names and found.project not in {*self.names, *self.names.values()}:
            return f"It may cover nothing: no project {self.name_of(found.project)} has been read lately."
        return ""


def known(projects: Iterable[str]) -> Known:
    """The projects that were read last, and those of these ids or names that ever had an incident. Two queries."""
    wanted = sorted({each for each in projects if each})
    latest = LatestReadings.objects.first()
    read = [each for found in latest.readings.values() for each in found.items()] if latest else []
    names = {project_id: row[0] for project_id, row in read if row[0]}
    ids: dict[str, set[str]] = defaultdict(set)
    for project_id, name in names.items():
        ids[name].add(project_id)
    if wanted:
        had = Incident.objects.filter(Q(project__in=wanted) | Q(project_id_text__in=wanted)).order_by()
        last = had.values_list("project_id_text", "project").annotate(last=Max("pk")).order_by("-last")
        for project_id, name, _ in last:
            names.setdefault(project_id, name)
            if name not in ids:
                ids[name].add(project_id)
    return Known(names, {name: frozenset(found) for name, found in ids.items()})
