"""`alerting silence` and `alerting maintenance`: nobody is told for a while, or every week at that time."""

from datetime import UTC, datetime, time
from typing import Annotated

import typer

from alerting.commands import database, listing
from alerting.commands.actor import me
from alerting.commands.durations import duration
from alerting.notifiers.escape import terminal

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
    """Silence a rule, a project, an environment, or any combination of them."""
    lasts = duration(length)
    database.ready()
    from alerting.actions import perform

    now = datetime.now(UTC)
    about = perform.About(_known(rule), project, environment)
    made = perform.silence(about, (now + lasts).replace(microsecond=0), why, me(), now)
    typer.echo(f"Silence {made.pk}: nobody is told about {terminal(str(about))} until {listing.at(made.ends_at)} UTC.")
    typer.echo("What is still broken then is told then.")


@silence.command("list")
def list_silences(as_json: listing.AsJson = False) -> None:
    """Silences that have not ended."""
    database.ready()
    from alerting.actions.models import Silence

    rows = [
        {
            "number": each.pk,
            "rule": each.rule or "all",
            "project": each.project or "all",
            "environment": each.environment or "all",
            "until": each.ends_at,
            "by": each.by,
            "why": each.reason,
        }
        for each in Silence.objects.filter(ends_at__gt=datetime.now(UTC))
    ]
    listing.show(rows, as_json=as_json, nothing="Nothing is silenced.")


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
    minutes = int(duration(length).total_seconds() // 60)
    database.ready()
    from alerting.actions import mutes, perform
    from alerting.actions.maintenance import weekdays

    try:
        schedule = perform.Schedule(weekdays(days), time.fromisoformat(starts).replace(tzinfo=None), minutes, time_zone)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    now = datetime.now(UTC)
    made = perform.plan_maintenance(perform.About(_known(rule), project, environment), schedule, why, me(), now)
    begins = mutes.recurrence(made).next_start(now)
    typer.echo(f"Maintenance window {made.pk} begins next at {listing.at(begins)} UTC.")


@maintenance.command("list")
def list_maintenance(as_json: listing.AsJson = False) -> None:
    """Every recurring window and when it begins next."""
    database.ready()
    from alerting.actions import mutes
    from alerting.actions.maintenance import weekday_names
    from alerting.actions.models import MaintenanceWindow

    now = datetime.now(UTC)
    rows = []
    for each in MaintenanceWindow.objects.all():
        recurrence = mutes.recurrence(each)
        rows.append(
            {
                "number": each.pk,
                "rule": each.rule or "all",
                "project": each.project or "all",
                "environment": each.environment or "all",
                "when": f"{weekday_names(recurrence.weekdays)} {each.starts:%H:%M} {each.time_zone}",
                "minutes": each.minutes,
                "next": recurrence.next_start(now),
                "by": each.by,
                "why": each.reason,
            }
        )
    listing.show(rows, as_json=as_json, nothing="No maintenance is planned.", without={"by"})


@maintenance.command("remove")
def remove_maintenance(number: Annotated[int, typer.Argument(help="As `alerting maintenance list` shows it.")]) -> None:
    """Delete a recurring window."""
    database.ready()
    from alerting.actions import perform

    perform.remove_maintenance(number, me(), datetime.now(UTC))
    typer.echo(f"Maintenance window {number} is gone.")


def _known(rule: str) -> str:
    """The rule's name, or a usage error that lists those there are: a misspelled silence would silence nothing."""
    from alerting import config
    from alerting.rules import catalog

    names = [each.name for each in catalog.build(config.current())]
    if rule and rule not in names:
        raise typer.BadParameter(f"there is no rule {rule!r}; there are {', '.join(names)}")
    return rule
