"""What is asked before an end is told: what quota drops, what cannot be read yet, whether we see the project. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from alerting.errors import SourceFault
from alerting.poll.plan import Memory, active, key, knows_outcomes, most, outcomes, pages, spent
from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.model import Trust, Window
from alerting.rules.visibility import Visible
from alerting.rules.windows import floor

DROPS_ARE_FRESH = timedelta(seconds=5)
# While everything is refused, the list is read now and then for the projects that will never be seen again.
REFUSED_EVERY = timedelta(minutes=1)
REFUSED = frozenset({SourceFault.FORBIDDEN, SourceFault.NOT_FOUND})
MOST_PROJECTS = 100


def doubted(
    out_of_sight: Collection[str],
    open_projects: Collection[str],
    answers: Sequence[Answer],
    memory: Memory,
    now: datetime,
) -> frozenset[str]:
    """Ids of the projects to look for: those about to end without a row, and all open ones where we are refused."""
    refused = any(answer.question.measure is Measure.ERRORS and answer.fault in REFUSED for answer in answers)
    asked = memory.asked.get(key(_projects(now, ())))
    if not refused or (asked is not None and now - asked.at < REFUSED_EVERY):
        return frozenset(out_of_sight)
    return frozenset((*out_of_sight, *open_projects))


def questions(
    by_fallen_errors: bool, looked_for: Collection[str], answers: Sequence[Answer], memory: Memory, now: datetime
) -> list[Question]:
    """What quota drops and cannot be read yet, and whether the projects are there; no room for it all means wait."""
    found = [_projects(now, looked_for)] if looked_for else []
    asked = (answer.question for answer in answers)
    told = next((each for each in asked if each.measure is Measure.OUTCOMES and not each.settled), None)
    if by_fallen_errors and told is None and not knows_outcomes(memory, now, DROPS_ARE_FRESH):
        told = outcomes(now)
        found.append(told)
    if by_fallen_errors and told is not None:
        found.append(Question(Measure.ERRORS, told.window, Priority.HIGH, settled=True, unfiltered=True))
    return found


def room(answers: Sequence[Answer], memory: Memory) -> int:
    """How many questions a tick may still ask where something is about to end."""
    return max(0, most(memory, answers) - spent(answers)) // pages(active(memory, answers))


def visible(answers: Sequence[Answer]) -> Visible:
    """What the list of projects said, where it was read."""
    for answer in answers:
        if answer.question.measure is Measure.PROJECTS and answer.trust is Trust.VALUE:
            asked = frozenset(answer.question.project_ids)
            seen = asked if answer.covered is None else asked & answer.covered
            return Visible(seen, {project.id: project.slug for project in answer.rows})
    return Visible()


def _projects(now: datetime, ids: Collection[str]) -> Question:
    moment = floor(now, 1)
    window = Window.ending(moment, 60)
    return Question(Measure.PROJECTS, window, Priority.HIGH, project_ids=tuple(sorted(ids)[:MOST_PROJECTS]))
