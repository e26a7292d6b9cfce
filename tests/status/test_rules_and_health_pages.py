"""The pages "rules" and "health": thresholds and values; ticks, channels, budget, ingestion."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from alerting.incidents.models import Gap, LatestReadings, Tick
from alerting.outbox.models import Channel, Message
from tests.support.incidents import closed, evaluator
from tests.support.page_texts import text

pytestmark = pytest.mark.django_db


def test_rules_show_thresholds_their_origin_values_and_margins(client: Client) -> None:
    LatestReadings.objects.create(
        pk=1,
        at=datetime.now(UTC),
        readings={
            "critical_errors": {"1": ["shop", 8.0, ""], "2": ["pay", 11.0, ""]},
            "error_rate": {"3": ["tiny", None, "too few transactions"]},
        },
    )
    closed("shop")
    page = text(client, "/rules/")
    assert "over 10 errors" in page and "the default" in page and "2 errors left" in page
    assert "goes to nobody: no channel is enabled. Last fired" in page
    assert page.index("<td>pay</td>") < page.index("<td>shop</td>") and "too few transactions" in page


def test_health_shows_ticks_channels_gaps_and_what_is_off(client: Client) -> None:
    now = datetime.now(UTC)
    evaluator()
    Gap.objects.create(start=now - timedelta(hours=1), end=now, noticed_at=now)
    Channel.objects.create(name="email", leased_until=now, open_at=now, last_error="smtp_421: busy")
    page = text(client, "/health/")
    assert "is still to be judged" in page and "smtp_421: busy" in page
    assert "No channel is enabled" in page and "HEARTBEAT_URL" in page


def test_health_shows_what_is_left_of_the_budget_and_what_is_owed(client: Client) -> None:
    now = datetime.now(UTC)
    evaluator(memory={"plan": {"active": 3}}, good_until=now - timedelta(minutes=3))
    Tick.objects.create(window_end=now, claimed_at=now, finished_at=now, outcome="good", requests=2)
    Channel.objects.create(name="slack", leased_until=now, open_at=now, broken_reason="invalid_auth", broken_at=now)
    Message.objects.create(
        dedupe_key="owed", channel="slack", incident_key="x", kind="first", payload={}, created_at=now, due_at=now
    )
    page = text(client, "/health/")
    assert "3.0 of 5 requests a tick are left on average" in page and "1 of 1 ticks were good" in page
    assert f"{now - timedelta(minutes=3):%H:%M}" in page
    assert "broken</span> invalid_auth" in page and '<td class="number">1</td>' in page


def test_health_says_how_far_ingestion_is_behind_and_what_is_not_judged_because_of_it(client: Client) -> None:
    now = datetime.now(UTC)
    arrived = [[now.isoformat(), {"7": 9}, {"7": 3, "8": 8}]]
    evaluator(memory={"look_back": {"arrivals": arrived, "late_since": {"7": now.isoformat()}}})
    readings = {"critical_errors": {"7": ["shop", 3.0, ""]}, "error_rate": {"7": ["shop", None, "ingestion behind"]}}
    LatestReadings.objects.create(pk=1, at=now, readings=readings)
    page = text(client, "/health/")
    assert "Ingestion is behind for shop: 9 of the 12 errors that came in the last minutes were late." in page
    assert "Not judged until it has caught up: shop." in page
    assert "Of the 20 errors that came in the last 15 min, 9 were late" in page


def test_health_says_where_there_is_no_sign_of_a_delay(client: Client) -> None:
    evaluator()
    assert "No sign that Sentry is behind." in text(client, "/health/")
