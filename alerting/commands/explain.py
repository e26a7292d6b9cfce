"""`alerting explain`: why something fired or stayed quiet, tick by tick, with the readings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alerting import reasons
from alerting.commands import database, incident_commands, listing
from alerting.errors import ActionError

if TYPE_CHECKING:
    from alerting.incidents.models import Decision, Incident


def explain(
    incident_id: Annotated[int | None, typer.Argument(metavar="INCIDENT", help="An incident's number.")] = None,
    as_json: listing.AsJson = False,
) -> None:
    """Why an incident fired or stays quiet, reading by reading.

    With an incident's number, every decision with its reading; without one, the incidents there are.
    """
    database.ready()
    from alerting.incidents.models import Incident

    if incident_id is None:
        _overview(as_json=as_json)
        return
    incident = Incident.objects.filter(pk=incident_id).first()
    if incident is None:
        raise ActionError(f"There is no incident {incident_id}; `alerting explain` lists them.")
    if as_json:
        listing.as_data(_data(incident))
        return
    _story(incident)


def _overview(*, as_json: bool) -> None:
    from django.db.models import F

    from alerting.actions import mutes
    from alerting.incidents import blindness, evaluator_state, lagging
    from alerting.incidents.models import Incident, Tick
    from alerting.status import incident_rows

    now = datetime.now(UTC)
    tick, state = Tick.objects.first(), evaluator_state.load(now)
    said = [each for each in (*blindness.unreadable(state.sight), lagging.sentence(state.behind)) if each]
    newest = Incident.objects.select_related("acknowledgement").order_by(F("closed_at").desc(nulls_first=True), "-id")
    rows = incident_rows.rows(newest[:30], mutes.at(now), now)
    if as_json:
        last = {"at": tick.window_end, "outcome": tick.outcome, "requests": tick.requests} if tick else None
        listing.as_data(
            {
                "last_tick": last,
                "unreadable": said,
                "incidents": [
                    {**incident_commands.data(each), "why": reasons.decided(each.incident.reason)} for each in rows
                ],
            }
        )
        return
    if tick is None:
        listing.sentence("No tick has run yet: start `celery -A worker worker` and `celery -A worker beat`.")
        return
    listing.sentence(
        f"Last tick {listing.at_second(tick.window_end)} UTC: {tick.outcome}, {tick.requests} requests to Sentry."
    )
    for sentence in said:
        listing.sentence(sentence)
    shown = [{**incident_commands.shown(each), "why": reasons.decided(each.incident.reason)} for each in rows]
    listing.show(
        [{name: row[name] for name in row if name != "severity"} for row in shown],
        nothing="No incident so far: nothing was over its threshold.",
        prose={"state", "why"},
    )
    if rows:
        listing.sentence("`alerting explain NUMBER` tells one of them tick by tick.")


def _data(incident: "Incident") -> dict[str, Any]:
    names = ("at", "window_end", "settled", "trust", "value", "sample", "outcome", "verdict_reason", "reason", "told")
    decisions = [{name: getattr(each, name) for name in names} for each in incident.decisions.all()]
    return {
        **incident_commands.data(incident_commands.row_of(incident)),
        "why": reasons.decided(incident.reason),
        "told": incident.notices,
        "changes": incident_commands.changes(incident, reasons.decided),
        "decisions": [
            {**each, "told": each["told"] or None, "why": reasons.decided(each["reason"])} for each in decisions
        ],
    }


def _story(incident: "Incident") -> None:
    from alerting.incidents.standing import Standing

    row = incident_commands.row_of(incident)
    where = f"{incident.project} ({incident.environment})" if incident.environment else incident.project
    listing.sentence(f"Incident {incident.pk}: {incident.rule} in {where}, {row.state}")
    until = f"until {listing.at_second(incident.closed_at)}" if incident.closed_at else "still open"
    times = f"{incident.notices} time{'s' if incident.notices != 1 else ''}"
    listing.sentence(f"since {listing.at_second(incident.opened_at)} UTC, {until}, {row.lasted}", "  ")
    listing.sentence(f"{incident_commands.against(row)}; told {times}", "  ")
    standing = Standing.from_json(incident.standing)
    if standing.behind_since and incident.closed_at is None:
        why = f"Sentry's ingestion is behind, {standing.behind_why}"
        listing.sentence(f"not judged since {listing.at_second(standing.behind_since)}: {why}", "  ")
    typer.echo("\nChanges")
    for change in incident.transitions.all():
        words = f"{change.from_state} → {change.to_state}: {reasons.decided(change.reason)} ({change.reason})"
        listing.sentence(words, f"  {listing.at_second(change.at)}  ")
    typer.echo("\nDecisions, one line where something changed")
    listing.sentence("(fresh windows end now, settled ones are complete)", "  ")
    listing.show(list(_decisions(incident)), nothing="  none", prose={"decision"})


def _decisions(incident: "Incident") -> Iterator[dict[str, Any]]:
    """A line for each; the day is named where a new one begins."""
    day = None
    for decision in incident.decisions.all():
        yield _line(incident, decision, names_day=decision.at.date() != day)
        day = decision.at.date()


def _line(incident: "Incident", decision: "Decision", *, names_day: bool) -> dict[str, Any]:
    from alerting.status import incident_rows

    words, value, shown = reasons.decided(decision.reason), decision.value, "–"
    if decision.trust != "value":
        words = f"{words} ({decision.trust.replace('_', ' ')})"
    if value is not None:
        sign = ">" if value > incident.threshold else "≤"
        # Without units, which stand above.
        read, limit = (each.partition(" ")[0] for each in incident_rows.shown(incident.rule, value, incident.threshold))
        shown = f"{read} {sign} {limit}"
    return {
        "day": f"{decision.at:%m-%d}" if names_day else " ",
        "at": f"{decision.at:%H:%M:%S}",
        "until": f"{decision.window_end:%H:%M:%S}",
        "reading": "settled" if decision.settled else "fresh",
        "value": shown,
        "told": decision.told or "quiet",
        "decision": words,
    }
