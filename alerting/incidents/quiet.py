"""What people have asked not to be told: silences in force, and incidents somebody has in hand. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from alerting.incidents.lifecycle import Step, Why
from alerting.incidents.standing import State
from alerting.outbox.message import Kind
from alerting.rules.model import Outcome, Verdict

# An end is told also while it is silenced, to who knows of its beginning.
MUTED = frozenset({Kind.FIRST, Kind.WORSE, Kind.REMINDER, Kind.FLAPPING, Kind.LATE})


@dataclass(frozen=True, slots=True)
class Mute:
    """One reason to stay quiet: who asked for it and why, and when it ends (UTC). Empty means all.

    `project` is an id or a name. `is_planned` where it is maintenance that recurs.
    """

    by: str
    reason: str
    until: datetime
    rule: str = ""
    project: str = ""
    environment: str = ""
    is_planned: bool = False

    @property
    def label(self) -> str:
        """Who asked for it and why, in words."""
        return f"{'maintenance planned' if self.is_planned else 'silenced'} by {self.by}: {self.reason}"

    def covers(self, rule: str, project: str, project_id: str, environment: str) -> bool:
        """Whether it is about this rule, project (slug or id) and environment filter (comma-separated)."""
        return (
            self.rule in {"", rule}
            and self.project in {"", project, project_id}
            and (not self.environment or self.environment in environment.split(","))
        )


@dataclass(frozen=True, slots=True)
class Quiet:
    """Everything that keeps us quiet at one moment. `in_hand` maps incident ids to who acknowledged them."""

    mutes: tuple[Mute, ...] = ()
    in_hand: Mapping[int, str] = field(default_factory=dict)

    def covering(self, rule: str, project: str, project_id: str, environment: str) -> Mute | None:
        """The mute that lasts longest of those that cover it, None where it is to be told."""
        found = [mute for mute in self.mutes if mute.covers(rule, project, project_id, environment)]
        return max(found, key=lambda mute: mute.until, default=None)


class Hush(StrEnum):
    """What a silence has kept from people about an open incident."""

    NOTHING = ""
    CHANGES = "changes"
    BEGINNING = "beginning"


@dataclass(frozen=True, slots=True)
class Heard:
    """A decision as it is heard: `is_silenced` says that its notice is written down and not sent."""

    step: Step
    is_silenced: bool
    hush: Hush


def listen(step: Step, verdict: Verdict, hush: Hush, mute: Mute | None, *, is_first: bool, in_hand: bool) -> Heard:
    """What becomes of a decision: told, silenced, or told because the silence is over and it is still broken."""
    if in_hand and step.why is Why.REPEAT_DUE:
        step = replace(step, tell=None, why=Why.ACKNOWLEDGED)
    if mute is not None:
        if step.standing.state is not State.OK and hush is not Hush.BEGINNING:
            hush = Hush.BEGINNING if is_first and step.tell is not None else Hush.CHANGES
        return Heard(step, step.tell in MUTED or (step.closes and hush is Hush.BEGINNING), hush)
    if step.closes:
        return Heard(step, step.tell is not None and hush is Hush.BEGINNING, Hush.NOTHING)
    if hush and verdict.outcome is Outcome.BREACHED:
        if step.tell in {None, Kind.REMINDER}:
            kind = Kind.FIRST if hush is Hush.BEGINNING else Kind.REMINDER
            step = replace(step, tell=kind, why=Why.SILENCE_ENDED)
        return Heard(step, is_silenced=False, hush=Hush.NOTHING)
    return Heard(step, is_silenced=False, hush=hush)
