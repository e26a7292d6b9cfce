"""`alerting audit`: who did what, when, why and from where."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alerting.commands import database, listing

if TYPE_CHECKING:
    from alerting.actions.models import AuditEntry


def audit(
    before: Annotated[int | None, typer.Option(min=1, help="Only what has a lower number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: listing.AsJson = False,
) -> None:
    """What people did, newest first."""
    database.ready()
    from alerting.actions.models import AuditEntry

    kept = AuditEntry.objects.filter(pk__lt=before) if before else AuditEntry.objects.all()
    found = list(kept[: limit + 1])
    if as_json:
        listing.as_data([_data(each) for each in found[:limit]])
        return
    listing.show([_row(each) for each in found[:limit]], nothing="Nothing so far.", prose={"who", "what"})
    if len(found) > limit:
        listing.sentence(f"`alerting audit --before {found[limit - 1].pk}` lists what is older.")


def _row(entry: "AuditEntry") -> dict[str, Any]:
    return {
        "#": entry.pk,
        "at": entry.at,
        "from": f"{entry.via} {entry.address}".strip(),
        "who": entry.who,
        "what": f"{entry.sentence}{entry.why and ': '}{entry.why}",
    }


def _data(entry: "AuditEntry") -> dict[str, Any]:
    return {
        "number": entry.pk,
        "at": entry.at,
        "who": entry.who,
        "action": entry.action,
        "what": entry.sentence,
        "why": entry.why or None,
        "incident": entry.incident_id,
        "from": entry.via,
        "address": entry.address or None,
    }
