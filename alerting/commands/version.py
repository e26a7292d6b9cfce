"""`alerting version`."""

from importlib.metadata import version as installed

import typer


def version() -> None:
    """What is installed."""
    typer.echo(f"sentry-alerting {installed('sentry-alerting')}")
