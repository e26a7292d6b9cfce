"""The simulator's short form: hours instead of a week, and the goals that hold there for every seed."""

import pytest

from alerting.outbox.message import Kind
from tests.signal.compose import ProjectKind, compose, side_by_side
from tests.signal.drive import drive
from tests.signal.score import score

# Nothing that is looked at there depends on it; the first test and the week have every default.
HALF_AS_MANY_TICKS = {"SENTRY_POLL_INTERVAL_SECONDS": "30"}
A_QUARTER_AS_MANY = {"SENTRY_POLL_INTERVAL_SECONDS": "60"}
MESSAGES = (("messages", "quiet"), ("messages", "busy"))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(170)]


def test_bursts_and_rates_are_told_once_soon_and_truly() -> None:
    kinds = {
        "quiet": ProjectKind(3),
        "busy": ProjectKind(2, 120),
        "small": ProjectKind(2, 30),
        "sampled": ProjectKind(1, 300, 0.1),
    }
    scenes = ("burst", "barely", "rate", "slow", "new type")
    history = compose(2027, days=0.09, only=scenes, pause_hours=0.3, kinds=kinds)
    run = drive(history)
    found = score(history, run)
    assert found.incidents >= 10
    assert not found.missed + found.false + found.late + found.repeats + found.resolved_while_broken
    counts = found.detection["critical_errors"]
    assert sum(counts) / len(counts) <= 45
    assert sum(run.requests) / len(run.requests) <= 5


def test_what_keeps_starting_and_stopping_is_three_pairs_and_then_flapping() -> None:
    scenes = (("flapping count", "quiet"), ("flapping rate", "small"), ("flapping latency", "busy"))
    run = drive(history := side_by_side(*scenes, hours=3.4), A_QUARTER_AS_MANY)
    found = score(history, run)
    assert (found.most_pairs, found.flapping, found.missed, found.false) == (3, [], [], [])
    for rule in ("critical_errors", "error_rate", "p95_latency"):
        kinds = [each.notice.kind.value for each in run.told if each.channel == "slack" and each.notice.rule == rule]
        assert [kind for kind in kinds if kind != "repeat"] == ["first", "resolved"] * 3 + ["flapping", "resolved"]
        # An hour after "flapping" only the count, which comes every twelve minutes, is still there to be reminded of.
        assert kinds.count("repeat") == (rule == "critical_errors")


def test_a_window_that_fills_is_not_worse_and_what_grows_is_and_what_is_no_error_is_nothing() -> None:
    scenes = (("flat", "quiet"), ("growing", "quiet"), ("rate", "small"), ("steady under", "quiet"), *MESSAGES)
    run = drive(history := side_by_side(*scenes, hours=2.2), A_QUARTER_AS_MANY)
    found = score(history, run)
    assert (found.missed, found.false, found.worse_of_flat) == ([], [], [])
    worse = {each.notice.project for each in run.told if each.notice.kind is Kind.WORSE}
    assert worse == {"quiet-2"}
    assert found.kinds["worse"] == 3
    assert {each.notice.project for each in run.told} == {"quiet-1", "quiet-2", "small-3"}
