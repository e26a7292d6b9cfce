"""stats_v2 and the series: what was dropped, in which minute, and which buckets may still grow."""

from datetime import timedelta

import httpx
import pytest

from tests.sandbox import Sandbox
from tests.sandbox.conftest import NOW, ORG

BY_PROJECT = "groupBy=outcome&groupBy=reason&groupBy=project"
GROUPED = "dataset=errors&groupBy=project&topEvents=10"


def test_what_spike_protection_dropped_is_told_by_project(sandbox: Sandbox, api: httpx.Client) -> None:
    number = sandbox.sentry.add_project("checkout")
    sandbox.sentry.add_errors("checkout", 6, at=NOW - timedelta(seconds=50))
    sandbox.sentry.add_dropped("checkout", 40, at=NOW - timedelta(seconds=50))
    question = f"{ORG}stats_v2/?field=sum(quantity)&category=error&{BY_PROJECT}&interval=1m&statsPeriod=5m&project=-1"
    answer = api.get(question)
    body = answer.json()
    assert body.keys() == {"start", "end", "groups"}
    assert (body["start"], body["end"]) == ("2026-11-23T11:55:00Z", "2026-11-23T12:01:00Z")
    groups = {(group["by"]["outcome"], group["by"]["reason"]): group for group in body["groups"]}
    assert groups["accepted", "none"]["totals"] == {"sum(quantity)": 6}
    assert groups["rate_limited", "smart_rate_limit"]["totals"] == {"sum(quantity)": 40}
    assert all(group["by"]["project"] == number and "series" not in group for group in body["groups"])
    assert "link" not in answer.headers


def test_the_default_interval_swallows_the_hour(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_errors("checkout", 6, at=NOW - timedelta(minutes=50))
    question = f"{ORG}stats_v2/?field=sum(quantity)&category=error&groupBy=project&statsPeriod=5m&project=-1"
    body = api.get(question).json()
    assert body["groups"][0]["totals"] == {"sum(quantity)": 6}
    assert body["start"] == "2026-11-23T11:00:00Z"


@pytest.mark.parametrize(
    ("question", "detail"),
    [
        ("groupBy=project&category=error", 'At least one "field" is required.'),
        ("field=count()&category=error", 'Invalid field: "count()"'),
        ("field=sum(quantity)&category=error&groupBy=environment", 'Invalid groupBy: "environment"'),
        ("field=sum(quantity)&category=errors&groupBy=project", 'Invalid category: "errors"'),
        ("field=sum(quantity)&groupBy=project", "Query must have category as groupby or filter"),
    ],
)
def test_bad_questions_are_refused(sandbox: Sandbox, api: httpx.Client, question: str, detail: str) -> None:
    sandbox.sentry.add_project("checkout")
    answer = api.get(f"{ORG}stats_v2/?{question}&project=-1")
    assert (answer.status_code, answer.json()) == (400, {"detail": detail})


def test_buckets_that_may_still_grow_say_so(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_errors("checkout", 3, at=NOW - timedelta(seconds=45))
    body = api.get(f"{ORG}events-timeseries/?{GROUPED}&interval=1m&statsPeriod=4m&project=-1").json()
    (series,) = body["timeSeries"]
    assert series["meta"]["interval"] == 60_000
    assert [value["value"] for value in series["values"]] == [0, 0, 0, 3, 0]
    # A bucket that ended exactly 90 seconds ago still counts as growing.
    assert [value["incomplete"] for value in series["values"]] == [False, False, True, True, True]
    assert series["values"][0]["timestamp"] == 1_795_434_960_000


def test_series_of_projects_are_at_most_ten_and_busiest_first(sandbox: Sandbox, api: httpx.Client) -> None:
    for number in range(12):
        sandbox.sentry.add_errors(f"app-{number}", number + 1, at=NOW - timedelta(seconds=45))
    question = f"{ORG}events-timeseries/?{GROUPED}&interval=1m&statsPeriod=4m&project=-1"
    series = api.get(question).json()["timeSeries"]
    assert [one["groupBy"][0]["value"] for one in series] == [f"app-{number}" for number in range(11, 1, -1)]
    refused = api.get(question.replace("topEvents=10", "topEvents=11"))
    assert (refused.status_code, refused.json()["detail"]) == (400, "Can only get up to 10 top events")
