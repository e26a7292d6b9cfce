"""`alerting silence` and `alerting maintenance`: nobody is told for a while, or every week at that time."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alerting.commands import database, listing
from alerting.commands.actor import me
from alerting.commands.durations import duration

if TYPE_CHECKING:
    from alerting.actions.maintenance import Recurrence
    from alerting.actions.models import MaintenanceWindow, Silence
    from alerting.actions.scope import Known

silence = typer.Typer(help="Tell nobody about something until a certain time.", no_args_is_help=True)
maintenance = typer.Typer(help="Tell nobody about something every week at certain times.", no_args_is_help=True)

Rule = Annotated[str, typer.Option(help="A rule as `alerting rules` lists it; empty means all.")]
Project = Annotated[str, typer.Option(help="A project's slug or id; empty means all.")]
Environment = Annotated[str, typer.Option(help="One of SENTRY_ALERT_ENVIRONMENTS; empty means all.")]
Why = Annotated[str, typer.Option(help="The reason, for whoever finds it at night.")]


@silence.command("add")
def add_silence(
    length: Annotated[str, typer.Argument(help="How long: 90m, 2h, 1d; at most 30d.")],
    why: Why,
    rule: Rule = "",
    project: Project = "",
    environment: Environment = "",
) -> None:
    """Silence a rule, a project, an environment.

    Or any combination of them; without one of them, everything.
    """
    lasts = duration(length)
    database.ready()
    from alerting.actions import perform, scope

    now = datetime.now(UTC)
    about = scope.About(rule, project, environment)
    made = perform.silence(about, (now + lasts).replace(microsecond=0), why, me(), now)
    listing.sentence(f"Silence {made.pk}: nobody is told about {about} until {listing.at(made.ends_at)} UTC.")
    listing.sentence(scope.known([made.project]).doubt(made) or "What is still broken then is told then.")


@silence.command("list")
def list_silences(as_json: listing.AsJson = False) -> None:
    """Silences that have not ended."""
    database.ready()
    from alerting.actions import scope
    from alerting.actions.models import Silence

    found = list(Silence.objects.filter(ends_at__gt=datetime.now(UTC)))
    projects = scope.known(each.project for each in found)
    if as_json:
        listing.as_data([{**_scope(each, projects), "since": each.starts_at, "until": each.ends_at} for each in found])
        return
    rows = [{**_named(each, projects), "until": each.ends_at, "why": f"{each.reason} ({each.by})"} for each in found]
    listing.show(rows, nothing="Nothing is silenced.", prose={"why"})


@silence.command("end")
def end_silence(number: Annotated[int, typer.Argument(help="As `alerting silence list` shows it.")]) -> None:
    """End a silence now."""
    database.ready()
    from alerting.actions import perform

    ended = perform.end_silence(number, me(), datetime.now(UTC))
    typer.echo(f"Silence {number} has ended." if ended else f"Silence {number} was over already.")


@maintenance.command("add")
def add_maintenance(
    days: Annotated[str, typer.Argument(help="mon-fri, sat,sun or daily.")],
    starts: Annotated[str, typer.Argument(help="Time of day it begins, 02:30.")],
    length: Annotated[str, typer.Argument(help="How long: 90m, 2h; at most a day.")],
    why: Why,
    time_zone: Annotated[str, typer.Option(help="Time zone of the time of day.")] = "UTC",
    rule: Rule = "",
    project: Project = "",
    environment: Environment = "",
) -> None:
    """Plan maintenance that comes back."""
    minutes, seconds = divmod(int(duration(length).total_seconds()), 60)
    if seconds:
        raise typer.BadParameter(f"{length!r} is no whole number of minutes, and maintenance lasts so many")
    database.ready()
    from alerting.actions import mutes, perform, scope
    from alerting.actions.maintenance import Recurrence, time_of_day, weekdays

    try:
        schedule = Recurrence(weekdays(days), time_of_day(starts), minutes, time_zone)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None
    now = datetime.now(UTC)
    made = perform.plan_maintenance(scope.About(rule, project, environment), schedule, why, me(), now)
    recurrence = mutes.recurrence(made)
    until, begins = recurrence.open_until(now), listing.at(recurrence.next_start(now))
    opened = f"is open now, until {listing.at(until)} UTC; it " if until else ""
    listing.sentence(f"Maintenance window {made.pk} {opened}begins next at {begins} UTC.")
    if doubt := scope.known([made.project]).doubt(made):
        listing.sentence(doubt)


@maintenance.command("list")
def list_maintenance(as_json: listing.AsJson = False) -> None:
    """Every recurring window and when it begins next."""
    database.ready()
    from alerting.actions import mutes, scope
    from alerting.actions.maintenance import weekday_names
    from alerting.actions.models import MaintenanceWindow

    now = datetime.now(UTC)
    found = [(each, mutes.recurrence(each)) for each in MaintenanceWindow.objects.all()]
    projects = scope.known(each.project for each, _ in found)
    if as_json:
        listing.as_data(
            [
                {
                    **_scope(each, projects),
                    "weekdays": sorted(recurrence.weekdays),
                    "starts": f"{each.starts:%H:%M}",
                    "time_zone": each.time_zone,
                    "minutes": each.minutes,
                    "open_until": recurrence.open_until(now),
                    "next": recurrence.next_start(now),
                }
                for each, recurrence in found
            ]
        )
        return
    rows = [
        {
            **_named(each, projects),
            "when": f"{weekday_names(recurrence.weekdays)} {each.starts:%H:%M} {each.time_zone}, {each.minutes} min; "
            f"{_when_open(recurrence, now)}",
            "why": f"{each.reason} ({each.by})",
        }
        for each, recurrence in found
    ]
    listing.show(rows, nothing="No maintenance is planned.", prose={"when", "why"})


@maintenance.command("remove")
def remove_maintenance(number: Annotated[int, typer.Argument(help="As `alerting maintenance list` shows it.")]) -> None:
    """Delete a recurring window."""
    database.ready()
    from alerting.actions import perform

    perform.remove_maintenance(number, me(), datetime.now(UTC))
    typer.echo(f"Maintenance window {number} is gone.")


def _when_open(recurrence: "Recurrence", now: datetime) -> str:
    until = recurrence.open_until(now)
    opened = f"open now, until {listing.at(until)} UTC; " if until else ""
    return f"{opened}next {listing.at(recurrence.next_start(now))} UTC"


def _named(found: "Silence | MaintenanceWindow", projects: "Known") -> dict[str, Any]:
    return {
        "#": found.pk,
        "rule": found.rule or "all",
        "project": projects.name_of(found.project) or "all",
        "environment": found.environment or "all",
    }


def _scope(found: "Silence | MaintenanceWindow", projects: "Known") -> dict[str, Any]:
    """What programs read of both; null stands for all, and of a project's id for one that was not known."""
    return {
        "number": found.pk,
        "rule": found.rule or None,
        "project": projects.name_of(found.project) or None,
        "project_id": int(found.project) if found.project.isdecimal() else None,
        "environment": found.environment or None,
        "by": found.by,
        "why": found.reason,
        "created": found.created_at,
    }
