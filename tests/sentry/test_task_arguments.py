"""Positional arguments of tasks have no names to be judged by, so nothing Celery tells about a task carries them."""

from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk

from alerting.sentry.scrub import scrub_event, without_task_arguments
from tests.sentry.sdk import Kept

WORKER = "celery.worker.consumer.consumer"


def scrubbed(item: dict[str, Any]) -> Any:
    """The item without the remarks about what is gone."""
    return {name: held for name, held in scrub_event(item).items() if name != "_meta"}


def event(module: str) -> dict[str, Any]:
    variables = {"args": ["7", "'hunter2'"], "req": "<Context: hunter2>", "task": "settle"}
    frame = {"module": module, "function": "trace_task", "vars": variables}
    return {"exception": {"values": [{"type": "E", "stacktrace": {"frames": [frame, {"module": "shop"}]}}]}}


@pytest.mark.parametrize("module", ["celery.app.trace", "kombu.messaging"])
def test_frames_of_celery_lose_them_and_nothing_else(module: str) -> None:
    given = event(module)
    cleaned = scrubbed(given)

    frames = cleaned["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[0]["vars"] == {"args": "[Filtered]", "req": "[Filtered]", "task": "settle"}
    assert frames[1] == {"module": "shop"}
    assert given == event(module)


def test_the_job_an_older_sdk_attaches_keeps_its_named_arguments() -> None:
    job = {"task_name": "shop.settle", "args": [7, "hunter2"], "kwargs": {"order": 12}}
    cleaned = scrubbed({"type": "transaction", "extra": {"celery-job": job, "other": 1}})
    assert cleaned["extra"] == {"celery-job": {**job, "args": "[Filtered]"}, "other": 1}


def test_what_the_worker_logs_beside_a_task_loses_them() -> None:
    logged = {"data": {"id": "1", "name": "shop.settle", "args": "(7, 'hunter2')", "kwargs": "{}"}}
    crumb = {"category": "celery.worker.strategy", "message": "Task shop.settle[1] received", "data": logged}
    filtered = {**crumb, "data": {"data": {**logged["data"], "args": "[Filtered]", "kwargs": "[Filtered]"}}}

    assert scrubbed(crumb) == filtered
    assert scrubbed({"breadcrumbs": {"values": [crumb]}}) == {"breadcrumbs": {"values": [filtered]}}
    assert scrubbed({"logger": "celery.worker.strategy", "extra": logged})["extra"] == filtered["data"]


def test_the_body_of_a_message_that_cannot_be_run_stays_home() -> None:
    template = "Received unregistered task of type %s.\nThe full contents of the message body was:\n%s\nheaders:\n%s"
    parameters = ["KeyError('shop.x')", "b'[[7, \"hunter2\"], {}]'", {"argsrepr": "(7, 'hunter2')"}]
    entry = {
        "message": template,
        "params": parameters,
        "formatted": "Received KeyError('shop.x').\nThe full contents of the message body was:\nhunter2",
    }

    cleaned = scrubbed({"logger": WORKER, "logentry": entry})["logentry"]
    assert cleaned["message"] == template
    assert cleaned["params"] == ["KeyError('shop.x')", "[Filtered]", "[Filtered]"]
    assert cleaned["formatted"] == "Received KeyError('shop.x').\nThe full contents of the message body: [Filtered]"

    crumb = {"category": WORKER, "message": "Received.\nThe full contents of the message body was: b'hunter2'"}
    assert scrubbed(crumb)["message"] == "Received.\nThe full contents of the message body: [Filtered]"
    report = {"message": "Received and deleted unknown message.\nThe full contents of the message body was: %s"}
    report |= {"params": ["body: hunter2"], "formatted": "… message body was: body: hunter2"}
    assert "hunter2" not in str(scrubbed({"logger": WORKER, "logentry": report}))


def test_names_are_read_by_the_rules_though_arguments_were_taken_out_before() -> None:
    held = {"extra": {"ghp_b7Kq2Lm4Np6Rt8Uw0" + "Yz1Bc3De5Fg7Hi9JkLx": "seen", "password": "hunter2"}}
    assert without_task_arguments(held) == held
    assert scrubbed(held) == {"extra": {"[Filtered]": "seen", "password": "[Filtered]"}}


def test_logs_lose_them_as_well() -> None:
    attributes = {
        "logger.name": WORKER,
        "data": "{'name': 'shop.settle', 'args': \"(7, 'hunter2')\"}",
        "sentry.message.template": "Task %s, message body: %s",
        "sentry.message.parameter.0": "shop.settle",
        "sentry.message.parameter.1": "b'hunter2'",
    }
    log = {"body": "Task shop.settle, message body: b'hunter2'", "attributes": attributes}

    cleaned = scrubbed(log)
    assert cleaned["body"] == "Task shop.settle, message body: [Filtered]"
    assert cleaned["attributes"]["sentry.message.parameter.0"] == "shop.settle"
    assert cleaned["attributes"]["sentry.message.template"] == attributes["sentry.message.template"]
    assert "hunter2" not in str(cleaned)


def test_rules_of_the_applications_own_never_see_them(started: Callable[..., Kept]) -> None:
    kept = started(scrub=lambda event, hint: event)
    note = {"message": "login with token=zz91ab3cd", "data": {"query": "a=1"}, "category": "shop"}
    sentry_sdk.capture_event({**event("celery.app.trace"), "breadcrumbs": {"values": [note]}})

    sent = kept.event
    assert sent["exception"]["values"][0]["stacktrace"]["frames"][0]["vars"]["args"] == "[Filtered]"
    assert "hunter2" not in str(sent)
    assert sent["breadcrumbs"]["values"][0]["message"] == "login with token=zz91ab3cd"


@pytest.mark.parametrize(
    "given",
    [
        event("shop.tasks"),
        event("celeryish"),
        {},
        {"exception": None},
        {"exception": {"values": [None, {"stacktrace": 7}]}},
        {"extra": {"celery-job": None, "data": {"args": 1}}, "logger": "shop", "logentry": {"message": "message body"}},
        {"extra": [], "breadcrumbs": {"values": [None, {"category": "shop", "data": {"data": {"args": 1}}}]}},
        {"category": "shop", "message": "message body: 7", "data": {"data": {"args": 1}}},
        {"body": "message body: 7", "attributes": {"logger.name": "shop", "data": "args"}},
        {"category": "celery.redirected", "message": "hello", "data": {"a": 1}},
        {"body": 7, "attributes": None, "logentry": None, "breadcrumbs": None, "message": None},
    ],
)
def test_everything_else_is_left_as_it_is(given: dict[str, Any]) -> None:
    assert scrubbed(given) == given
