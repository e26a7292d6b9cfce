"""Acknowledge, silence, plan maintenance: each with its audit entry in one transaction, harmless when repeated."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from alerting.actions import endless, scope
from alerting.actions.maintenance import LONGEST_MINUTES, NAMES, Recurrence, weekday_names
from alerting.actions.models import Acknowledgement, AuditEntry, MaintenanceWindow, Scope, Silence
from alerting.actions.scope import About
from alerting.errors import ActionError
from alerting.incidents.models import Incident
from alerting.notifiers import registry
from alerting.outbox import cards
from alerting.outbox.clean import clean

LONGEST_SILENCE = timedelta(days=30)
REASON_LIMIT = 300
NAME_LIMIT = 80
NOTED = "added a note to"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts and from where: `via` is page, cli or slack, `address` the peer's where there is one."""

    name: str
    via: str
    address: str = ""


def acknowledge(incident_id: int, actor: Actor, now: datetime, note: str = "") -> tuple[Acknowledgement, bool]:
    """Take an open incident in hand; the second value is false where somebody already had it, who keeps it.

    The note of whoever comes second is kept in the audit. Raises ActionError where there is no such incident, or it is
    over.
    """
    with transaction.atomic():
        incident = _incident(incident_id)
        if incident.closed_at is not None:
            raise ActionError(f"Incident {incident_id} has been over since {incident.closed_at:%Y-%m-%d %H:%M} UTC.")
        who, said = clean(actor.name, NAME_LIMIT), clean(note, REASON_LIMIT)
        mine = {"at": now, "by": who, "note": said, "via": actor.via}
        found, created = Acknowledgement.objects.get_or_create(incident=incident, defaults=mine)
        if created:
            audit(actor, "acknowledged", str(incident.pk), now, why=note, incident=incident)
            cards.refresh(incident.uid.hex, registry.with_cards(), found.by, now)
        elif said.strip() and not incident.audit.filter(who=who, why=said, action__in=("acknowledged", NOTED)).exists():
            audit(actor, NOTED, str(incident.pk), now, why=note, incident=incident)
        return found, created


def unacknowledge(incident_id: int, actor: Actor, now: datetime, note: str = "") -> bool:
    """Give an incident back, so that its reminders go on; false where nobody had it."""
    with transaction.atomic():
        incident = _incident(incident_id)
        gone, _ = Acknowledgement.objects.filter(incident=incident).delete()
        if gone:
            audit(actor, "gave back", str(incident.pk), now, why=note, incident=incident)
            cards.refresh(incident.uid.hex, registry.with_cards(), "", now)
        return bool(gone)


def silence(
    about: About, ends_at: datetime, reason: str, actor: Actor, now: datetime, incident: Incident | None = None
) -> Silence:
    """Tell nobody about `about` from now until `ends_at`. Repeating it returns the one that stands.

    `incident` is the one it was made from, which keeps it among what people did.

    Raises ActionError where there is no reason, or the end is not within the next 30 days.
    """
    why, columns = _reason(reason), scope.columns(about, incident)
    if ends_at <= now:
        raise ActionError(f"A silence ends in the future; {ends_at:%Y-%m-%d %H:%M} UTC is over.")
    if ends_at > now + LONGEST_SILENCE:
        raise ActionError(f"A silence lasts at most {LONGEST_SILENCE.days} days; plan maintenance for what recurs.")
    with transaction.atomic():
        same = Silence.objects.filter(**columns, ends_at=ends_at, reason=why, starts_at__lte=now).first()
        if same is not None:
            return same
        made = Silence.objects.create(
            **columns, starts_at=now, ends_at=ends_at, reason=why, by=clean(actor.name, NAME_LIMIT), created_at=now
        )
        audit(actor, "silenced", f"{about} until {ends_at:%Y-%m-%d %H:%M} UTC", now, why=why, incident=incident)
        return made


