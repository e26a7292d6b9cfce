"""`alerting explain`: why something fired or stayed quiet, tick by tick, with the readings."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from alerting import reasons
from alerting.commands import database, listing
from alerting.commands.wrapping import fitted
from alerting.notifiers.escape import terminal
from alerting.rules.units import span

if TYPE_CHECKING:
    from alerting.incidents.models import Decision, Incident

# Where a decision's words begin.
WORDS_BEGIN = 56


def explain(
    incident_id: Annotated[int | None, typer.Argument(metavar="[INCIDENT]", help="An incident's number.")] = None,
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
        typer.echo(f"There is no incident {incident_id}; `alerting explain` lists them.", err=True)
        raise typer.Exit(1)
    if as_json:
        listing.as_data(_data(incident))
        return
    _story(Console(highlight=False, soft_wrap=True), incident)


def _overview(*, as_json: bool) -> None:
    from django.db.models import F

    from alerting.incidents import blindness, evaluator_state, lagging
    from alerting.incidents.models import Incident, Tick

    tick, state = Tick.objects.first(), evaluator_state.load(datetime.now(UTC))
    said = [each for each in (*blindness.unreadable(state.sight), lagging.sentence(state.behind)) if each]
    incidents = [_row(each) for each in Incident.objects.order_by(F("closed_at").desc(nulls_first=True), "-id")[:30]]
    if as_json:
        last = {"at": tick.window_end, "outcome": tick.outcome, "requests": tick.requests} if tick else None
        listing.as_data({"last_tick": last, "unreadable": said, "incidents": incidents})
        return
    if tick is None:
        typer.echo("No tick has run yet: start `celery -A worker worker` and `celery -A worker beat`.")
        return
    typer.echo(f"Last tick {_at(tick.window_end)} UTC: {tick.outcome}, {tick.requests} requests to Sentry.")
    for sentence in said:
        typer.echo(terminal(sentence))
    listing.show(incidents, as_json=False, nothing="No incident so far: nothing was over its threshold.")
    if incidents:
        typer.echo("`alerting explain NUMBER` tells one of them tick by tick.")


def _row(incident: "Incident") -> dict[str, Any]:
    return {
        "incident": incident.pk,
        "state": incident.state,
        "rule": incident.rule,
        "project": incident.project,
        "value": round(incident.value, 6),
        "since": incident.opened_at,
        "why": reasons.decided(incident.reason),
    }


def _data(incident: "Incident") -> dict[str, Any]:
    changes = [
        {"at": each.at, "from": each.from_state, "to": each.to_state, "reason": each.reason}
        for each in incident.transitions.all()
    ]
    names = ("at", "window_end", "settled", "trust", "value", "sample", "outcome", "verdict_reason", "reason", "told")
    decisions = [{name: getattr(each, name) for name in names} for each in incident.decisions.all()]
    told = {"until": incident.closed_at, "peak": incident.peak, "threshold": incident.threshold}
    return {**_row(incident), **told, "told": incident.notices, "changes": changes, "decisions": decisions}


def _story(console: Console, incident: "Incident") -> None:
    from alerting.incidents.standing import Standing

    ended = incident.closed_at or datetime.now(UTC)
    lasted = span((ended - incident.opened_at).total_seconds())
    where = f"{incident.project} ({incident.environment})" if incident.environment else incident.project
    _say(console, f"Incident {incident.pk}: {incident.rule} in {terminal(where)}, {incident.state}")
    until = f"until {_at(incident.closed_at)}" if incident.closed_at else "still open"
    times = f"{incident.notices} time{'s' if incident.notices != 1 else ''}"
    _say(console, f"  since {_at(incident.opened_at)} UTC, {until}, {lasted}")
    _say(console, f"  value {incident.value:g}, peak {incident.peak:g}, threshold {incident.threshold:g}, told {times}")
    standing = Standing.from_json(incident.standing)
    if standing.behind_since and incident.closed_at is None:
        why = terminal(standing.behind_why)
        _say(console, f"  not judged since {_at(standing.behind_since)}: Sentry's ingestion is behind, {why}")
    _say(console, "\nChanges")
    for change in incident.transitions.all():
        words = f"{change.from_state} → {change.to_state}: {reasons.decided(change.reason)} ({change.reason})"
        _say(console, f"  {_at(change.at)}  {fitted(console, words, 23)}")
    _say(console, "\nDecisions, one line where something changed")
    _say(console, "  (fresh windows end now, settled ones are complete)")
    _say(console, f"  {'at':<8}  {'until':<8}  {'reading':<7}  {'value':<13}  {'told':<8}  decision")
    for decision in incident.decisions.all():
        _say(console, f"  {_line(console, decision, incident.threshold)}")


def _line(console: Console, decision: "Decision", threshold: float) -> str:
    kind = "settled" if decision.settled else "fresh"
    value = "–" if decision.value is None else f"{decision.value:g}"
    sign = "" if decision.value is None else ">" if decision.value > threshold else "≤"
    shown = f"{value} {sign} {threshold:g}" if sign else value
    words = reasons.decided(decision.reason)
    if decision.trust != "value":
        words = f"{words} ({decision.trust.replace('_', ' ')})"
    times, told = f"{decision.at:%H:%M:%S}  {decision.window_end:%H:%M:%S}", decision.told or "quiet"
    return f"{times}  {kind:<7}  {shown:<13}  {told:<8}  {fitted(console, words, WORDS_BEGIN)}"


def _say(console: Console, line: str) -> None:
    console.print(Text(line))


def _at(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else "–"
