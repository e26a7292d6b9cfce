"""Absent means zero only where the project can be seen: verdicts held against the list of projects. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from alerting.rules.model import Outcome, Project, Reason, Trust, Verdict

UNREAD = "The list of projects could not be read, so nobody knows whether this one is silent or out of our sight."


@dataclass(frozen=True, slots=True)
class Visible:
    """Which of the projects that were asked about are in the list, with the slugs they have there now.

    Nothing was `asked` where the list could not be read.
    """

    asked: frozenset[str] = frozenset()
    slugs: Mapping[str, str] | None = None


def confirm(verdicts: Sequence[Verdict], doubted: Collection[str], visible: Visible) -> list[Verdict]:
    """The verdicts; those about `doubted` projects (by id) confirmed, given up, or put off until the list is read."""
    return [
        _confirmed(each, visible)
        if each.reading.project.id in doubted and each.outcome is not Outcome.BREACHED
        else each
        for each in verdicts
    ]


def _confirmed(verdict: Verdict, visible: Visible) -> Verdict:
    reading = verdict.reading
    project_id = reading.project.id
    if project_id not in visible.asked:
        unread = replace(reading, value=None, trust=Trust.SOURCE_ERROR, note=reading.note or UNREAD)
        return replace(verdict, reading=unread, outcome=Outcome.UNKNOWN, reason=Reason.SOURCE_ERROR)
    slugs = visible.slugs or {}
    if project_id not in slugs:
        gone = replace(reading, value=None, sample=None, trust=Trust.NOT_VISIBLE, note="")
        return replace(verdict, reading=gone, outcome=Outcome.UNKNOWN, reason=Reason.NOT_VISIBLE)
    project = Project(project_id, slugs[project_id] or reading.project.slug)
    return replace(verdict, reading=replace(reading, project=project, absent=False))
