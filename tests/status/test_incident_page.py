"""The page of one incident: what is known of it, and what one can do about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from alerting.examples.afternoon import firing
from alerting.outbox.models import Message
from tests.support.incidents import closed, evaluator, incident
from tests.support.page_texts import text

pytestmark = pytest.mark.django_db


def test_an_incidents_page_shows_decisions_notices_and_changes(client: Client) -> None:
    made = incident("shop")
    Message.objects.create(
        dedupe_key="mail",
        channel="email",
        incident_key=made.uid.hex,
        kind="first",
        payload={},
        created_at=made.opened_at,
        due_at=made.opened_at,
        error="smtp_421: busy",
    )
    page = text(client, f"/incidents/{made.pk}/")
    assert "delivered" in page and "waiting: smtp_421: busy" in page
    assert "over the threshold for the first time" in page and "I have it" in page


def test_the_errors_behind_it_and_what_to_do_now_stand_on_both_pages(client: Client) -> None:
    evaluator()
    made = incident("shop")
    notice = replace(firing(), key=made.uid.hex)
    Message.objects.update(payload=notice.to_json())
    later = {**notice.to_json(), "kind": "worse", "top_errors": [], "trend": None}
    Message.objects.create(
        dedupe_key="2",
        channel="slack",
        incident_key=made.uid.hex,
        kind="worse",
        payload=later,
        created_at=made.opened_at,
        due_at=made.opened_at,
    )
    page = text(client, f"/incidents/{made.pk}/")
    assert "The 3 most frequent error types are 92% of all" in page
    assert 'href="https://acme.sentry.example/issues/4501/"' in page and "first seen 14 d 4 h earlier" in page
    assert "Open the first of these errors" in page and "Open in Sentry" in page
    assert "21 × OperationalError: could not connect" in text(client, "/")


def test_a_closed_incident_can_be_read_and_not_acted_on(client: Client) -> None:
    made = closed("shop")
    page = text(client, f"/incidents/{made.pk}/")
    assert "it lasted 20 min" in page and "I have it" not in page and "hx-get" not in page


def test_acknowledging_and_giving_back(client: Client) -> None:
    made = incident("shop")
    assert client.post(f"/incidents/{made.pk}/acknowledge/", {"note": "rolling back"}).status_code == 302
    page = text(client, f"/incidents/{made.pk}/")
    assert "rolling back" in page and "acknowledged it (page)" in page
    client.post(f"/incidents/{made.pk}/acknowledge/", {"undo": "1"})
    page = text(client, f"/incidents/{made.pk}/")
    assert "I have it" in page and "gave it back (page)" in page


def test_what_is_told_of_ourselves_cannot_be_silenced(client: Client) -> None:
    made = incident("sentry", rule="blind", reason="no_good_reading")
    page = text(client, f"/incidents/{made.pk}/")
    assert "<h1>High · sentry: Blind</h1>" in page and "cannot be silenced" in page and "I have it" in page
    refused = client.post(f"/incidents/{made.pk}/silence/", {"seconds": "3600", "reason": "deploy"})
    assert refused.status_code == 400 and "always told" in refused.content.decode()


def test_a_silence_made_from_an_incident_is_among_what_people_did_about_it(client: Client) -> None:
    made = incident("shop")
    client.post(f"/incidents/{made.pk}/silence/", {"seconds": "3600", "reason": "deploy"})
    scope = "silenced rule critical_errors, project shop until"
    assert scope in text(client, f"/incidents/{made.pk}/") and scope in text(client, "/silences/")
    assert f"incident {made.pk}</a>)" in text(client, "/silences/")


def test_being_blind_lasts_until_now(client: Client) -> None:
    since = datetime.now(UTC) - timedelta(hours=2, minutes=5)
    evidence = {"since": since.isoformat()}
    made = incident("sentry", rule="blind", value=281, peak=281, threshold=90, evidence=evidence)
    assert "no reading for 2 h 5 min" in text(client, f"/incidents/{made.pk}/")


def test_the_address_in_a_notice_leads_to_its_incident(client: Client) -> None:
    shop = incident("shop")
    assert client.get(f"/incidents/{shop.uid}/").headers["Location"] == f"/incidents/{shop.pk}/"
    text(client, "/incidents/00000000-0000-0000-0000-000000000000/", 404)
