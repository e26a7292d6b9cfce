"""The page "silences": what can be silenced and planned, and what is refused in which words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from alerting.actions.models import Silence
from alerting.incidents.models import LatestReadings
from tests.support.incidents import evaluator, incident
from tests.support.page_texts import text

pytestmark = pytest.mark.django_db


def test_silencing_needs_a_reason_and_a_length_and_is_shown(client: Client) -> None:
    made = incident("shop")
    address = f"/incidents/{made.pk}/silence/"
    assert client.post(address, {"seconds": "3600", "reason": " "}).status_code == 400
    assert client.post(address, {"seconds": "99", "reason": "deploy"}).status_code == 400
    assert client.post(address, {"seconds": "3600", "reason": "deploy"}).status_code == 302
    page = text(client, f"/incidents/{made.pk}/")
    assert "deploy" in page and "silenced by" in page
    listed = text(client, "/silences/")
    assert "rule critical_errors, project shop" in listed and "End now" in listed
    client.post("/silences/1/end/")
    assert "Nothing is silenced." in text(client, "/silences/")


def test_maintenance_is_planned_named_and_removed(client: Client) -> None:
    form = {
        "rule": "",
        "project": "shop",
        "environment": "",
        "weekdays": "sat,sun",
        "starts": "02:30",
        "minutes": "90",
        "time_zone": "Europe/Berlin",
        "reason": "backups",
    }
    assert client.post("/maintenance/", form).status_code == 302
    page = text(client, "/silences/")
    assert "sat, sun, 02:30 Europe/Berlin, 90 min" in page
    bad = client.post("/maintenance/", {**form, "time_zone": "Europe/Nowhere"})
    assert bad.status_code == 400 and "Europe/Nowhere" in bad.content.decode() and "backups" in bad.content.decode()
    endless = client.post("/maintenance/", {**form, "weekdays": "daily", "minutes": "1440"})
    assert endless.status_code == 400 and "would never end" in endless.content.decode()
    client.post("/maintenance/1/remove/")
    assert "No maintenance is planned." in text(client, "/silences/")


def test_anything_can_be_silenced_before_it_breaks(client: Client) -> None:
    evaluator()
    form = {"project": "shop", "environment": "staging", "seconds": "14400", "reason": "deploy"}
    assert client.post("/silences/add/", {**form, "seconds": "5"}).status_code == 400
    kept = client.post("/silences/add/", {**form, "reason": ""})
    assert kept.status_code == 400 and 'value="staging"' in kept.content.decode()
    assert client.post("/silences/add/", form).status_code == 302
    made = Silence.objects.get()
    assert (made.rule, made.project, made.environment, made.reason) == ("", "shop", "staging", "deploy")
    assert made.ends_at - made.starts_at <= timedelta(hours=4)


def test_the_page_refuses_a_silence_of_no_rule_in_the_words_of_the_command(client: Client) -> None:
    form = {"rule": "eror_rate", "seconds": "14400", "reason": "deploy"}
    refused = client.post("/silences/add/", form)
    assert refused.status_code == 400 and "There is no rule &#x27;eror_rate&#x27;" in refused.content.decode()
    schedule = {"weekdays": "daily", "starts": "02:30+02:00", "minutes": "5", "time_zone": "UTC", "reason": "x"}
    assert "has an offset from UTC" in client.post("/maintenance/", schedule).content.decode()
    planned = client.post("/maintenance/", {**schedule, "starts": "02:30", "rule": "eror_rate"})
    assert planned.status_code == 400 and "There is no rule" in planned.content.decode()


def test_a_silence_that_may_cover_nothing_is_shown_with_its_doubt(client: Client) -> None:
    LatestReadings.objects.create(pk=1, at=datetime.now(UTC), readings={"error_rate": {"7": ["shop", 0.1, ""]}})
    client.post("/silences/add/", {"project": "shpo", "seconds": "14400", "reason": "deploy"})
    assert "no project shpo has been read lately" in text(client, "/silences/")
