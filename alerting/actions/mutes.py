"""What nobody is to be told right now: silences and open maintenance windows, as one list that a tick reads once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.actions.maintenance import Recurrence
from alerting.actions.models import MaintenanceWindow, Silence


@dataclass(frozen=True, slots=True)
class Mute:
    """One reason to stay quiet: `label` says who asked for it and why, `until` (UTC) when it ends."""

    label: str
    until: datetime
    rule: str = ""
    project: str = ""
    environment: str = ""

    def covers(self, rule: str, project: str, project_id: str, environment: str) -> bool:
        """Whether it is about this rule, project (slug or id) and environment filter (comma-separated)."""
        return (
            self.rule in {"", rule}
            and self.project in {"", project, project_id}
            and (not self.environment or self.environment in environment.split(","))
        )


@dataclass(frozen=True, slots=True)
class Mutes:
    """Everything that is muted at one moment."""

    active: tuple[Mute, ...] = ()

    def covering(self, rule: str, project: str, project_id: str, environment: str) -> Mute | None:
        """The mute that lasts longest of those that cover it, None where it is to be told."""
        found = [mute for mute in self.active if mute.covers(rule, project, project_id, environment)]
        return max(found, key=lambda mute: mute.until, default=None)


def at(now: datetime) -> Mutes:
    """What is muted at `now`: two queries."""
    return Mutes((*_silences(now), *_windows(now)))


def recurrence(window: MaintenanceWindow) -> Recurrence:
    """The pure form of a stored window."""
    days = frozenset(int(digit) for digit in window.weekdays)
    return Recurrence(days, window.starts, window.minutes, window.time_zone)


def _silences(now: datetime) -> Sequence[Mute]:
    return [
        Mute(f"silenced by {each.by}: {each.reason}", each.ends_at, each.rule, each.project, each.environment)
        for each in Silence.objects.filter(starts_at__lte=now, ends_at__gt=now)
    ]


def _windows(now: datetime) -> Sequence[Mute]:
    found: list[Mute] = []
    for window in MaintenanceWindow.objects.all():
        until = recurrence(window).open_until(now)
        if until is not None:
            label = f"maintenance planned by {window.by}: {window.reason}"
            found.append(Mute(label, until, window.rule, window.project, window.environment))
    return found
