"""Each page: what it says in each state, in how few queries, and that hostile text stays text."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerting.actions import perform, scope
from alerting.actions.models import Acknowledgement, Silence
from alerting.examples.afternoon import firing
from alerting.incidents.models import Gap, LatestReadings, Tick
from alerting.outbox.models import Channel, Message
from tests.support import hostile_rows
from tests.support.incidents import closed, evaluator, incident

pytestmark = pytest.mark.django_db

ANN = perform.Actor("ann", "page")
MOST_QUERIES = 10


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="localhost")


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def test_no_text_from_sentry_turns_a_line_around(client: Client) -> None:
    evaluator()
    turned = {"issue": {"title": "Key\u202eError\u200b"}}
    new_type = incident("sh\u202eop", rule="new_issue", subject="991", evidence=turned)
    incident("sh\u202eop")
    closed("sh\u202eop", rule="new_issue", subject="992", evidence=turned)
    for address in ("/", "/history/", f"/incidents/{new_type.pk}/"):
        page = text(client, address)
        assert "KeyError" in page and "shop" in page
        assert "\u202e" not in page and "\u200b" not in page, address


@pytest.mark.parametrize("address", ["/", "/incidents/{}/", "/history/", "/rules/", "/silences/", "/health/"])
def test_nothing_on_any_page_turns_a_line_around_or_hides_in_it(client: Client, address: str) -> None:
    page = text(client, address.format(hostile_rows.fill("sh\u202eop\u200b")))
    assert "shop" in page and not re.findall("[\u202e\u200b]", page)


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


@pytest.mark.parametrize("address", ["/", "/history/", "/incidents/{}/"])
def test_a_new_error_type_is_shown_by_its_title(client: Client, address: str) -> None:
    evaluator()
    made = closed("shop", rule="new_issue", subject="991", evidence={"issue": {"title": "KeyError: 'cart_id'"}})
    page = text(client, address.format(made.pk))
    assert "KeyError: &#x27;cart_id&#x27;" in page and "34 errors" not in page.partition("<h2>Decisions")[0]


def test_of_new_error_types_the_newest_stands_first(client: Client) -> None:
    evaluator()
    for hours, title in ((1, "KeyError: new"), (3, "KeyError: old")):
        at = datetime.now(UTC) - timedelta(hours=hours)
        closed("shop", rule="new_issue", subject=title, closed_at=at, evidence={"issue": {"title": title}})
    page = text(client, "/")
    assert page.index("KeyError: new") < page.index("KeyError: old")


def test_who_has_an_incident_and_who_had_one_are_told_apart(client: Client) -> None:
    for made in (incident("open"), closed("over")):
        Acknowledgement.objects.create(incident=made, at=made.opened_at, by="ann", via="cli")
    page = text(client, "/history/")
    assert page.count("ann has it") == page.count("ann had it") == 1


def test_a_closed_incident_can_be_read_and_not_acted_on(client: Client) -> None:
    made = closed("shop")
    page = text(client, f"/incidents/{made.pk}/")
    assert "it lasted 20 min" in page and "I have it" not in page and "hx-get" not in page


def test_what_is_not_there_is_said_in_our_words(client: Client) -> None:
    assert "There is no such page or incident" in text(client, "/incidents/999/", 404)
    assert "There is no such page or incident" in text(client, "/nothing/", 404)


def test_acknowledging_and_giving_back(client: Client) -> None:
    made = incident("shop")
    assert client.post(f"/incidents/{made.pk}/acknowledge/", {"note": "rolling back"}).status_code == 302
    page = text(client, f"/incidents/{made.pk}/")
    assert "rolling back" in page and "acknowledged it (page)" in page
    client.post(f"/incidents/{made.pk}/acknowledge/", {"undo": "1"})
    page = text(client, f"/incidents/{made.pk}/")
    assert "I have it" in page and "gave it back (page)" in page


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


def test_history_filters_by_rule_project_and_day_and_pages(client: Client) -> None:
    for number in range(60):
        closed(f"shop-{number % 3}")
    closed("other", rule="error_rate", value=0.08, peak=0.09, threshold=0.01)
    page = text(client, "/history/")
    assert page.count("<tr>") == 51 and "?before=" in page
    assert text(client, "/history/?project=shop-1").count("<tr>") == 21
    assert text(client, "/history/?rule=error_rate").count("<tr>") == 2
    assert "No incident fits." in text(client, "/history/?until=2020-01-01")
    assert "is no date" in text(client, "/history/?since=yesterday", 400)
    older = page.split('href="/history/?before=')[1].split('"')[0]
    assert text(client, f"/history/?before={older}").count("<tr>") == 12


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


def test_a_silence_that_may_cover_nothing_is_shown_with_its_doubt(client: Client) -> None:
    LatestReadings.objects.create(pk=1, at=datetime.now(UTC), readings={"error_rate": {"7": ["shop", 0.1, ""]}})
    client.post("/silences/add/", {"project": "shpo", "seconds": "14400", "reason": "deploy"})
    assert "no project shpo has been read lately" in text(client, "/silences/")


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


@pytest.mark.parametrize("address", ["/", "/incidents/{}/", "/history/", "/rules/", "/silences/", "/health/"])
def test_hostile_text_stays_text(client: Client, address: str) -> None:
    page = text(client, address.format(hostile_rows.fill()))
    assert "<script>document" not in page and "<img" not in page and "javascript:" not in page
    assert "&lt;script&gt;" in page and "onmouseover='" not in page and 'onmouseover="' not in page


@pytest.mark.parametrize("address", ["/", "/incidents/{}/", "/history/", "/rules/", "/silences/", "/health/"])
def test_no_page_takes_more_than_ten_queries_however_much_there_is(
    client: Client, settings: Any, address: str, django_assert_max_num_queries: type[CaptureQueriesContext]
) -> None:
    evaluator()
    made = [incident(f"shop-{number}") for number in range(30)]
    for number in range(30):
        error = {"issue": {"title": "ValueError"}}
        closed(f"shop-{number}", rule="new_issue", subject=str(number), evidence=error)
    perform.acknowledge(made[0].pk, ANN, datetime.now(UTC))
    settings.STATUS_PASSWORD = "correct horse"
    client.post("/login/", {"name": "ann", "password": "correct horse"})
    with django_assert_max_num_queries(MOST_QUERIES):
        text(client, address.format(made[0].pk))


def test_the_address_in_a_notice_leads_to_its_incident(client: Client) -> None:
    shop = incident("shop")
    assert client.get(f"/incidents/{shop.uid}/").headers["Location"] == f"/incidents/{shop.pk}/"
    text(client, "/incidents/00000000-0000-0000-0000-000000000000/", 404)


@pytest.mark.parametrize("asked", ["until=9999-12-31", "since=0001-01-01", "project=%00shop", "before=" + "9" * 30])
def test_history_answers_whatever_it_is_asked(client: Client, asked: str) -> None:
    incident("shop")
    assert "History" in text(client, f"/history/?{asked}")


def test_the_last_day_that_is_asked_for_is_in_it(client: Client) -> None:
    made = incident("shop")
    day = f"{made.opened_at:%Y-%m-%d}"
    assert "shop" in text(client, f"/history/?since={day}&until={day}")


def test_a_page_that_breaks_says_what_goes_on_without_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerting.status.incident_rows.rows", lambda *_: 1 / 0)
    client.raise_request_exception = False
    assert "Evaluating and telling go on without it" in text(client, "/history/", 500)
