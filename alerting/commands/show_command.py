"""`alerting show`: one incident whole, for people and for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from alerting import reasons
from alerting.commands import database, incident_commands, listing
from alerting.errors import ActionError
from alerting.notifiers import words
from alerting.notifiers.escape import safe_link

if TYPE_CHECKING:
    from alerting.incidents.models import Incident
    from alerting.notifiers.render import View
    from alerting.outbox.models import Message
    from alerting.status.last_hour import LastHour


def show(number: incident_commands.Number, as_json: listing.AsJson = False) -> None:
    """One incident whole: errors, notices, and who did what."""
    database.ready()
    from alerting.incidents.models import Incident
    from alerting.outbox.models import Message
    from alerting.status import last_hour
    from alerting.status.told import last_told

    incident = Incident.objects.filter(pk=number).select_related("acknowledgement").first()
    if incident is None:
        raise ActionError(f"There is no incident {number}; `alerting incidents --all` lists them.")
    messages = list(Message.objects.filter(incident_key=incident.uid.hex))
    hour = last_hour.of(incident, messages, datetime.now(UTC))
    if as_json:
        listing.as_data(_data(incident, messages, hour))
        return
    told = last_told(messages)
    _describe(incident, told, hour)
    typer.echo("\nErrors behind it")
    _tell_errors(told)
    typer.echo("\nChanges")
    changes = [
        {"at": each.at, "change": f"{each.from_state} → {each.to_state}: {reasons.told(each.reason)}"}
        for each in incident.transitions.all()
    ]
    listing.show(changes, nothing="none", prose={"change"})
    typer.echo("\nNotices")
    listing.show([_notice(each) for each in messages], nothing="none", prose={"delivery"})
    typer.echo("\nWhat people did")
    acts = [
        {"at": each.at, "who": each.who, "from": each.via, "what": f"{each.words}{each.why and ': '}{each.why}"}
        for each in incident.audit.all()
    ]
    listing.show(acts, nothing="nothing so far", prose={"who", "what"})
    typer.echo()
    listing.sentence(f"`alerting explain {number}` tells every decision with its reading.")


def _describe(incident: "Incident", told: "View | None", hour: "LastHour") -> None:
    row = incident_commands.row_of(incident)
    place = f"{incident.project} ({incident.environment})" if incident.environment else incident.project
    listing.sentence(f"Incident {incident.pk}, {incident.severity}: {row.title} in {place}")
    acknowledgement = getattr(incident, "acknowledgement", None)
    held = f"{acknowledgement.by}, since {listing.at(acknowledgement.at)} UTC" if acknowledgement else ""
    held += f": {acknowledgement.note}" if acknowledgement and acknowledgement.note else ""
    ended = f", until {listing.at(incident.closed_at)} UTC" if incident.closed_at else ""
    for name, value in (
        ("state", row.state),
        ("rule", incident.rule),
        ("value", incident_commands.against(row)),
        ("since", f"{listing.at(incident.opened_at)} UTC{ended}, {row.lasted}"),
        ("why", reasons.told(incident.reason)),
        ("in hand", held),
        ("silenced", row.muted),
    ):
        if value:
            listing.pair(name, value)
    listing.pair("last hour", f"{hour.bars.sparkline}  {hour.note}" if hour.bars else hour.note)
    if hour.bars:
        listing.pair("", hour.bars.caption)
    if told and incident.closed_at is None:
        listing.pair("do", told.next_step)
    if told and told.link:
        listing.pair("in Sentry", told.link)


def _tell_errors(told: "View | None") -> None:
    culprits = told.culprits if told else ()
    if told is None or not culprits:
        typer.echo("none told")
        return
    listing.sentence(f"{told.share}:")
    for each in culprits:
        listing.sentence(each.title, f"{each.count:>6} ")
        for more in filter(None, (each.rest, each.link)):
            listing.sentence(more, " " * 7)


def _notice(message: "Message") -> dict[str, Any]:
    from alerting.status.incident_page import STATES

    state = STATES[message.State(message.state)]
    return {
        "written": message.created_at,
        "channel": message.channel,
        "notice": words.tag(message.kind),
        "delivery": f"{state}: {message.error}" if message.error else state,
    }


def _data(incident: "Incident", messages: "Sequence[Message]", hour: "LastHour") -> dict[str, Any]:
    from alerting.status.told import last_notice

    notice = last_notice(messages)
    return {
        **incident_commands.data(incident_commands.row_of(incident)),
        "last_hour": list(hour.trend.values) if hour.trend else None,
        "last_hour_is": hour.note,
        "link": (safe_link(notice.link) if notice else "") or None,
        "errors": [
            {
                "count": each.count,
                "error": each.title,
                "where": each.culprit,
                "first_seen": each.first_seen or None,
                "release": each.release or None,
                "link": safe_link(each.link) or None,
            }
            for each in (notice.top_errors if notice else ())
        ],
        "errors_in_all": notice.errors if notice else None,
        "changes": incident_commands.changes(incident, reasons.told),
        "notices": [
            {
                "written": each.created_at,
                "delivered": each.sent_at,
                "channel": each.channel,
                "notice": each.kind,
                "state": each.state,
                "error": each.error or None,
            }
            for each in messages
        ],
        "actions": [
            {"at": each.at, "who": each.who, "action": each.action, "from": each.via, "why": each.why or None}
            for each in incident.audit.all()
        ],
    }
