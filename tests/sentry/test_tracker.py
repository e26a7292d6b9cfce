"""ErrorTracker reports what it is given and never troubles its host."""

from collections import UserDict
from collections.abc import Callable
from typing import Any

import pytest

from alerting.sentry import ErrorTracker
from tests.sentry.sdk import Kept, deeper, failing


def test_an_error_arrives_with_its_context_level_and_traceback(started: Callable[..., Kept]) -> None:
    kept = started()
    event_id = ErrorTracker.capture_exception(
        failing(), context={"user_id": 7, "action": "create_story", "story_id": 12}, level="warning"
    )

    assert kept.event["event_id"] == event_id
    assert kept.event["level"] == "warning"
    assert kept.event["contexts"]["custom"] == {"user_id": 7, "action": "create_story", "story_id": 12}
    (exception,) = kept.event["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("LookupError", "no stock")
    assert [frame["function"] for frame in exception["stacktrace"]["frames"]] == ["failing", "deeper"]


def test_wide_contexts_are_kept_whole(started: Callable[..., Kept]) -> None:
    kept = started()
    ErrorTracker.capture_exception(failing(), context={f"field_{n}": n for n in range(40)})
    assert len(kept.event["contexts"]["custom"]) == 40


@pytest.mark.parametrize("context", ["a sentence", 7, ["a", "b"], 1.5, True])
def test_a_context_that_is_no_object_is_still_readable(started: Callable[..., Kept], context: Any) -> None:
    kept = started()
    ErrorTracker.capture_exception(failing(), context=context)
    assert kept.event["contexts"]["custom"] == {"value": context}


def test_any_mapping_is_a_context_and_keys_become_text(started: Callable[..., Kept]) -> None:
    kept = started()
    ErrorTracker.capture_exception(failing(), context=UserDict({1: "one", None: "none"}))
    assert kept.event["contexts"]["custom"] == {"1": "one", "None": "none"}


def test_without_an_argument_the_error_being_handled_is_reported(started: Callable[..., Kept]) -> None:
    kept = started()
    try:
        deeper("handled")
    except LookupError:
        assert ErrorTracker.capture_exception()
    assert kept.event["exception"]["values"][0]["value"] == "handled"


def test_an_error_is_found_by_its_exc_info_too(started: Callable[..., Kept]) -> None:
    kept = started()
    error = failing()
    ErrorTracker.capture_exception((type(error), error, error.__traceback__))
    assert kept.event["exception"]["values"][0]["type"] == "LookupError"


@pytest.mark.parametrize("given", ["a sentence instead", ("not", "exc_info"), 7, object])
def test_something_that_is_no_error_is_reported_as_a_message(started: Callable[..., Kept], given: Any) -> None:
    kept = started()
    assert ErrorTracker.capture_exception(given)
    assert kept.event["message"] == str(given)
    assert kept.event["level"] == "error"


@pytest.mark.parametrize(
    ("given", "level"),
    [("critical", "fatal"), ("WARN", "warning"), ("debug", "debug"), ("bogus", "error"), (None, "error")],
)
def test_levels_are_those_sentry_knows(started: Callable[..., Kept], given: Any, level: str) -> None:
    kept = started()
    ErrorTracker.capture_exception(failing(), level=given)
    assert kept.event["level"] == level


def test_a_message_arrives(started: Callable[..., Kept]) -> None:
    kept = started()
    event_id = ErrorTracker.capture_message("Cache miss rate high", level="warning", context={"rate": 0.4})

    assert kept.event["event_id"] == event_id
    assert (kept.event["message"], kept.event["level"]) == ("Cache miss rate high", "warning")
    assert kept.event["contexts"]["custom"] == {"rate": 0.4}


def test_a_context_stays_with_its_own_event(started: Callable[..., Kept]) -> None:
    kept = started()
    ErrorTracker.capture_message("first", context={"order": 1})
    ErrorTracker.capture_message("second")
    assert "custom" not in kept.of("event")[1]["contexts"]


def test_users_are_told_by_id_and_name_only(started: Callable[..., Kept]) -> None:
    kept = started()
    user = {"id": 7, "username": "ana", "email": "ana@example.com", "ip_address": "203.0.113.9", "plan": "premium"}
    given = dict(user)
    ErrorTracker.set_user(user)
    ErrorTracker.capture_message("hello")

    assert (str(kept.event["user"]["id"]), kept.event["user"]["username"]) == ("7", "ana")
    assert kept.event["user"].keys() == {"id", "username", "plan"}
    assert user == given


def test_a_user_can_be_an_id_and_can_be_forgotten(started: Callable[..., Kept]) -> None:
    kept = started()
    ErrorTracker.set_user(7)
    ErrorTracker.capture_message("one")
    ErrorTracker.set_user(None)
    ErrorTracker.capture_message("two")

    one, two = kept.of("event")
    assert one["user"] == {"id": 7}
    assert not two.get("user")


def test_tags_contexts_and_breadcrumbs_stand_on_the_next_event(started: Callable[..., Kept]) -> None:
    kept = started()
    ErrorTracker.set_tag("feature", "story_creation")
    ErrorTracker.set_context("story", {"id": 12, "genre": "novel"})
    ErrorTracker.set_context("note", "a sentence")
    ErrorTracker.add_breadcrumb(
        category="user_action", message="User clicked publish button", level="warning", data={"story_id": 12}
    )
    ErrorTracker.capture_exception(failing())

    assert kept.event["tags"]["feature"] == "story_creation"
    assert kept.event["contexts"]["story"] == {"id": 12, "genre": "novel"}
    assert kept.event["contexts"]["note"] == {"value": "a sentence"}
    (crumb,) = kept.event["breadcrumbs"]["values"]
    assert (crumb["category"], crumb["message"], crumb["level"]) == (
        "user_action",
        "User clicked publish button",
        "warning",
    )
    assert crumb["data"] == {"story_id": 12}


class Hostile(dict[str, Any]):
    """A mapping, a text and an error whose every use fails."""

    def items(self) -> Any:
        raise RuntimeError("items")

    def __str__(self) -> str:
        raise RuntimeError("str")

    __repr__ = __str__


class HostileError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("str")

    __repr__ = __str__


def test_an_error_that_answers_nothing_is_reported_by_its_name(
    started: Callable[..., Kept], fresh_sdk: list[Any]
) -> None:
    class ClosedError(Exception):
        def __getattribute__(self, name: str) -> Any:
            if name.startswith("__"):
                return object.__getattribute__(self, name)
            raise RuntimeError(name)

    kept = started()
    event_id = ErrorTracker.capture_exception(ClosedError("x"), context={"order": 17})

    assert kept.event["event_id"] == event_id
    assert "ClosedError" in kept.event["message"]
    assert kept.event["contexts"]["custom"] == {"order": 17}
    fresh_sdk.clear()


def use_everything(value: Any) -> None:
    ErrorTracker.capture_exception(value, context=value, level=value)
    ErrorTracker.capture_exception(failing(), context=value, level=value)
    ErrorTracker.capture_message(value, context=value, level=value)
    ErrorTracker.set_user(value)
    ErrorTracker.set_tag(value, value)
    ErrorTracker.set_context(value, value)
    ErrorTracker.add_breadcrumb(value, value, value, value)


@pytest.mark.parametrize("value", [None, 7, "text", object(), Hostile(a=1), HostileError(), [], {"a": {"b": object()}}])
@pytest.mark.parametrize("running", [True, False])
def test_nothing_ever_raises(started: Callable[..., Kept], fresh_sdk: list[Any], value: Any, running: bool) -> None:
    kept = started() if running else None
    use_everything(value)
    if kept:
        assert len([event for event in kept.of("event") if event.get("exception")]) >= 1
    fresh_sdk.clear()


def test_without_init_nothing_is_sent_and_none_returned() -> None:
    assert ErrorTracker.capture_exception(failing(), context={"a": 1}) is None
    assert ErrorTracker.capture_message("hello") is None


def test_arguments_come_back_unchanged(started: Callable[..., Kept]) -> None:
    started()
    context = {"password": "hunter2", "nested": {"token": "abc"}, "rows": [1, {"secret": 2}]}
    error = failing()
    traceback, notes = error.__traceback__, error.args
    ErrorTracker.capture_exception(error, context=context)

    assert context == {"password": "hunter2", "nested": {"token": "abc"}, "rows": [1, {"secret": 2}]}
    assert (error.__traceback__, error.args) == (traceback, notes)
