"""The list of issues: search, the truth under `lifetime`, paging by score."""

import re
from datetime import timedelta
from typing import Any

import httpx

from tests.sandbox import Sandbox
from tests.sandbox.conftest import NOW, ORG


def found(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()
    return listed


def test_ids_and_counts_are_texts_and_dates_end_in_z(sandbox: Sandbox, api: httpx.Client) -> None:
    number = sandbox.sentry.add_project("checkout")
    sandbox.sentry.add_errors("checkout", 17, title="ValueError: bad")
    (issue,) = found(api.get(f"{ORG}issues/?project=-1"))
    assert (issue["count"], issue["project"]["id"], issue["project"]["slug"]) == ("17", str(number), "checkout")
    assert issue["id"].isdecimal()
    assert issue["firstSeen"] == "2026-11-23T12:00:30Z"
    assert issue["shortId"] == "CHECKOUT-1"


def test_the_top_is_about_the_period_and_lifetime_is_the_truth(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_errors("checkout", 5, at=NOW - timedelta(days=3), title="ValueError: bad")
    sandbox.sentry.add_errors("checkout", 2, at=NOW - timedelta(hours=1), title="ValueError: bad")
    (issue,) = found(api.get(f"{ORG}issues/?project=-1&statsPeriod=24h"))
    assert (issue["count"], issue["firstSeen"]) == ("2", "2026-11-23T11:00:30Z")
    assert (issue["lifetime"]["count"], issue["lifetime"]["firstSeen"]) == ("7", "2026-11-20T12:00:30Z")


def test_new_issues_are_found_by_their_first_sighting(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_issue("checkout", "Old", first_seen=NOW - timedelta(days=2))
    sandbox.sentry.add_errors("checkout", 1, title="Old")
    sandbox.sentry.add_issue("checkout", "New", first_seen=NOW - timedelta(minutes=1))
    question = f"{ORG}issues/?project=-1&sort=new&statsPeriod=24h&query=firstSeen:"
    assert [issue["title"] for issue in found(api.get(question + ">=2026-11-23T11:50:30"))] == ["New"]
    assert [issue["title"] for issue in found(api.get(question + ">=2026-11-23T12:00:00"))] == []


def test_first_seen_is_per_environment_where_one_is_asked_for(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_errors("checkout", 1, at=NOW - timedelta(days=2), title="E", environment="staging")
    sandbox.sentry.add_errors("checkout", 1, title="E", environment="production")
    question = f"{ORG}issues/?project=-1&query=firstSeen:>=2026-11-23T11:50:30&statsPeriod=14d"
    assert found(api.get(question)) == []
    assert len(found(api.get(f"{question}&environment=production"))) == 1


def test_collapse_takes_the_filtered_counts_away(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_issue("checkout", "E")
    (kept,) = found(api.get(f"{ORG}issues/?project=-1&collapse=filtered"))
    assert "lifetime" in kept and "filtered" not in kept


def test_paging_by_score_loses_and_repeats_nothing_among_equals(sandbox: Sandbox, api: httpx.Client) -> None:
    for number in range(120):
        sandbox.sentry.add_issue("checkout", f"E{number}", first_seen=NOW - timedelta(seconds=number // 50))
    seen: list[str] = []
    question, cursor = f"{ORG}issues/?project=-1&sort=new&limit=50", ""
    for _ in range(3):
        answer = api.get(question + cursor)
        seen += [issue["title"] for issue in found(answer)]
        assert (answer.headers["x-hits"], answer.headers["x-max-hits"]) == ("120", "1000")
        told = re.search(r'rel="next"; results="(\w+)"; cursor="(\d{13}:\d+:0)"', answer.headers["link"])
        assert told is not None
        cursor = f"&cursor={told[2]}"
    assert told[1] == "false"
    assert sorted(seen) == sorted(f"E{number}" for number in range(120))


def test_a_limit_over_a_hundred_is_refused(sandbox: Sandbox, api: httpx.Client) -> None:
    assert api.get(f"{ORG}issues/?project=-1&limit=101").status_code == 400


def test_adding_an_issue_adds_no_errors(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_issue("checkout", "E")
    answer = api.get(f"{ORG}events/?dataset=errors&field=project&field=count()&project=-1&statsPeriod=5m")
    assert answer.json()["data"] == []
