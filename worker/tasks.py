"""The tasks, each a thin call into the pipeline. Their arguments are names, never data or secrets."""

import contextlib
import logging
import os
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sentry_sdk.crons
from celery import Task
from kombu.exceptions import OperationalError

from alerting import config, pipeline, wiring
from alerting.housekeeping import take_turn
from alerting.parts import Parts
from worker import dead_mans_switch
from worker.celery import app
from worker.limits import RedisBudget

logger = logging.getLogger(__name__)

MONITOR_SLUG = "sentry-alerting-heartbeat"


def _parts() -> Parts:
    return _parts_of(os.getpid())


@lru_cache(maxsize=1)
def _parts_of(_pid: int) -> Parts:
    """Made once per process: connections do not survive a fork."""
    settings = config.current()
    budget = RedisBudget(settings.secret("CELERY_BROKER_URL"), settings.secret("SENTRY_AUTH_TOKEN"))
    return wiring.parts(settings, budget)


@app.task(name="alerting.tick")
def tick() -> None:
    """One evaluation of every rule; then a hint to deliver, and the dead man's switch."""
    report = pipeline.evaluate_tick(_parts(), datetime.now(UTC))
    if report is None:
        return
    if report.owed:
        _hint_to_deliver()
    if report.heartbeat and (url := config.current().secret("HEARTBEAT_URL")):
        dead_mans_switch.call(url)


@app.task(name="alerting.deliver")
def deliver(channel: str) -> None:
    """Send what is owed on one channel; comes back where more is due than one turn holds, or after a short pause."""
    enabled = tuple(_parts().notifiers)
    if channel not in enabled:
        said = "alerting.deliver was asked for a channel that is not enabled: %r (enabled: %s); ignored"
        logger.warning(said, str(channel)[:60], ", ".join(enabled) or "none")
        return
    pause = pipeline.deliver_due(_parts(), channel)
    if pause is not None:
        _hint(deliver, channel, countdown=pause)


@app.task(name="alerting.heartbeat")
def heartbeat() -> None:
    """Once a minute: check in with Sentry's cron monitor, and notice evaluations that stopped finishing."""
    blind = pipeline.supervise(_parts(), datetime.now(UTC))
    sentry_sdk.crons.capture_checkin(
        monitor_slug=MONITOR_SLUG,
        status="error" if blind else "ok",
        monitor_config={
            "schedule": {"type": "interval", "value": 1, "unit": "minute"},
            "checkin_margin": 2,
            "failure_issue_threshold": 2,
        },
    )


@app.task(name="alerting.housekeeping")
def housekeeping() -> None:
    """Delete what nobody will ask about any more."""
    removed = take_turn(datetime.now(UTC), config.current().ALERTING_HISTORY_DAYS)
    if removed:
        logger.info("housekeeping removed %s rows", removed)


def _hint_to_deliver() -> None:
    for channel in _parts().notifiers:
        _hint(deliver, channel)


def _hint(task: Task[Any, Any], *arguments: str, countdown: float = 0.0) -> None:
    """Send a message that only brings forward what beat, or the next tick, asks for anyway: Redis may be away."""
    with contextlib.suppress(OperationalError):
        task.apply_async(arguments, countdown=countdown)
