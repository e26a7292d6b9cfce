"""What nobody is to be told right now: silences, open maintenance windows, and incidents somebody has in hand."""

from collections.abc import Sequence
from datetime import datetime

from alerting.actions.maintenance import Recurrence
from alerting.actions.models import Acknowledgement, MaintenanceWindow, Silence
from alerting.incidents.quiet import Mute, Quiet


def at(now: datetime) -> Quiet:
    """What is muted at `now`, which may lie in the past: three queries."""
    in_hand = Acknowledgement.objects.filter(incident__closed_at__isnull=True).values_list("incident_id", "by")
    return Quiet((*_silences(now), *_windows(now)), dict(in_hand))


def recurrence(window: MaintenanceWindow) -> Recurrence:
    """The pure form of a stored window."""
    days = frozenset(int(digit) for digit in window.weekdays)
    return Recurrence(days, window.starts, window.minutes, window.time_zone)


def _silences(now: datetime) -> Sequence[Mute]:
    return [
        Mute(each.by, each.reason, each.ends_at, each.rule, each.project, each.environment)
        for each in Silence.objects.filter(starts_at__lte=now, ends_at__gt=now)
    ]


def _windows(now: datetime) -> Sequence[Mute]:
    found: list[Mute] = []
    for window in MaintenanceWindow.objects.all():
        until = recurrence(window).open_until(now)
        if until is not None:
            scope = (window.rule, window.project, window.environment)
            found.append(Mute(window.by, window.reason, until, *scope, is_planned=True))
    return found
