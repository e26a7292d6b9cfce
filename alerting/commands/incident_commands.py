"""`alerting incidents`, `show` and `ack`: what is open, one incident whole, and who has it in hand."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alerting.commands import database, listing
from alerting.commands.actor import me
from alerting.errors import ActionError
from alerting.notifiers.escape import terminal

if TYPE_CHECKING:
    from alerting.incidents.models import Incident

Number = Annotated[int, typer.Argument(help="An incident's number, as `alerting incidents` lists it.")]


def incidents(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: listing.AsJson = False,
) -> None:
    """What is open now, worst first. With --all, what is kept, newest first."""
    database.ready()
    from alerting.incidents.models import Incident
    from alerting.incidents.quiet import Quiet
    from alerting.status import incident_rows

    found = Incident.objects.select_related("acknowledgement")
    if everything:
        listed = list(found[:limit])
    else:
        opened = incident_rows.rows(found.filter(closed_at__isnull=True), Quiet(), datetime.now(UTC))
        listed = [each.incident for each in sorted(opened, key=incident_rows.worst_first)[:limit]]
    nothing = "No incident is open." if not everything else "No incident so far."
    listing.show([_row(each) for each in listed], as_json=as_json, nothing=nothing, without={"threshold"})


def show(number: Number, as_json: listing.AsJson = False) -> None:
    """One incident whole: its changes, notices, and who did what."""
    database.ready()
    from alerting.incidents.models import Incident
    from alerting.outbox.models import Message
    from alerting.status.told import last_told

    incident = Incident.objects.filter(pk=number).select_related("acknowledgement").first()
    if incident is None:
        raise ActionError(f"There is no incident {number}; `alerting incidents --all` lists them.")
    changes = [
        {"at": each.at, "from": each.from_state, "to": each.to_state, "why": each.reason}
        for each in incident.transitions.all()
    ]
    messages = list(Message.objects.filter(incident_key=incident.uid.hex))
    told = last_told(messages)
    behind = [
        {"count": each.count, "error": each.title, "where": each.place, "link": each.link}
        for each in (told.culprits if told else ())
    ]
    notices = [
        {
            "written": each.created_at,
            "channel": each.channel,
            "notice": each.kind,
            "state": each.state,
            "error": each.error,
        }
        for each in messages
    ]
    acts = [
        {"at": each.at, "who": each.who, "action": each.action, "from": each.via, "why": each.why}
        for each in incident.audit.all()
    ]
    if as_json:
        whole = {**_row(incident), "errors": behind, "changes": changes, "notices": notices, "actions": acts}
        listing.show([whole], as_json=True, nothing="")
        return
    for name, value in _row(incident).items():
        listing.pair(name, value)
    if told:
        listing.pair("in_sentry", told.link)
        if incident.closed_at is None:
            listing.pair("do", told.next_step)
    for heading, rows in (
        ("Errors behind it", behind),
        ("Changes", changes),
        ("Notices", notices),
        ("What people did", acts),
    ):
        typer.echo(f"\n{heading}")
        listing.show(rows, as_json=False, nothing="none")
    typer.echo(f"\n`alerting explain {number}` tells every decision with its reading.")


def ack(
    number: Number,
    note: Annotated[str, typer.Option(help="What you are doing about it.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Give it back: its reminders go on.")] = False,
) -> None:
    """Say that you have an incident. Its reminders stop, and others see who has it."""
    database.ready()
    from alerting.actions import perform

    now = datetime.now(UTC)
    if undo:
        given_back = perform.unacknowledge(number, me(), now)
        typer.echo(f"Incident {number} is nobody's again." if given_back else f"Nobody had incident {number}.")
        return
    found, is_new = perform.acknowledge(number, me(), now, note)
    if is_new:
        typer.echo(f"You have incident {number}. You are still told when it gets worse and when it is over.")
    else:
        typer.echo(f"{terminal(found.by)} has incident {number} since {listing.at(found.at)} UTC.")


def _row(incident: "Incident") -> dict[str, Any]:
    acknowledgement = getattr(incident, "acknowledgement", None)
    return {
        "number": incident.pk,
        "state": incident.state if incident.closed_at is None else "over",
        "rule": incident.rule,
        "project": incident.project,
        "environment": incident.environment,
        "value": round(incident.value, 6),
        "threshold": incident.threshold,
        "since": incident.opened_at,
        "in_hand": acknowledgement.by if acknowledgement else None,
    }
