"""What others wait for is written as soon as the database takes it again, by whom it held back."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from alerting import owner
from alerting.incidents.models import Tick
from alerting.outbox import channels
from alerting.outbox.models import Channel
from tests.support.pipeline import World
from tests.support.service import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def full_disk(beginning: str) -> Callable[..., Any]:
    """Refuse this connection's statements that begin so, as SQLite does on a full disk."""

    def execute(go_on: Callable[..., Any], sql: str, *more: Any) -> Any:
        if sql.startswith(beginning):
            raise OperationalError("disk I/O error")
        return go_on(sql, *more)

    return execute


def test_a_tick_whose_end_could_not_be_written_holds_others_up_for_a_moment_only() -> None:
    world = World(NOON)
    with connection.execute_wrapper(full_disk('UPDATE "incidents_tick"')), pytest.raises(OperationalError):
        world.tick()
    assert wait_until(lambda: Tick.objects.get().finished_at is not None, 10)
    assert Tick.objects.get().outcome == "good"


def test_a_channel_that_could_not_be_given_back_is_held_for_a_moment_only() -> None:
    channels.hold("slack", NOON)
    with connection.execute_wrapper(full_disk('UPDATE "outbox_channel"')), pytest.raises(OperationalError):
        channels.release("slack", NOON)
    assert wait_until(lambda: Channel.objects.get().owner == "", 10)


def test_what_the_same_process_holds_anew_by_then_stays_held() -> None:
    channels.hold("slack", NOON)
    with connection.execute_wrapper(full_disk('UPDATE "outbox_channel"')), pytest.raises(OperationalError):
        channels.release("slack", NOON)
    (later,) = [each for each in threading.enumerate() if each.name == "written-later"]
    channels.hold("slack", NOON + timedelta(seconds=1))
    later.join(10)
    assert channels.get("slack", NOON).owner == owner.me()
