"""The table of counts: windows, groups, sampling, paging, and what Sentry refuses."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox import Sandbox
from tests.sandbox.conftest import NOW, ORG

COUNTS = "events/?dataset=errors&field=project&field=project.id&field=count()&project=-1&sort=-count()"


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def naive(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def test_a_window_holds_its_start_and_not_its_end(sandbox: Sandbox, api: httpx.Client) -> None:
    start, end = NOW - timedelta(minutes=5), NOW
    sandbox.sentry.add_errors("checkout", 1, at=start - timedelta(seconds=1))
    sandbox.sentry.add_errors("checkout", 10, at=start)
    sandbox.sentry.add_errors("checkout", 100, at=end - timedelta(milliseconds=1))
    sandbox.sentry.add_errors("checkout", 1000, at=end)
    found = rows(api.get(f"{ORG}{COUNTS}&start={naive(start)}&end={naive(end)}"))
    assert [row["count()"] for row in found] == [110]


def test_projects_without_errors_are_absent_and_ids_are_numbers(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_project("silent")
    number = sandbox.sentry.add_project("checkout", id=123)
    sandbox.sentry.add_errors("checkout", 3, at=NOW - timedelta(seconds=1))
    assert number == 123
    assert rows(api.get(f"{ORG}{COUNTS}&statsPeriod=5m")) == [{"project": "checkout", "project.id": 123, "count()": 3}]


def test_the_first_error_of_a_window_is_told_in_whole_seconds(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_errors("checkout", 4, at=NOW - timedelta(seconds=1), spread_seconds=3)
    question = "events/?dataset=errors&field=count()&field=min(timestamp)&field=last_seen()&project=-1&statsPeriod=5m"
    (row,) = rows(api.get(ORG + question))
    assert row["count()"] == 4
    assert row["min(timestamp)"] == "2026-11-23T12:00:26+00:00"
    assert row["last_seen()"] == "2026-11-23T12:00:29+00:00"


def test_only_the_spans_dataset_corrects_for_client_side_sampling(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_transactions("shop", 1000, 250.0, at=NOW - timedelta(seconds=9), sample_rate=0.1)

    def counted(dataset: str, duration: str, query: str) -> tuple[int, float]:
        question = f"dataset={dataset}&query={query}&field=count()&field=p95({duration})"
        (row,) = rows(api.get(f"{ORG}events/?{question}&field=project&project=-1&statsPeriod=5m"))
        return row["count()"], row[f"p95({duration})"]

    assert counted("spans", "span.duration", "is_transaction:true") == (1000, 250.0)
    assert counted("transactions", "transaction.duration", "") == (100, 250.0)
    assert counted("discover", "transaction.duration", "event.type:transaction") == (100, 250.0)


def test_a_percentile_is_that_of_all_transactions_of_the_window(sandbox: Sandbox, api: httpx.Client) -> None:
    at = NOW - timedelta(seconds=9)
    question = f"{ORG}events/?dataset=spans&field=count()&field=p95(span.duration)&project=-1&statsPeriod=5m"
    sandbox.sentry.add_transactions("shop", 95, 100.0, at=at)
    sandbox.sentry.add_transactions("shop", 5, 2000.0, at=at)
    assert rows(api.get(question))[0]["p95(span.duration)"] == 100.0
    sandbox.sentry.add_transactions("shop", 1, 2000.0, at=at)
    assert rows(api.get(question))[0]["p95(span.duration)"] == 2000.0


def test_environment_and_level_narrow_the_count(sandbox: Sandbox, api: httpx.Client) -> None:
    at = NOW - timedelta(seconds=9)
    sandbox.sentry.add_errors("checkout", 5, at=at)
    sandbox.sentry.add_errors("checkout", 7, at=at, environment="staging", level="fatal")

    def counted(more: str) -> int:
        return sum(row["count()"] for row in rows(api.get(f"{ORG}{COUNTS}&statsPeriod=5m{more}")))

    assert counted("&environment=staging") == 7
    assert counted("&environment=staging&environment=production") == 12
    assert counted("&query=level:[error,warning]") == 5


def test_an_environment_nobody_has_seen_is_a_404(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_project("checkout")
    answer = api.get(f"{ORG}{COUNTS}&statsPeriod=5m&environment=prodution")
    assert (answer.status_code, answer.json()) == (404, {"detail": "The requested resource does not exist"})


@pytest.mark.parametrize("projects", [0, 99, 100, 101, 250])
def test_every_project_is_on_exactly_one_page(sandbox: Sandbox, api: httpx.Client, projects: int) -> None:
    sandbox.sentry.add_project("silent")
    for number in range(projects):
        sandbox.sentry.add_errors(f"app-{number}", 1 + number % 7, at=NOW - timedelta(seconds=9))
    seen: list[str] = []
    cursor = ""
    while True:
        answer = api.get(f"{ORG}{COUNTS}&statsPeriod=5m&per_page=100{cursor}")
        seen += [row["project"] for row in rows(answer)]
        before, after = answer.headers["link"].split(", ")
        assert 'rel="previous"' in before and 'rel="next"' in after
        told = re.search(r'results="(true|false)"; cursor="(\d+:\d+:[01])"', after)
        assert told is not None
        if told[1] == "false":
            break
        cursor = f"&cursor={told[2]}"
    assert sorted(seen) == sorted(f"app-{number}" for number in range(projects))


def test_the_first_link_is_the_documented_one(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_errors("checkout", 1)
    link = api.get(f"{ORG}events/?per_page=100&dataset=errors&field=count()&project=-1").headers["link"]
    url = f"{sandbox.sentry.url}{ORG}events/?per_page=100&dataset=errors&field=count()&project=-1&cursor="
    assert link == (
        f'<{url}0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
        f'<{url}0:100:0>; rel="next"; results="false"; cursor="0:100:0"'
    )


@pytest.mark.parametrize(
    ("question", "detail"),
    [
        ("project=checkout", "Invalid project parameter. Values must be numbers."),
        ("statsPeriod=5x", "Invalid statsPeriod: '5x'"),
        ("statsPeriod=", "Invalid statsPeriod: ''"),
        ("start=2026-01-01", "start and end are both required"),
        ("start=2026-01-02&end=2026-01-01", "Invalid date range: start must be before end"),
        ("start=yesterday&end=2026-01-01", "Invalid date range: yesterday is not a valid ISO8601 date query"),
        ("per_page=101", "Invalid per_page value. Cannot exceed 100."),
        ("per_page=many", "Invalid per_page parameter."),
        ("cursor=abc", "Invalid cursor parameter."),
        ("project=-1&sort=-p95()", "Cannot sort by a field that is not selected: p95()"),
        ("project=-1&field=p95()", "p95() is not a valid function"),
        (
            "&".join(["project=-1", *(f"field=c{number}" for number in range(21))]),
            "You can view up to 20 fields at a time. Please delete some and try again.",
        ),
        ("dataset=nonsense", "dataset must be one of: discover, errors, spans, transactions"),
    ],
)
def test_what_sentry_refuses_is_refused_in_its_words(
    sandbox: Sandbox, api: httpx.Client, question: str, detail: str
) -> None:
    sandbox.sentry.add_errors("checkout", 1)
    answer = api.get(f"{ORG}events/?dataset=errors&field=project&field=count()&{question}")
    assert (answer.status_code, answer.json()) == (400, {"detail": detail})


def test_a_server_without_spans_says_so_and_still_has_transactions(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.datasets.discard("spans")
    sandbox.sentry.add_transactions("shop", 10, at=NOW - timedelta(seconds=9))
    refused = api.get(f"{ORG}events/?dataset=spans&field=count()&project=-1")
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("dataset must be one of")
    assert rows(api.get(f"{ORG}events/?dataset=transactions&field=count()&project=-1"))[0]["count()"] == 10


def test_the_transactions_duration_is_no_attribute_of_spans(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_project("shop")
    answer = api.get(f"{ORG}events/?dataset=spans&field=p95(transaction.duration)&project=-1")
    assert answer.status_code == 400
    assert "transaction.duration" in answer.json()["detail"]


def test_five_hundred_projects_are_answered_in_a_blink(sandbox: Sandbox, api: httpx.Client) -> None:
    for number in range(500):
        sandbox.sentry.add_errors(f"app-{number}", 40, at=NOW - timedelta(seconds=9), spread_seconds=240, issue=False)
    answer = api.get(f"{ORG}{COUNTS}&statsPeriod=5m&per_page=100")
    assert len(rows(answer)) == 100
    assert answer.elapsed < timedelta(seconds=1)
