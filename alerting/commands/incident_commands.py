"""`alerting incidents` and `ack`: what is open, worst first, and who has it in hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alerting import reasons
from alerting.commands import database, listing
from alerting.commands.actor import me

if TYPE_CHECKING:
    from alerting.actions.models import Acknowledgement
    from alerting.incidents.models import Incident
    from alerting.status.incident_rows import IncidentRow

Number = Annotated[int, typer.Argument(help="An incident's number, as `alerting incidents` lists it.")]


def incidents(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: listing.AsJson = False,
) -> None:
    """What is open now, worst first. With --all, what is kept, newest first."""
    database.ready()
    from alerting.actions import mutes
    from alerting.incidents.models import Incident
    from alerting.status import incident_rows

    found, now = Incident.objects.select_related("acknowledgement"), datetime.now(UTC)
    if everything:
        rows = incident_rows.rows(found[:limit], mutes.at(now), now)
    else:
        opened = incident_rows.rows(found.filter(closed_at__isnull=True), mutes.at(now), now)
        rows = sorted(opened, key=incident_rows.worst_first)[:limit]
    if as_json:
        listing.as_data([data(each) for each in rows])
        return
    nothing = "No incident is open." if not everything else "No incident so far."
    listing.show([shown(each) for each in rows], nothing=nothing, prose={"state"})


def shown(row: "IncidentRow") -> dict[str, Any]:
    """One line of a listing."""
    incident = row.incident
    return {
        "#": incident.pk,
        "severity": incident.severity,
        "rule": incident.rule,
        "project": incident.project,
        "environment": incident.environment,
        "state": f"{_state(row)}; {row.acknowledged_by} has it" if row.acknowledged_by else _state(row),
    }


def against(row: "IncidentRow") -> str:
    """The value against the threshold, once; of a new error type its title."""
    if row.incident.subject:
        return f"new error type: {row.issue_title}" if row.issue_title else "new error type"
    if row.incident.closed_at is not None:
        return f"at most {row.peak}, threshold {row.threshold}"
    peak = f", peak {row.peak}" if row.peak != row.value else ""
    return f"{row.value}, threshold {row.threshold}{peak}"


def row_of(incident: "Incident") -> "IncidentRow":
    """One incident as it stands now."""
    from alerting.actions import mutes
    from alerting.status import incident_rows

    now = datetime.now(UTC)
    return incident_rows.rows([incident], mutes.at(now), now)[0]


def data(row: "IncidentRow") -> dict[str, Any]:
    """One incident for programs: numbers in the rule's unit, times in UTC, what is not there as null."""
    from alerting.status import incident_rows

    incident = row.incident
    acknowledgement: Acknowledgement | None = getattr(incident, "acknowledgement", None)
    return {
        "number": incident.pk,
        "state": incident.state if incident.closed_at is None else "over",
        "severity": incident.severity,
        "rule": incident.rule,
        "project": incident.project,
        "environment": incident.environment or None,
        "value": incident.value,
        "peak": incident.peak,
        "threshold": incident.threshold,
        "unit": incident_rows.unit(incident.rule),
        "since": incident.opened_at,
        "until": incident.closed_at,
        "reason": incident.reason,
        "why": reasons.told(incident.reason),
        "in_hand": acknowledgement.by if acknowledgement else None,
        "silenced": _silenced(row),
    }


def changes(incident: "Incident", words: Callable[[str], str]) -> list[dict[str, Any]]:
    """Its changes of state for programs, each reason also in these words."""
    return [
        {
            "at": each.at,
            "from": each.from_state,
            "to": each.to_state,
            "reason": each.reason,
            "why": words(each.reason),
        }
        for each in incident.transitions.all()
    ]


def _silenced(row: "IncidentRow") -> dict[str, Any] | None:
    """The silence that covers it and lasts longest, as `alerting silence list` tells programs of each."""
    if row.mute is None:
        return None
    return {
        "rule": row.silenced.rule or None,
        "project": row.silenced.project or None,
        "environment": row.silenced.environment or None,
        "until": row.mute.until,
        "by": row.mute.by,
        "why": row.mute.reason,
        "is_maintenance": row.mute.is_planned,
    }


def ack(
    number: Number,
    note: Annotated[str, typer.Option(help="What you are doing about it.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Give it back: its reminders go on.")] = False,
) -> None:
    """Say that you have an incident. Its reminders stop, and others see who has it."""
    database.ready()
    from alerting.actions import perform

    now, mine = datetime.now(UTC), me()
    if undo:
        if perform.unacknowledge(number, mine, now, note):
            typer.echo(f"Incident {number} is nobody's again.")
        else:
            listing.sentence(f"Nobody had incident {number}{', and your note is not kept' if note else ''}.")
        return
    found, is_new = perform.acknowledge(number, mine, now, note)
    if is_new:
        listing.sentence(f"You have incident {number}. You are still told when it gets worse and when it is over.")
        return
    kept = f" Your note is kept beside it: see `alerting show {number}`." if note.strip() else ""
    listing.sentence(f"{found.by} has incident {number} since {listing.at(found.at)} UTC.{kept}")


def _state(row: "IncidentRow") -> str:
    if row.incident.subject:
        return f"{against(row)}, told {listing.at(row.incident.opened_at)} UTC"
    if row.incident.closed_at is not None:
        return f"over since {listing.at(row.incident.closed_at)} UTC after {row.lasted}: {against(row)}"
    state = "" if row.incident.state == "firing" else f"{row.state}, "
    return f"{state}{against(row)}, for {row.lasted}{', silenced' if row.muted else ''}"
