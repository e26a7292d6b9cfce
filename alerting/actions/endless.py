"""Maintenance windows that together would never end: each leaves a gap, and the others fill it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product

from alerting import config
from alerting.actions import maintenance, mutes, scope
from alerting.actions.models import MaintenanceWindow


def with_others(made: MaintenanceWindow, now: datetime) -> list[MaintenanceWindow]:
    """The stored windows that would leave no gap in the week with `made`, which is not stored yet; none in most cases.

    They need not be about the same: what two of them cover is silent for as long as both are open in turn.
    """
    others = [each for each in MaintenanceWindow.objects.all() if _is_watched(each)] if _is_watched(made) else []
    if not others:
        return []
    projects = scope.known(each.project for each in (made, *others))
    about = {each.pk: (each.rule, projects.id_of(each.project)) for each in (made, *others)}
    for point in product(*(_values(about[made.pk][at], [about[each.pk][at] for each in others]) for at in (0, 1))):
        covering = [each for each in others if _covers(about[each.pk], point)]
        before = [mutes.recurrence(each) for each in covering]
        chain = maintenance.without_end([*before, mutes.recurrence(made)], now)
        if chain and not maintenance.without_end(before, now):
            return [each for each, recurrence in zip(covering, before, strict=True) if recurrence in chain]
    return []


def _values(own: str, others: Sequence[str]) -> list[str]:
    """What a rule or project may be that `made` covers: each that is named, and one that nobody names."""
    return [own] if own else sorted({"", *others})


def _covers(about: tuple[str, str], point: tuple[str, ...]) -> bool:
    return all(named in {"", each} for named, each in zip(about, point, strict=True))


def _is_watched(window: MaintenanceWindow) -> bool:
    """Environments are watched as one: a window that names any of them covers that one, others cover nothing."""
    return not window.environment or window.environment in config.current().SENTRY_ALERT_ENVIRONMENTS
