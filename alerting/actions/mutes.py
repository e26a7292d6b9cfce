"""What nobody is to be told right now: silences, open maintenance windows, and incidents somebody has in hand."""

from datetime import datetime

from alerting.actions.maintenance import Recurrence
from alerting.actions.models import Acknowledgement, MaintenanceWindow, Silence
from alerting.incidents.quiet import Mute, Quiet


def at(now: datetime) -> Quiet:
    """What is muted at `now`, which may lie in the past: three queries."""
    silences = Silence.objects.filter(starts_at__lte=now, ends_at__gt=now)
    mutes = [_mute(each, each.ends_at) for each in silences]
    windows = [(each, recurrence(each).open_until(now)) for each in MaintenanceWindow.objects.all()]
    mutes += [_mute(each, until, is_planned=True) for each, until in windows if until is not None]
    in_hand = Acknowledgement.objects.filter(incident__closed_at__isnull=True).values_list("incident_id", "by")
    return Quiet(tuple(mutes), dict(in_hand))


def _mute(each: Silence | MaintenanceWindow, until: datetime, *, is_planned: bool = False) -> Mute:
    return Mute(each.by, each.reason, until, each.rule, each.project, each.environment, is_planned)


def recurrence(window: MaintenanceWindow) -> Recurrence:
    """The pure form of a stored window."""
    days = frozenset(int(digit) for digit in window.weekdays)
    return Recurrence(days, window.starts, window.minutes, window.time_zone)
