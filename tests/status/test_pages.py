"""Every page: in how few queries, that hostile text stays text, and what is said where there is none."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerting.actions import perform
from tests.support import hostile_rows
from tests.support.incidents import closed, evaluator, incident
from tests.support.page_texts import text

pytestmark = pytest.mark.django_db
ANN = perform.Actor("ann", "page")
MOST_QUERIES = 10


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


@pytest.mark.parametrize("address", ["/", "/history/", "/incidents/{}/"])
def test_a_new_error_type_is_shown_by_its_title(client: Client, address: str) -> None:
    evaluator()
    made = closed("shop", rule="new_issue", subject="991", evidence={"issue": {"title": "KeyError: 'cart_id'"}})
    page = text(client, address.format(made.pk))
    assert "KeyError: &#x27;cart_id&#x27;" in page and "34 errors" not in page.partition("<h2>Decisions")[0]


def test_what_is_not_there_is_said_in_our_words(client: Client) -> None:
    assert "There is no such page or incident" in text(client, "/incidents/999/", 404)
    assert "There is no such page or incident" in text(client, "/nothing/", 404)


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


def test_a_page_that_breaks_says_what_goes_on_without_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerting.status.incident_rows.rows", lambda *_: 1 / 0)
    client.raise_request_exception = False
    assert "Evaluating and telling go on without it" in text(client, "/history/", 500)
