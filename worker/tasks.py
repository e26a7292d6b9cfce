"""The tasks, each a thin call into the pipeline. Their arguments are names, never data or secrets."""

import logging
import os
from datetime import UTC, datetime
from functools import lru_cache

import sentry_sdk.crons

from alerting import config, pipeline, wiring
from alerting.errors import HttpError
from alerting.housekeeping import take_turn
from alerting.http import exchange
from alerting.pipeline import Parts
from worker.celery import app
from worker.limits import RedisBudget

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
MONITOR_SLUG = "sentry-alerting-heartbeat"


def _parts() -> Parts:
    return _parts_of(os.getpid())


@lru_cache(maxsize=1)
def _parts_of(_pid: int) -> Parts:
    """Made once per process: connections do not survive a fork."""
    settings = config.current()
    budget = RedisBudget(settings.secret("CELERY_BROKER_URL"), settings.secret("SENTRY_AUTH_TOKEN"))
    return wiring.parts(settings, budget)


def _now() -> datetime:
    return datetime.now(UTC)


@app.task(name="alerting.tick")
def tick() -> None:
    """One evaluation of every rule; then a hint to deliver, and the dead man's switch."""
    report = pipeline.evaluate_tick(_parts(), _now())
    if report is None:
        return
    if report.owed:
        for channel in _parts().notifiers:
            deliver.delay(channel)
    if report.heartbeat:
        _touch_heartbeat()


@app.task(name="alerting.deliver")
def deliver(channel: str) -> None:
    """Send what is owed on one channel; comes back where more is due than one turn holds, or after a short pause."""
    pause = pipeline.deliver_due(_parts(), channel)
    if pause is not None:
        deliver.apply_async((channel,), countdown=pause)


@app.task(name="alerting.heartbeat")
def heartbeat() -> None:
    """Once a minute: check in with Sentry's cron monitor, and notice evaluations that stopped finishing."""
    blind = pipeline.supervise(_parts(), _now())
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
    removed = take_turn(_now(), config.current().ALERTING_HISTORY_DAYS)
    if removed:
        logger.info("housekeeping removed %s rows", removed)


def _touch_heartbeat() -> None:
    url = config.current().secret("HEARTBEAT_URL")
    if not url:
        return
    try:
        status = exchange.get(url, seconds=HEARTBEAT_SECONDS).status
    except HttpError as error:
        logger.warning("HEARTBEAT_URL was not reached: %s", error)
    else:
        if status >= 300:
            logger.warning("HEARTBEAT_URL answered with status %s: the dead man's switch may not have heard us", status)
