"""What beat sends, how often; and a beat that keeps time when the clock does not."""

import time
from typing import Any

from celery.beat import Scheduler

from worker import log_filter

DELIVERY_SECONDS = 5
HEARTBEAT_SECONDS = 60
# Counted from beat's start: more seldom, and a beat that is often deployed never gets to it.
HOUSEKEEPING_SECONDS = 600
CLOCK_JUMP_SECONDS = 10.0


def entries(interval_seconds: int, channels: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The beat schedule. Each message expires before its successor, so an absent worker finds no backlog."""
    schedule: dict[str, dict[str, Any]] = {
        "tick": _every(interval_seconds, "alerting.tick"),
        "heartbeat": _every(HEARTBEAT_SECONDS, "alerting.heartbeat"),
        "housekeeping": _every(HOUSEKEEPING_SECONDS, "alerting.housekeeping"),
    }
    for channel in channels:
        schedule[f"deliver-{channel}"] = {**_every(DELIVERY_SECONDS, "alerting.deliver"), "args": (channel,)}
    return schedule


def _every(seconds: int, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": float(seconds), "options": {"expires": max(5, seconds)}}


class SteadyScheduler(Scheduler):
    """Beat's scheduler without a file, and without an hour of silence when the clock is set back by one.

    Celery's own keeps due times by wall clock: set back an hour, it sends nothing until the old time comes again. The
    file is left out because nothing in this schedule needs to be remembered over a restart, and a full disk must not
    stop beat.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offset = self._lead()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        offset = self._lead()
        if abs(offset - self._offset) > CLOCK_JUMP_SECONDS:
            self._start_over()
        self._offset = offset
        wait: float = super().tick(*args, **kwargs)
        return wait

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        sent = super().apply_async(*args, **kwargs)
        log_filter.redis_answers()
        return sent

    def _lead(self) -> float:
        """By how much the wall clock is ahead of one that nobody can set."""
        lead: float = self.app.now().timestamp() - time.monotonic()
        return lead

    def _start_over(self) -> None:
        for entry in self.schedule.values():
            entry.last_run_at = entry.default_now()
        self._heap = None
