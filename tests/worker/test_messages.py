"""What counts as a message of ours, and what is dropped with a reason."""

import base64
import copy
import json
from typing import Any

import pytest
from celery import Celery
from hypothesis import given
from hypothesis import strategies as st

from worker import messages

app = Celery("tests", set_as_current=False)


@app.task(name="alerting.deliver")
def deliver(channel: str) -> None:
    """Takes one argument."""


def body(arguments: Any) -> str:
    return base64.b64encode(json.dumps(arguments).encode()).decode()


GOOD: dict[str, Any] = {
    "body": body([["slack"], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]),
    "content-encoding": "utf-8",
    "content-type": "application/json",
    "headers": {"task": "alerting.deliver", "id": "1", "eta": None, "expires": None, "timelimit": [None, None]},
    "properties": {
        "body_encoding": "base64",
        "delivery_info": {"exchange": "", "routing_key": "alerting"},
        "delivery_tag": "2",
    },
}


def problem(**changes: Any) -> str:
    """Of the good message with something changed; a path is written with __, DROP takes it out."""
    message = copy.deepcopy(GOOD)
    for path, value in changes.items():
        *outer, last = path.replace("content_", "content-").split("__")
        place = message
        for name in outer:
            place = place[name]
        place[last] = value
        if value is DROP:
            del place[last]
    return messages.problem(json.dumps(message).encode(), app.tasks)


DROP = object()


def test_what_celery_sends_is_a_message_of_ours() -> None:
    assert problem() == ""
    assert problem(body=body([[], {"channel": "email"}, {}]), headers__eta="2026-01-01T00:00:00+00:00") == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"properties": DROP}, "it has no headers or no properties"),
        ({"headers": []}, "it has no headers or no properties"),
        ({"properties__delivery_tag": DROP}, "it has no delivery tag or no delivery information"),
        ({"properties__delivery_info": "x"}, "it has no delivery tag or no delivery information"),
        ({"properties__delivery_info__exchange": 5}, "its delivery information names no exchange or no routing key"),
        ({"content_type": "application/x-python-serialize"}, "its body is not declared as JSON in UTF-8"),
        ({"content_encoding": "rot13"}, "its body is not declared as JSON in UTF-8"),
        ({"headers__id": DROP}, "its header id is missing or of the wrong kind"),
        ({"headers__eta": 5}, "its header eta is missing or of the wrong kind"),
        ({"headers__timelimit": "soon"}, "its header timelimit is of the wrong kind"),
        ({"headers__compression": "application/x-bz2"}, "its header compression is missing or of the wrong kind"),
        ({"headers__task": "shop.pay\x1b[2J"}, "there is no task 'shop.pay?[2J'"),
        ({"body": body([])}, "its body holds no arguments for alerting.deliver"),
        ({"body": body([["slack"], [], {}])}, "its body holds no arguments for alerting.deliver"),
        ({"body": "%%%"}, "its body holds no arguments for alerting.deliver"),
        ({"body": None}, "its body holds no arguments for alerting.deliver"),
        ({"body": "[]", "properties__body_encoding": DROP}, "its body holds no arguments for alerting.deliver"),
        ({"body": body([[], {}, {}])}, "its arguments do not fit alerting.deliver"),
        ({"body": body([["a", "b"], {}, {}])}, "its arguments do not fit alerting.deliver"),
        ({"body": body([["a"], {}, {"chain": [1]}])}, "its body wants more to be done after alerting.deliver"),
    ],
)
def test_what_is_no_message_is_dropped_for_a_named_reason(changes: dict[str, Any], told: str) -> None:
    assert problem(**changes) == told


@pytest.mark.parametrize("raw", [b"", b"no json", b"\xff\xfe", b"[]", b"null", b"7", b"[" * 100_000, b'"x"'])
def test_what_is_no_json_object_is_dropped(raw: bytes) -> None:
    assert messages.problem(raw, app.tasks) == "it is no JSON object"


NAMES = [*GOOD, *GOOD["headers"], *GOOD["properties"]]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING) | ANYTHING)
def test_nothing_that_json_can_say_is_too_much(value: Any) -> None:
    assert messages.problem(json.dumps(value).encode(), app.tasks)


@given(st.sampled_from(["headers", "properties"]), st.sampled_from(NAMES), ANYTHING)
def test_no_part_of_a_message_is_too_much(part: str, name: str, value: Any) -> None:
    messages.problem(json.dumps({**GOOD, part: {**GOOD[part], name: value}}).encode(), app.tasks)
