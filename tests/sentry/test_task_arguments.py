"""Positional arguments of tasks have no names to be judged by, so Celery's frames do not carry them."""

from typing import Any

import pytest

from alerting.sentry.task_arguments import without_task_arguments


def event(module: str) -> dict[str, Any]:
    variables = {"args": ["7", "'hunter2'"], "req": "<Context: hunter2>", "task": "settle"}
    frame = {"module": module, "function": "trace_task", "vars": variables}
    return {"exception": {"values": [{"type": "E", "stacktrace": {"frames": [frame, {"module": "shop"}]}}]}}


def test_celerys_frames_lose_them_and_nothing_else() -> None:
    given = event("celery.app.trace")
    cleaned = without_task_arguments(given)

    frames = cleaned["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[0]["vars"] == {"args": "[Filtered]", "req": "[Filtered]", "task": "settle"}
    assert frames[1] == {"module": "shop"}
    assert given == event("celery.app.trace")


@pytest.mark.parametrize(
    "given",
    [
        event("shop.tasks"),
        event("celeryish"),
        {},
        {"exception": None},
        {"exception": {"values": [None, {"stacktrace": 7}]}},
    ],
)
def test_everything_else_is_left_as_it_is(given: dict[str, Any]) -> None:
    assert without_task_arguments(given) is given
