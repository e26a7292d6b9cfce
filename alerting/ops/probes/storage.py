"""The data directory and the database, tried."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from django.db import DatabaseError, OperationalError, connection

from alerting.config import Settings
from alerting.incidents import schema
from alerting.incidents.models import Tick
from alerting.ops import database, database_refusals
from alerting.ops.findings import Finding, Status
from alerting.rules.units import span

SCARCE_BYTES = 100_000_000
# So many intervals without a tick, and at least a minute, mean that nobody evaluates.
SILENT_INTERVALS = 4


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
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
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


def ticks(settings: Settings) -> Finding:
    """Whether somebody evaluates."""
    part = "Evaluation"
    start = "Start `celery -A worker worker` and `celery -A worker beat` (or `alerting up`)."
    try:
        if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
            return Finding(part, Status.NOT_CONFIGURED, "no tick has run yet", start)
        last = Tick.objects.exclude(finished_at=None).first()
    except OperationalError as error:
        why, step = database_refusals.explain(database.reason(error))
        said = f"unknown: {database.name()} cannot be used: {why}"
        return Finding(part, Status.NOT_CONFIGURED, said, step)
    except DatabaseError:
        said = "unknown: the database is not migrated"
        return Finding(part, Status.NOT_CONFIGURED, said, "Run `alerting migrate`.")
    finally:
        connection.close()
    if last is None:
        return Finding(part, Status.NOT_CONFIGURED, "no tick has run yet", start)
    age = (datetime.now(UTC) - last.window_end).total_seconds()
    said = f"the last tick was {span(age)} ago ({last.outcome}, {last.requests} requests to Sentry)"
    if age > max(60.0, SILENT_INTERVALS * settings.SENTRY_POLL_INTERVAL_SECONDS):
        return Finding(part, Status.WARNING, said, start)
    return Finding(part, Status.PASS, said)
