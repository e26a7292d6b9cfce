"""A real Celery worker process over a real broker, whose tasks fail; and a beat scheduler."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.beat import Scheduler
from celery.schedules import crontab, schedule, solar
from sentry_sdk.integrations.celery import CeleryIntegration, beat

from tests.sentry.sdk import Kept
from tests.sentry.sink import Sink, running_sink
from tests.support.service import broker

# One worker, so that what the whole file shares is made once.
pytestmark = pytest.mark.xdist_group("sentry-celery")

SECRET = "hunter2-" + "9f8e7d6c5b"
ROOT = Path(__file__).parents[2]
TASKS: dict[str, tuple[Any, ...]] = {
    "shop.divide": (7, SECRET),
    "shop.settle": (12,),
    "shop.give_up": (),
    "shop.cache": (f"redis://:{SECRET}@127.0.0.1:1/0",),
    "shop.slow": (),
    "shop.slow_inside": (),
}
UNKNOWN = "shop.of_a_newer_release"


@pytest.fixture(scope="module")
def reported() -> Iterator[Sink]:
    """What arrived after a worker ran each task to its end, retries included."""
    with running_sink() as sink, broker() as server:
        environment = {**os.environ, "SENTRY_DSN": sink.dsn, "SHOP_BROKER": server.connection_url + "/0"}
        shop = Celery("shop", broker=environment["SHOP_BROKER"], set_as_current=False)
        for name, arguments in TASKS.items():
            shop.send_task(name, arguments, queue="shop")
        shop.send_task(UNKNOWN, (7, SECRET), queue="shop")
        shop.close()
        command = [sys.executable, "-m", "celery", "-A", "tests.sentry.shop", "worker", "--concurrency", "1"]
        worker = subprocess.Popen(
            [*command, "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            sink.wait_for("event", len(TASKS) + 1, seconds=60)
        finally:
            worker.terminate()
            worker.wait(30)
        yield sink


def of_task(sink: Sink, name: str) -> Any:
    (event,) = [event for event in sink.of("event") if event.get("transaction") == name]
    return event


def test_a_failed_task_arrives(reported: Sink) -> None:
    event = of_task(reported, "shop.divide")

    exception = event["exception"]["values"][-1]
    assert exception["type"] == "ZeroDivisionError"
    assert exception["mechanism"]["type"] == "celery"
    assert exception["mechanism"]["handled"] is False
    assert event["tags"]["celery_task_id"]
    assert event["extra"]["celery-job"]["task_name"] == "shop.divide"


def test_each_run_of_a_task_is_timed(reported: Sink) -> None:
    assert {one["transaction"] for one in reported.of("transaction")} >= set(TASKS)


def test_retries_are_reported_once_when_they_are_exhausted(reported: Sink) -> None:
    exception = of_task(reported, "shop.settle")["exception"]["values"][-1]
    assert (exception["type"], exception["value"]) == ("ConnectionResetError", "order 12")


def test_giving_up_without_a_reason_is_reported_once(reported: Sink) -> None:
    exception = of_task(reported, "shop.give_up")["exception"]["values"][-1]
    assert exception["type"] == "MaxRetriesExceededError"


def test_a_lost_redis_is_grouped_by_host(reported: Sink) -> None:
    event = of_task(reported, "shop.cache")
    assert event["exception"]["values"][-1]["type"] == "ConnectionError"
    assert event["fingerprint"] == ["external@1", "127.0.0.1:1"]


def test_no_argument_and_no_password_of_a_url_leaves_the_worker(reported: Sink) -> None:
    assert SECRET.encode() not in reported.raw


def test_a_task_the_worker_does_not_know_is_reported_without_its_body(reported: Sink) -> None:
    (entry,) = [event["logentry"] for event in reported.of("event") if "logentry" in event]
    assert entry["message"].startswith("Received unregistered task of type %s.")
    assert UNKNOWN in entry["formatted"]
    assert "[Filtered]" in entry["formatted"]


@pytest.mark.parametrize("name", ["shop.slow", "shop.slow_inside"])
def test_a_time_limit_is_grouped_by_task_whatever_it_interrupted(reported: Sink, name: str) -> None:
    assert of_task(reported, name)["fingerprint"] == ["celery", "SoftTimeLimitExceeded", name]


class Sunset(solar):
    def __init__(self) -> None:  # the real one needs a library that knows where the sun is
        self.nowfun, self.event, self.lat, self.lon = (lambda: datetime.now(UTC)), "sunset", 48.1, 11.6


# Sentry cannot be told these as they are, and a monitor that is only nearly right calls runs missed.
WITHOUT_MONITOR: list[Any] = [
    59.9,
    90.0,
    timedelta(minutes=1, microseconds=1),
    Sunset(),
    crontab(minute="0", hour="0", day_of_month="1-7", day_of_week="mon"),  # Celery: both days; cron: either
]
WITH_MONITOR: list[Any] = [
    (timedelta(hours=36), {"type": "interval", "value": 36, "unit": "hour"}),
    (timedelta(minutes=90), {"type": "interval", "value": 90, "unit": "minute"}),
    (timedelta(days=2), {"type": "interval", "value": 2, "unit": "day"}),
    (crontab(minute=[0, 30], hour={9, 17}), {"type": "crontab", "value": "0,30 9,17 * * *"}),
    (crontab(minute="*/15", day_of_week="mon-fri"), {"type": "crontab", "value": "*/15 * * * 1,2,3,4,5"}),
    (crontab(minute="0", hour="22-2"), {"type": "crontab", "value": "0 0,1,2,22,23 * * *"}),
    (crontab(minute="0", hour="*/12,22-2"), {"type": "crontab", "value": "0 0,1,2,12,22,23 * * *"}),
    (crontab(minute="0", hour="0", day_of_week="fri-mon"), {"type": "crontab", "value": "0 0 * * 0,1,5,6"}),
    (crontab(minute="0", hour="0", day_of_week="monday"), {"type": "crontab", "value": "0 0 * * 1"}),
    (crontab(minute="0", hour="0", day_of_month="1,15"), {"type": "crontab", "value": "0 0 1,15 * *"}),
]


def test_beat_entries_become_monitors_unless_sentry_would_refuse_them(started: Callable[..., Kept]) -> None:
    kept = started()
    app = Celery("beating", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {
        "tick": {"task": "shop.divide", "schedule": 15.0},
        "minute": {"task": "shop.divide", "schedule": 60.0},
        "nightly": {"task": "shop.divide", "schedule": crontab(hour="3", minute="30")},
        **{f"none {n}": {"task": "shop.divide", "schedule": one} for n, one in enumerate(WITHOUT_MONITOR)},
        **{f"right {n}": {"task": "shop.divide", "schedule": one} for n, (one, _) in enumerate(WITH_MONITOR)},
    }
    scheduler = Scheduler(app=app)
    for entry in scheduler.schedule.values():
        scheduler.apply_entry(entry)

    monitors = {one["monitor_slug"]: one["monitor_config"]["schedule"] for one in kept.of("check_in")}
    assert monitors == {
        "minute": {"type": "interval", "value": 1, "unit": "minute"},
        "nightly": {"type": "crontab", "value": "30 3 * * *"},
        **{f"right {n}": told for n, (_, told) in enumerate(WITH_MONITOR)},
    }
    assert all(one["status"] == "in_progress" and "fingerprint" not in one for one in kept.of("check_in"))


def test_those_of_an_integration_of_the_applications_own_are_right_too(
    started: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    every_minute = {"schedule": {"type": "interval", "value": 1, "unit": "minute"}, "timezone": "UTC"}
    monkeypatch.setattr(beat, "_get_monitor_config", lambda schedule, app, name: every_minute)
    started(integrations=[CeleryIntegration(monitor_beat_tasks=True)])

    made: Any = beat._get_monitor_config
    assert made(schedule(90), None, "settle") == {}
    assert made(schedule(7200), None, "settle")["schedule"] == {"type": "interval", "value": 2, "unit": "hour"}
