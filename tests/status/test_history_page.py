"""The page "history": filters, pages and permalinks."""

import pytest
from django.test import Client

from alerting.actions.models import Acknowledgement
from tests.support.incidents import closed, incident, renamed
from tests.support.page_texts import text

pytestmark = pytest.mark.django_db


def test_who_has_an_incident_and_who_had_one_are_told_apart(client: Client) -> None:
    for made in (incident("open"), closed("over")):
        Acknowledgement.objects.create(incident=made, at=made.opened_at, by="ann", via="cli")
    page = text(client, "/history/")
    assert page.count("ann has it") == page.count("ann had it") == 1


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


@pytest.mark.parametrize("asked", ["until=9999-12-31", "since=0001-01-01", "project=%00shop", "before=" + "9" * 30])
def test_history_answers_whatever_it_is_asked(client: Client, asked: str) -> None:
    incident("shop")
    assert "History" in text(client, f"/history/?{asked}")


def test_the_last_day_that_is_asked_for_is_in_it(client: Client) -> None:
    made = incident("shop")
    day = f"{made.opened_at:%Y-%m-%d}"
    assert "shop" in text(client, f"/history/?since={day}&until={day}")


@pytest.mark.parametrize("name", ["store", "7"])
def test_a_renamed_project_is_found_with_all_it_had_before(client: Client, name: str) -> None:
    renamed("store")
    closed("other")
    assert text(client, f"/history/?project={name}").count("<tr>") == 2
