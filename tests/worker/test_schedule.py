"""What beat sends, and that it goes on sending when somebody sets the clock."""

from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

from worker.schedule import SteadyScheduler, entries


class TurnedCelery(Celery):
    """An application whose clock tests set; nothing is sent anywhere."""

    moment = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class KeptScheduler(SteadyScheduler):
    """Keeps what would be sent at our own seam to the broker."""

    def apply_entry(self, entry: object, producer: object = None) -> None:
        self.sent = [*getattr(self, "sent", []), self.app.now()]


def test_each_message_expires_before_its_successor_and_the_heartbeat_is_once_a_minute() -> None:
    schedule = entries(15, ("email", "slack"))
    assert schedule["tick"]["schedule"] == 15.0
    assert schedule["heartbeat"]["schedule"] == 60.0, "Sentry's cron monitors know no shorter interval"
    assert {schedule[f"deliver-{channel}"]["args"] for channel in ("email", "slack")} == {("email",), ("slack",)}
    assert all(each["options"]["expires"] <= max(5, each["schedule"]) for each in schedule.values())


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)], ids=["back", "forward"])
def test_a_clock_that_jumps_an_hour_costs_beat_one_interval(jump: timedelta) -> None:
    app = TurnedCelery(set_as_current=False)
    app.conf.update(broker_url="memory://", timezone="UTC", beat_schedule={"tick": {"task": "tick", "schedule": 15.0}})
    scheduler = KeptScheduler(app=app, lazy=False)

    def pass_time(seconds: int) -> int:
        before = len(getattr(scheduler, "sent", []))
        for _ in range(seconds):
            app.moment += timedelta(seconds=1)
            scheduler.tick()
        return len(scheduler.sent) - before

    assert pass_time(61) in {4, 5}
    app.moment += jump
    assert 3 <= pass_time(61) <= 6
