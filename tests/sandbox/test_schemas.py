"""Every answer against Sentry's published schemas.

The file beside this one is a part of getsentry/sentry-api-schema, under the Apache License 2.0, which lies there too.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from tests.sandbox import Sandbox
from tests.sandbox.conftest import ORG

PUBLISHED = json.loads(Path(__file__).with_name("sentry-openapi-subset.json").read_text(encoding="utf-8"))["paths"]
ROOT = "/api/0/organizations/{organization_id_or_slug}/"
# The schema lists what only `expand=` adds as if it always came, and series that grouping by project leaves out
# (seen in Sentry's own tests of stats_v2).
ONLY_EXPANDED = {
    "derivedData",
    "inbox",
    "integrationIssues",
    "latestEventHasAttachments",
    "matchingEventEnvironment",
    "matchingEventId",
    "owners",
    "sentryAppIssues",
    "sessionCount",
}
NOT_BY_PROJECT = {"intervals", "series"}
# Said to be texts; Sentry sends null where it has no tip.
NULLABLE = {"tips"}

QUESTIONS = {
    "errors by project": (
        "events/",
        "dataset=errors&field=project&field=project.id&field=count()&field=min(timestamp)&field=last_seen()"
        "&project=-1&statsPeriod=5m&sort=-count()",
    ),
    "performance by project": (
        "events/",
        "dataset=spans&query=is_transaction:true&field=project&field=project.id&field=count()"
        "&field=p95(span.duration)&project=-1&statsPeriod=5m&sampling=NORMAL",
    ),
    "no rows": ("events/", "dataset=errors&field=project&field=count()&project=-1&start=2020-01-01&end=2020-01-02"),
    "series by project": (
        "events-timeseries/",
        "dataset=spans&yAxis=count()&yAxis=p95(span.duration)&groupBy=project&topEvents=10&interval=1m&project=-1"
        "&statsPeriod=5m",
    ),
    "outcomes by project": (
        "stats_v2/",
        "field=sum(quantity)&groupBy=category&groupBy=outcome&groupBy=project&interval=1m&statsPeriod=5m&project=-1",
    ),
    "new issues": ("issues/", "query=firstSeen:>=2026-11-23T11:00:00&sort=new&project=-1&limit=100&statsPeriod=24h"),
    "projects": ("projects/", "per_page=100"),
    "organisation": ("", "detailed=0"),
}


def schema(path: str, without: set[str]) -> Any:
    answer = PUBLISHED[ROOT + path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return _draft(answer, without)


def _draft(part: Any, without: set[str]) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(part, list):
        return [_draft(each, without) for each in part]
    if not isinstance(part, dict):
        return part
    made = {name: _draft(value, without) for name, value in part.items() if name != "nullable"}
    for name in NULLABLE & made.get("properties", {}).keys():
        made["properties"][name] = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
    if isinstance(made.get("required"), list):
        made["required"] = [name for name in made["required"] if name not in without]
    if part.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_have_the_shape_sentry_publishes(sandbox: Sandbox, api: httpx.Client, name: str) -> None:
    path, query = QUESTIONS[name]
    sandbox.sentry.add_errors("checkout", 12, spread_seconds=200)
    sandbox.sentry.add_errors("search", 1, environment="staging", title="KeyError: 'q'")
    sandbox.sentry.add_transactions("search", 300, p95_ms=1500.0, sample_rate=0.1, spread_seconds=100)
    sandbox.sentry.add_dropped("search", 40)
    answer = api.get(f"{ORG}{path}?{query}")
    assert answer.status_code == 200, answer.text
    without = NOT_BY_PROJECT if path == "stats_v2/" else ONLY_EXPANDED
    jsonschema.validate(answer.json(), schema(path, without))
    # An answer without anything in it would fit as well.
    assert name == "no rows" or any(answer.json())
