"""Ignored errors are ignored, their subclasses too, and nothing else is."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions as drf

from alerting.sentry import IGNORED, ErrorTracker
from alerting.sentry.ignored import is_ignored
from tests.sentry.sdk import Kept


class OrderMissing(Http404):
    pass


class VeryHidden(type("Hidden", (drf.PermissionDenied,), {})):  # type: ignore[misc]
    pass


class TooBusyError(Exception):
    pass


class FarTooBusyError(TooBusyError):
    pass


def sent(kept: Kept, error: Exception) -> bool:
    before = len(kept.of("event"))
    assert (ErrorTracker.capture_exception(error) is None) == (len(kept.of("event")) == before)
    return len(kept.of("event")) > before


@pytest.mark.parametrize("error", [Http404, OrderMissing, drf.NotFound, drf.PermissionDenied, VeryHidden])
def test_listed_errors_and_their_subclasses_are_not_sent(started: Callable[..., Kept], error: type[Exception]) -> None:
    assert not sent(started(), error("a visitor's doing"))


@pytest.mark.parametrize("error", [PermissionDenied, drf.AuthenticationFailed, drf.APIException, LookupError])
def test_others_are(started: Callable[..., Kept], error: type[Exception]) -> None:
    assert sent(started(), error("our doing"))


def test_an_error_raised_from_an_ignored_one_is_sent(started: Callable[..., Kept]) -> None:
    error = LookupError("could not render the missing page")
    error.__cause__ = Http404("no such page")
    assert sent(started(), error)


@pytest.mark.parametrize(
    "entry", [TooBusyError, "TooBusyError", f"{__name__}.TooBusyError", "tests.sentry.TooBusyError"]
)
def test_more_can_be_ignored_by_class_or_name(started: Callable[..., Kept], entry: Any) -> None:
    kept = started(ignore_errors=[entry])
    assert not sent(kept, FarTooBusyError())
    assert not sent(kept, Http404())
    assert sent(kept, LookupError())


@pytest.mark.parametrize(
    ("entry", "error"), [("socket.timeout", TimeoutError()), ("IOError", FileNotFoundError()), ("os.error", OSError())]
)
def test_a_class_may_be_named_by_its_second_name(started: Callable[..., Kept], entry: str, error: Exception) -> None:
    assert not sent(started(ignore_errors=[entry]), error)


def test_a_group_is_ignored_where_all_its_members_are(started: Callable[..., Kept]) -> None:
    kept = started()
    assert not sent(kept, ExceptionGroup("several", [Http404(), ExceptionGroup("inner", [OrderMissing()])]))
    assert sent(kept, ExceptionGroup("several", [Http404(), LookupError()]))


@pytest.mark.parametrize("entry", ["other.TooBusyError", "BusyError", "tests.sent.TooBusyError"])
def test_a_similar_name_is_another_name(started: Callable[..., Kept], entry: str) -> None:
    assert sent(started(ignore_errors=[entry]), TooBusyError())


def test_logging_an_ignored_error_does_not_send_it_either(started: Callable[..., Kept]) -> None:
    kept = started()
    logging.getLogger("shop").error("while looking", exc_info=OrderMissing("no such order"))
    assert kept.of("event") == []


def test_messages_are_never_ignored(started: Callable[..., Kept]) -> None:
    kept = started()
    sentry_sdk.capture_message("django.http.Http404")
    assert kept.event


def test_an_event_without_the_exception_object_is_judged_by_what_it_states() -> None:
    def event(module: str | None, name: str) -> dict[str, Any]:
        return {"exception": {"values": [{"type": name, "module": module}]}}

    assert is_ignored(event("django.http.response", "Http404"), {}, IGNORED)
    assert is_ignored(event("rest_framework.exceptions", "NotFound"), {}, IGNORED)
    assert not is_ignored(event("shop.errors", "NotFound"), {}, IGNORED)
    assert not is_ignored({}, {}, IGNORED)
