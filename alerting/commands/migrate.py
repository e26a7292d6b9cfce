"""`alerting migrate`: the database brought up to this version."""

import typer

from alerting import config, data_directory
from alerting.commands import database


def migrate() -> None:
    """Create or update the tables. Safe to run again, also from several machines at once."""
    data_directory.make(config.current().data_dir)
    database.ready()
    applied = database.migrate()
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo(f"{database.name()} is up to date.")
