"""The simulator's short form: hours instead of a week, and the goals that hold there for every seed."""

import pytest

from tests.signal.compose import Kind, compose, side_by_side
from tests.signal.drive import drive
from tests.signal.score import score

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_bursts_and_rates_are_told_once_soon_and_truly() -> None:
    kinds = {"quiet": Kind(3), "busy": Kind(2, 120), "small": Kind(2, 30), "sampled": Kind(1, 300, 0.1)}
    scenes = ("burst", "barely", "rate", "slow", "new type")
    history = compose(2027, days=0.12, only=scenes, pause_hours=0.4, kinds=kinds)
    run = drive(history)
    found = score(history, run)
    assert found.incidents > 10
    assert not found.missed + found.false + found.late + found.repeats + found.resolved_while_broken
    counts = found.detection["critical_errors"]
    assert sum(counts) / len(counts) <= 45
    assert sum(run.requests) / len(run.requests) <= 5


def test_ten_errors_in_every_five_minutes_and_messages_that_are_no_errors_are_nothing() -> None:
    history = side_by_side(("steady under", "quiet"), ("messages", "quiet"), ("messages", "busy"), hours=1.0)
    found = score(history, drive(history))
    assert (found.incidents, dict(found.kinds), found.false) == (0, {}, [])
