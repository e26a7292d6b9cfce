"""The page "now": what it says in each state, the worst first."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from alerting.actions import perform, scope
from alerting.outbox.models import Channel
from tests.support.incidents import closed, evaluator, incident
from tests.support.page_texts import text

pytestmark = pytest.mark.django_db
ANN = perform.Actor("ann", "page")


def test_before_the_first_tick_the_page_says_what_it_waits_for(client: Client) -> None:
    page = text(client, "/")
    assert "Waiting for the first evaluation" in page and "Nothing is wrong" not in page


def test_with_nothing_open_it_says_so_and_when_it_looked(client: Client) -> None:
    evaluator()
    page = text(client, "/")
    assert "Nothing is wrong." in page and "Last evaluated 0 s ago" in page


def test_while_blind_it_never_says_that_nothing_is_wrong(client: Client) -> None:
    evaluator(memory={"sight": {"good": {}, "faults": {"errors": "Sentry refused the token."}}})
    page = text(client, "/")
    assert "We cannot see." in page and "Sentry refused the token." in page and "Nothing is wrong" not in page
    assert "Last complete reading: <time" in page


def test_when_ticks_have_stopped_it_says_since_when(client: Client) -> None:
    evaluator(judged_until=datetime.now(UTC) - timedelta(hours=2))
    page = text(client, "/")
    assert "Nothing has been evaluated for 2 h" in page and "Nothing is wrong" not in page


def test_the_worst_stands_first_and_what_somebody_has_in_hand_stands_last_of_its_severity(client: Client) -> None:
    evaluator()
    mild, bad, latency = incident("mild", value=12), incident("bad", value=90), incident("slow", severity="medium")
    taken = incident("taken", value=500)
    perform.acknowledge(taken.pk, ANN, datetime.now(UTC))
    page = text(client, "/")
    places = [page.index(f"/incidents/{each.pk}/") for each in (bad, mild, taken, latency)]
    assert places == sorted(places)
    assert "ann has it" in page


def test_an_open_incident_shows_value_threshold_and_chart(client: Client) -> None:
    evaluator()
    incident("shop")
    page = text(client, "/")
    assert "34 errors" in page and "threshold 10 errors" in page and "peak 41 errors" in page
    assert '<svg class="chart"' in page
    assert "it stays about level at 34 errors; over the threshold of 10 errors all the time" in page


def test_a_broken_channel_and_a_silence_stand_on_the_first_page(client: Client) -> None:
    now = datetime.now(UTC)
    evaluator()
    Channel.objects.create(name="slack", leased_until=now, open_at=now, broken_reason="invalid_auth")
    perform.silence(scope.About(project="legacy"), now + timedelta(hours=1), "being replaced", ANN, now)
    page = text(client, "/")
    assert "slack is broken" in page and "invalid_auth" in page and "being replaced" in page
    assert 'data-summary="No open incident, 1 broken channel"' in page


def test_of_new_error_types_the_newest_stands_first(client: Client) -> None:
    evaluator()
    for hours, title in ((1, "KeyError: new"), (3, "KeyError: old")):
        at = datetime.now(UTC) - timedelta(hours=hours)
        closed("shop", rule="new_issue", subject=title, closed_at=at, evidence={"issue": {"title": title}})
    page = text(client, "/")
    assert page.index("KeyError: new") < page.index("KeyError: old")
