"""What a notice says in its one sentence: what changed since people were told last, and by how much."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents import notice as notices
from alerting.incidents.lifecycle import Standing, State, Step, Why
from alerting.incidents.links import Links
from alerting.notifiers import render
from alerting.outbox.message import Kind, Notice
from alerting.rules.catalog import CRITICAL_ERRORS
from alerting.rules.model import Project, Reading, Rule, Trust, Window

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RULE = Rule(CRITICAL_ERRORS, threshold=10, window_seconds=300)


def told(
    why: Why,
    kind: Kind,
    value: float,
    last_told: float,
    *,
    state: State = State.FIRING,
    peak: float = 0.0,
    said: float = 0.0,
) -> Notice:
    reading = Reading(Project("1", "shop"), "", Window.ending(NOON, 300), Trust.VALUE, value=value, dataset="errors")
    opened = NOON - timedelta(hours=1)
    before = notices.Told("k" * 32, 2, opened, peak, value, 10, last_told=last_told, last_said=said or last_told)
    step = Step(Standing(state=state), why, kind)
    return notices.compose(RULE, reading, step, before, NOON, Links("https://sentry.example", "acme"))


@pytest.mark.parametrize(
    ("value", "last_told", "said"),
    [
        (52, 37, "Still over the threshold of 10 errors after 1 h: 52 errors in 5 min, up from 37 errors."),
        (12, 37, "Still over the threshold of 10 errors after 1 h: 12 errors in 5 min, down from 37 errors."),
        (
            37,
            37,
            "Still over the threshold of 10 errors after 1 h: 37 errors in 5 min, no better and no worse than "
            "last told.",
        ),
        (37, 0, "Still over the threshold of 10 errors after 1 h: 37 errors in 5 min."),
    ],
)
def test_a_reminder_says_how_the_value_has_moved_since_it_was_told(value: float, last_told: float, said: str) -> None:
    assert told(Why.REPEAT_DUE, Kind.REMINDER, value, last_told).sentence == said


def test_what_got_worse_says_what_it_was() -> None:
    sentence = told(Why.DOUBLED, Kind.WORSE, 84, 37).sentence
    assert sentence == (
        "It got worse: 84 errors in 5 min (threshold 10 errors), at least double what it was (37 errors)."
    )


def test_an_end_says_how_bad_it_was_and_how_long() -> None:
    over = told(Why.RECOVERED, Kind.RESOLVED, 3, 37, state=State.OK, peak=212)
    assert over.sentence == (
        "Recovered after 1 h: 3 errors in 5 min, at or under the threshold of 10 errors, and it stayed there."
    )
    assert over.peak == "212 errors" and over.resolved_at == "2026-01-01T12:00:00Z"


def test_after_a_silence_it_says_that_it_still_is() -> None:
    sentence = told(Why.SILENCE_ENDED, Kind.REMINDER, 37, 0).sentence
    assert sentence == "The silence is over, and this is not: 37 errors in 5 min (threshold 10 errors), open for 1 h."


WHYS = [
    (Why.FIRST_BREACH, Kind.FIRST),
    (Why.REPEAT_DUE, Kind.REMINDER),
    (Why.DOUBLED, Kind.WORSE),
    (Why.FASTER, Kind.WORSE),
    (Why.RECOVERED, Kind.RESOLVED),
    (Why.STABLE_BREACHED, Kind.REMINDER),
    (Why.CHANGES_OFTEN, Kind.FLAPPING),
    (Why.SILENCE_ENDED, Kind.REMINDER),
    (Why.FOUND_LATE, Kind.LATE),
    (Why.NOT_WATCHED, Kind.ENDED),
    (Why.NOT_VISIBLE, Kind.ENDED),
]


@pytest.mark.parametrize(("why", "kind"), WHYS)
def test_whatever_is_told_says_value_and_threshold_once(why: Why, kind: Kind) -> None:
    shown = render.as_text(render.view(told(why, kind, 84, 37, peak=212)))
    assert [len(re.findall(rf"\b{amount} errors\b", shown)) for amount in (84, 10)] == [1, 1], shown


def test_a_second_reminder_tells_what_has_changed_since_the_first() -> None:
    reminded = told(Why.REPEAT_DUE, Kind.REMINDER, 60, 37, said=52)
    assert (
        reminded.sentence == "Still over the threshold of 10 errors after 1 h: 60 errors in 5 min, up from 52 errors."
    )