def end_silence(silence_id: int, actor: Actor, now: datetime) -> bool:
    """End a silence now; false where it was over already. Raises ActionError where there is no such silence."""
    with transaction.atomic():
        found = Silence.objects.filter(pk=silence_id).first()
        if found is None:
            raise ActionError(f"There is no silence {silence_id}.")
        ended = Silence.objects.filter(pk=silence_id, ends_at__gt=now).update(ends_at=now)
        if ended:
            subject = f"silence {found.pk}: {_named(found)}, until {found.ends_at:%Y-%m-%d %H:%M} UTC"
            audit(actor, "ended", subject, now)
        return bool(ended)


def plan_maintenance(about: About, schedule: Recurrence, reason: str, actor: Actor, now: datetime) -> MaintenanceWindow:
    """Add a recurring window. Raises ActionError naming what is wrong with it."""
    why, columns = _reason(reason), scope.columns(about)
    if not schedule.weekdays:
        raise ActionError("Maintenance needs at least one weekday.")
    if not 1 <= schedule.minutes <= LONGEST_MINUTES:
        raise ActionError(f"Maintenance lasts from 1 to {LONGEST_MINUTES} minutes.")
    if len(schedule.weekdays) == len(NAMES) and schedule.minutes == LONGEST_MINUTES:
        raise ActionError("Maintenance of 24 hours on every day would never end: make it shorter, or leave a day out.")
    try:
        ZoneInfo(schedule.time_zone)
    except (ValueError, KeyError, OSError):
        raise ActionError(f"{schedule.time_zone!r} is no time zone; write one such as Europe/Berlin or UTC.") from None
    days = "".join(str(day) for day in sorted(schedule.weekdays))
    made = MaintenanceWindow(
        **columns,
        weekdays=days,
        starts=schedule.starts,
        minutes=schedule.minutes,
        time_zone=schedule.time_zone,
        reason=why,
        by=clean(actor.name, NAME_LIMIT),
        created_at=now,
    )
    with transaction.atomic():
        if others := endless.with_others(made, now):
            listed = "; ".join(f"maintenance window {each.pk} ({_planned(each)})" for each in others)
            raise ActionError(f"This one ({_planned(made)}) would never end together with {listed}: leave a gap.")
        made.save()
        audit(actor, "planned maintenance", _planned(made), now, why=why)
        return made


def remove_maintenance(window_id: int, actor: Actor, now: datetime) -> None:
    """Delete a recurring window. Raises ActionError where there is none."""
    with transaction.atomic():
        window = MaintenanceWindow.objects.filter(pk=window_id).first()
        if window is None:
            raise ActionError(f"There is no maintenance window {window_id}.")
        audit(actor, "removed", f"maintenance window {window.pk}: {_planned(window)}", now)
        window.delete()


def audit(
    actor: Actor, action: str, subject: str, now: datetime, *, why: str = "", incident: Incident | None = None
) -> None:
    """Write down who did what, in the caller's transaction."""
    AuditEntry.objects.create(
        at=now,
        who=clean(actor.name, NAME_LIMIT),
        action=action,
        subject=clean(subject, REASON_LIMIT),
        why=clean(why, REASON_LIMIT),
        via=actor.via,
        address=actor.address[:64],
        incident=incident,
    )


def _named(found: Scope) -> About:
    return scope.known([found.project]).about(found)


def _planned(window: MaintenanceWindow) -> str:
    """What it covers and when: "project shop, sat, sun 02:30 Europe/Berlin, 90 min"."""
    days = weekday_names(frozenset(int(digit) for digit in window.weekdays))
    return f"{_named(window)}, {days} {window.starts:%H:%M} {window.time_zone}, {window.minutes} min"


def _incident(incident_id: int) -> Incident:
    incident = Incident.objects.select_for_update().filter(pk=incident_id).first()
    if incident is None:
        raise ActionError(f"There is no incident {incident_id}.")
    return incident


def _reason(reason: str) -> str:
    why = clean(reason, REASON_LIMIT).strip()
    if not why:
        raise ActionError("Say why: whoever finds it at night has to know.")
    return why
