"""`alerting explain`: why something fired or stayed quiet, tick by tick, with the readings."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from alerting.commands import database
from alerting.notifiers.escape import terminal
from alerting.rules.units import span

if TYPE_CHECKING:
    from alerting.incidents.models import Decision, Incident

WORDS = {
    "first_breach": "over the threshold for the first time",
    "still_breached": "still over the threshold, already told",
    "value_doubled": "at least double what it was, in a full window",
    "grows_faster": "grows at least twice as fast as before",
    "repeat_due": "the reminder interval has passed",
    "window_not_settled": "under the threshold, but only a settled window may clear it",
    "clear_window_before_breach": "this settled window ends before the breach, so it proves no recovery",
    "recovery_started": "the first settled window that is clear; it has to stay so",
    "recovery_not_over": "clear, but not for long enough yet",
    "recovered": "settled windows stayed clear for the whole hold",
    "breached_again": "over the threshold again while recovering",
    "threshold_raised": "the threshold was raised past the value",
    "changes_often": "opened and closed too often: told once, then quiet until stable",
    "flapping_quiet": "flapping: quiet until it is stable",
    "no_data": "Sentry answered, but there is nothing to judge",
    "partial_answer": "Sentry answered only in part: judged neither way",
    "source_error": "Sentry did not answer: judged neither way",
    "dropped_by_quota": "Sentry drops events by quota: a low count proves no recovery",
    "hold_started": "over the threshold, but it has to stay so for a while",
    "hold_not_over": "over the threshold, but not for long enough yet",
    "hold_over": "over the threshold for the whole hold",
    "hold_broken": "clear again before the hold was over, so nobody was told",
    "stable_clear": "clear for long enough to have stopped coming and going",
    "stable_breached": "over the threshold for long enough to have stopped coming and going",
    "too_little_traffic": "too little traffic to judge by, for long: ended without being over",
    "not_visible": "the token no longer sees the project: ended without being over",
    "not_watched": "the configuration no longer names this project or environment",
    "found_late": "found afterwards: when it began nothing was being judged, or Sentry did not show it yet",
    "ingestion_behind": "Sentry's ingestion is behind: late events would change this",
    "ingestion_unknown": "whether Sentry's ingestion is behind has still to be asked before this may end",
    "ingestion_caught_up": "Sentry's ingestion has caught up",
    "dropping_began": "Sentry began to drop events",
    "dropping_stopped": "Sentry drops no events any more",
    "late_and_over": "it was over when it was found",
    "nothing_open": "clear, and nothing is open",
    "no_good_reading": "nothing could be read from Sentry for a while",
    "sight_regained": "Sentry answers again",
    "acknowledged": "a reminder was due, but somebody has it in hand",
    "silence_ended": "the silence is over, and it is still over the threshold",
    "first_seen": "this error type was never seen before",
}


def explain(
    incident_id: Annotated[int | None, typer.Argument(metavar="[INCIDENT]", help="An incident's number.")] = None,
) -> None:
    """Why an incident fired or stays quiet, with every reading; without a number, what there is to ask about."""
    database.ready()
    from alerting.incidents.models import Incident

    console = Console(highlight=False, soft_wrap=True)
    if incident_id is None:
        _overview(console)
        return
    incident = Incident.objects.filter(pk=incident_id).first()
    if incident is None:
        typer.echo(f"There is no incident {incident_id}; `alerting explain` lists them.", err=True)
        raise typer.Exit(1)
    _story(console, incident)


def _overview(console: Console) -> None:
    from django.db.models import F

    from alerting.incidents import blindness, evaluator_state, lagging
    from alerting.incidents.models import Incident, Tick

    tick = Tick.objects.first()
    if tick is None:
        console.print("No tick has run yet: start `celery -A worker worker` and `celery -A worker beat`.")
        return
    console.print(f"Last tick {_at(tick.window_end)} UTC: {tick.outcome}, {tick.requests} requests to Sentry.")
    state = evaluator_state.load(datetime.now(UTC))
    for sentence in (*blindness.unreadable(state.sight), lagging.sentence(state.behind)):
        if sentence:
            _say(console, terminal(sentence))
    incidents = list(Incident.objects.order_by(F("closed_at").desc(nulls_first=True), "-id")[:30])
    if not incidents:
        console.print("No incident so far: nothing was over its threshold.")
        return
    _say(console, f"  {'incident':<8}  {'state':<10}  {'rule':<16}  {'project':<24}  {'value':>8}  {'since':<19}  why")
    for each in incidents:
        start = f"{each.pk:<8}  {each.state:<10}  {each.rule:<16}  {terminal(each.project, 24):<24}"
        _say(console, f"  {start}  {each.value:>8g}  {_at(each.opened_at)}  {WORDS.get(each.reason, each.reason)}")
    console.print("`alerting explain NUMBER` tells one of them tick by tick.")


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
        words = WORDS.get(change.reason, change.reason)
        _say(console, f"  {_at(change.at)}  {change.from_state} → {change.to_state}: {words} ({change.reason})")
    _say(console, "\nDecisions, one line where something changed (fresh windows end now, settled ones are complete)")
    _say(console, f"  {'at':<8}  {'window until':<12}  {'reading':<22}  {'value':>10}  {'told':<8}  decision")
    for decision in incident.decisions.all():
        _say(console, f"  {_line(decision, incident.threshold)}")


def _line(decision: "Decision", threshold: float) -> str:
    kind = "settled" if decision.settled else "fresh"
    reading = kind if decision.trust == "value" else f"{kind}, {decision.trust}"
    value = "–" if decision.value is None else f"{decision.value:g}"
    sign = "" if decision.value is None else ">" if decision.value > threshold else "≤"
    words = WORDS.get(decision.reason, decision.reason)
    return (
        f"{decision.at:%H:%M:%S}  {decision.window_end:%H:%M:%S}      {reading:<22}  {value:>6} {sign:<1} "
        f"{f'{threshold:g}' if sign else '':<2} {decision.told or 'quiet':<8}  {words}"
    )


def _say(console: Console, line: str) -> None:
    console.print(Text(line))


def _at(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else "–"
