"""The data directory and the database, tried."""

import os
import shutil
from pathlib import Path

from django.db import DatabaseError, connection

from alerting.commands import database, database_refusals
from alerting.config import Settings
from alerting.findings import Finding, Status
from alerting.incidents import schema

SCARCE_BYTES = 100_000_000


def data_dir(settings: Settings) -> Finding:
    """Whether we can write where we keep local things."""
    part, path = "Data directory", settings.data_dir
    if not path.is_dir():
        return Finding(part, Status.FAIL, f"{path} does not exist", "Run `alerting migrate`, which makes it.")
    if not os.access(path, os.W_OK | os.X_OK):
        return Finding(part, Status.FAIL, f"{path} is not writable for this user", "Give it to the service's user.")
    free = shutil.disk_usage(path).free
    if free < SCARCE_BYTES:
        return Finding(part, Status.WARNING, f"{path} has {free // 1_000_000} MB left", "Make room on that disk.")
    return Finding(part, Status.PASS, f"{path} is writable, {free / 1e9:.1f} GB free")


def tables(_: Settings) -> Finding:
    """Connect, and compare the tables with what this version needs."""
    part = "Database"
    advice = "Run `alerting migrate`."
    if is_missing():
        return Finding(part, Status.FAIL, f"{database.name()} does not exist yet", advice)
    try:
        connection.ensure_connection()
        missing = schema.unapplied()
    except DatabaseError as error:
        why, step = database_refusals.explain(database.reason(error))
        return Finding(part, Status.FAIL, f"{database.name()} cannot be used: {why}", step)
    finally:
        connection.close()
    if missing:
        count = f"{len(missing)} migration{'s' if len(missing) > 1 else ''}"
        return Finding(part, Status.FAIL, f"{database.name()} answers, but {count} did not run", advice)
    return Finding(part, Status.PASS, f"{database.name()} answers, all migrations have run")


def is_missing() -> bool:
    """Whether the database is a file that nobody has made yet; connecting would make an empty one."""
    name = str(connection.settings_dict["NAME"])
    return connection.vendor == "sqlite" and not name.startswith("file:") and not Path(name).exists()
