"""Who may judge now: a tick that goes on elsewhere is waited for, one that only looks so is not."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from alerting import owner
from alerting.incidents.models import Tick
from tests.support.pipeline import World

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
HOST = owner.me().split(":")[0]


def unfinished(name: str) -> None:
    Tick.objects.create(window_end=NOON, claimed_at=NOON, detail={"owner": name})


def test_a_tick_that_goes_on_in_another_process_is_waited_for() -> None:
    parent = os.getppid()
    unfinished(f"{HOST}:{parent}:{owner._started(parent)}")
    assert World(NOON + timedelta(seconds=15)).tick() is None
    assert World(NOON + timedelta(seconds=105)).tick() is not None


@pytest.mark.parametrize("name", [owner.me(), f"{HOST}:1:0"], ids=["ours", "that of a process that is gone"])
def test_one_that_broke_off_where_it_could_not_be_noted_holds_up_nobody(name: str) -> None:
    unfinished(name)
    assert World(NOON + timedelta(seconds=15)).tick() is not None
