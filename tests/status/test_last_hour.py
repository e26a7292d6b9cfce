"""An incident's last hour without asking Sentry: as judged, as told, or plainly why it is not known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerting.examples.afternoon import firing
from alerting.incidents.models import Decision, Incident
from alerting.outbox.models import Message
from alerting.status import last_hour
from tests.support.incidents import closed, incident

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=3)


def of(made: Incident) -> last_hour.LastHour:
    return last_hour.of(made, list(Message.objects.all()), datetime.now(UTC))


def judged(made: Incident, minutes_ago: float, value: float) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    Decision.objects.create(
        incident=made,
        at=at,
        window_end=at,
        settled=False,
        trust="value",
        value=value,
        outcome="breached",
        verdict_reason="over_threshold",
        reason="still_breached",
    )


def test_what_is_open_for_longer_is_shown_as_it_was_judged() -> None:
    made = incident("shop", age=HOURS)
    judged(made, 31, 50.0)
    judged(made, 1, 90.0)
    hour = of(made)
    assert hour.trend is not None and hour.trend.values == (34.0,) * 9 + (50.0,) * 10 + (90.0,)
    assert hour.note == "rising, as it was judged" and hour.bars is not None and hour.bars.sparkline[-1] == "█"


def test_what_is_fresh_is_shown_as_it_was_told() -> None:
    made = incident("shop")
    Message.objects.update(payload=firing(key=made.uid.hex).to_json())
    hour = of(made)
    assert hour.bars is not None and hour.note.startswith("rising, as told for the hour until 2026-11-23 12:08 UTC")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "came with no notice"),
        ({"rule": "new_issue", "subject": "7"}, "no value over time"),
        ({"rule": "blind"}, "about the service itself"),
    ],
)
def test_what_is_not_known_says_why(changes: dict[str, Any], why: str) -> None:
    hour = of(incident("shop", **changes))
    assert (hour.trend, hour.bars) == (None, None) and why in hour.note


def test_what_is_over_has_no_last_hour() -> None:
    assert "it is over" in of(closed("shop", age=HOURS)).note
