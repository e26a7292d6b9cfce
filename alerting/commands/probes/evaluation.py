"""Whether ticks are evaluated, and with one configuration; where not, who is missing, beat or worker."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, connection

from alerting.commands import database, database_refusals
from alerting.commands.probes import broker, storage
from alerting.config import Settings
from alerting.findings import Finding, Status
from alerting.incidents.models import Tick
from alerting.rules.units import counted, span

PART = "Evaluation"
BOTH = "Start `celery -A worker worker` and `celery -A worker beat` (or `alerting up`)."
# So many intervals without a tick, and at least a minute, mean that nobody evaluates.
SILENT_INTERVALS = 4
# Among so many ticks, a configuration that comes back after another one is no deployment.
LOOKED_AT = 40
# The list in which Celery keeps our messages: global_keyprefix and queue of worker/celery.py.
QUEUE = "alerting:alerting"


def ticks(settings: Settings) -> Finding:
    """Whether somebody evaluates."""
    try:
        if storage.is_missing():
            return Finding(PART, Status.NOT_CONFIGURED, "no tick has run yet", BOTH)
        last = Tick.objects.exclude(finished_at=None).first()
        owners = _rivals(list(Tick.objects.all()[:LOOKED_AT]))
    except DatabaseError as error:
        return _unknown(database.reason(error))
    finally:
        connection.close()
    if last is None:
        return _silent(settings, Status.NOT_CONFIGURED, "no tick has run yet")
    age = (datetime.now(UTC) - last.window_end).total_seconds()
    said = f"the last tick was {span(age)} ago ({last.outcome}, {counted(last.requests, 'request')} to Sentry)"
    if age > max(60.0, SILENT_INTERVALS * settings.SENTRY_POLL_INTERVAL_SECONDS):
        return _silent(settings, Status.WARNING, said)
    if owners:
        said = f"workers with different configurations take turns on this database: {' and '.join(owners)}"
        advice = "Stop the one left over, or give each its own DATABASE_URL, ALERTING_DATA_DIR and CELERY_BROKER_URL."
        return Finding(PART, Status.WARNING, said, advice)
    return Finding(PART, Status.PASS, said)


def queue(client: Any) -> tuple[int, bool]:
    """How many messages wait in Redis for a worker, and whether the newest one is still meant to be worked on."""
    newest = client.lindex(QUEUE, 0)
    try:
        expires = datetime.fromisoformat(json.loads(newest)["headers"]["expires"]) if newest else None
    except (ValueError, KeyError, TypeError):
        expires = None
    fresh = expires is not None and (expires if expires.tzinfo else expires.replace(tzinfo=UTC)) > datetime.now(UTC)
    return int(client.llen(QUEUE)), fresh


def _silent(settings: Settings, status: Status, said: str) -> Finding:
    """Nobody evaluates: what waits in the queue tells whether beat or the worker is missing."""
    try:
        _, (length, is_fresh) = broker.ask(settings, queue)
    except broker.RefusedError:
        return Finding(PART, status, f"{said}; without Redis beat can send none", BOTH)
    if is_fresh:
        waiting = "1 message waits" if length == 1 else f"{length} messages wait"
        missing = f"{said}; beat sends ticks, but no worker takes them ({waiting})"
        return Finding(PART, status, missing, "Start `celery -A worker worker` with the same CELERY_BROKER_URL.")
    if length:
        return Finding(PART, status, f"{said}; neither beat nor a worker runs", BOTH)
    advice = f"Start `celery -A worker beat` with the same CELERY_BROKER_URL; if no worker runs either: {BOTH}"
    return Finding(PART, status, f"{said}; nothing is sent: beat does not run", advice)


def _rivals(latest: list[Tick]) -> list[str]:
    """Who judges with which configuration, where one that was replaced has come back; empty where none has."""
    known = [tick for tick in latest if tick.detail.get("configuration")]
    runs = [name for name, _ in itertools.groupby(tick.detail["configuration"] for tick in known)]
    if len(runs) == len(set(runs)):
        return []
    owners = {tick.detail["configuration"]: tick.detail.get("owner", "") for tick in reversed(known)}
    places = [owner.rsplit(":", 2) for owner in owners.values() if owner.count(":") > 1]
    return sorted(f"process {place[1]} on {place[0]}" for place in places)


def _unknown(said: str) -> Finding:
    if "no such table" in said or ("relation" in said and "does not exist" in said):
        return Finding(PART, Status.NOT_CONFIGURED, "unknown: the database is not migrated", "Run `alerting migrate`.")
    why, step = database_refusals.explain(said)
    return Finding(PART, Status.NOT_CONFIGURED, f"unknown: {database.name()} cannot be used: {why}", step)
