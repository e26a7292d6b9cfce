"""On the way out: the application's hook, ignoring, grouping, scrubbing, in that order and whatever fails."""

import copy
import logging
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk

from alerting.sentry import ErrorTracker
from alerting.sentry.scrub import scrub_event
from tests.sentry.sdk import Kept

SECRET = "hunter2-" + "9f8e7d6c5b"


def test_the_applications_hook_runs_first_and_what_it_adds_is_scrubbed(started: Callable[..., Kept]) -> None:
    def before_send(event: Any, hint: Any) -> Any:
        event["extra"] = {"password": SECRET, "plan": "premium"}
        return event

    kept = started(before_send=before_send)
    sentry_sdk.capture_message("hello")

    assert SECRET not in str(kept.event)
    assert kept.event["extra"]["plan"] == "premium"
    assert "password" in kept.event["extra"]


def test_the_applications_hook_can_drop(started: Callable[..., Kept]) -> None:
    kept = started(before_send=lambda event, hint: None)

    assert ErrorTracker.capture_message("hello") is None
    assert kept.of("event") == []


@pytest.mark.parametrize("answer", [[], "text", 7])
def test_a_hook_that_answers_nonsense_loses_nothing(started: Callable[..., Kept], answer: Any) -> None:
    kept = started(before_send=lambda event, hint: answer)
    sentry_sdk.capture_message("hello")
    assert kept.event["message"] == "hello"


def test_a_hook_that_answers_an_event_of_its_own_loses_nothing(started: Callable[..., Kept]) -> None:
    kept = started(before_send=lambda event, hint: {"message": "another"})
    assert ErrorTracker.capture_message("hello") == kept.event["event_id"]
    assert kept.event["message"] == "another"


def test_rules_that_fail_are_replaced_by_the_default_ones(started: Callable[..., Kept], fresh_sdk: list[Any]) -> None:
    def fail(event: Any, hint: Any) -> Any:
        raise RuntimeError("a bug in the application's rules")

    kept = started(scrub=fail)
    sentry_sdk.add_breadcrumb(message="posted", data={"password": SECRET})
    ErrorTracker.capture_message("hello", context={"password": SECRET, "order": 17})

    assert SECRET not in str(kept.event)
    assert kept.event["contexts"]["custom"]["order"] == 17
    fresh_sdk.clear()


def test_a_hook_that_fails_loses_nothing_and_hides_nothing(started: Callable[..., Kept], fresh_sdk: list[Any]) -> None:
    def before_send(event: Any, hint: Any) -> Any:
        event["extra"] = {"password": SECRET}
        raise KeyError("a bug in the application's hook")

    kept = started(before_send=before_send)
    sentry_sdk.capture_message("hello")

    assert kept.event["message"] == "hello"
    assert SECRET not in str(kept.event)
    assert [error[0] for error in fresh_sdk] == [KeyError]
    fresh_sdk.clear()


def test_a_fingerprint_the_hook_sets_stays(started: Callable[..., Kept]) -> None:
    def before_send(event: Any, hint: Any) -> Any:
        event["fingerprint"] = ["mine"]
        return event

    kept = started(before_send=before_send)
    sentry_sdk.capture_exception(ConnectionRefusedError("connecting to 10.0.0.1:8000"))
    assert kept.event["fingerprint"] == ["mine"]


def test_a_failure_of_grouping_loses_nothing(
    started: Callable[..., Kept], fresh_sdk: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(event: Any, hint: Any) -> Any:
        raise RuntimeError("a bug here")

    monkeypatch.setattr("alerting.sentry.grouping.fingerprint.fingerprint", fail)
    monkeypatch.setattr("alerting.sentry.hooks.is_ignored", fail)
    kept = started()
    sentry_sdk.capture_message("hello")

    assert kept.event["message"] == "hello"
    assert len(fresh_sdk) == 2
    fresh_sdk.clear()


def test_transactions_pass_both_hooks(started: Callable[..., Kept]) -> None:
    def before(event: Any, hint: Any) -> Any:
        event.setdefault("extra", {})["password"] = SECRET
        return event

    kept = started(before_send_transaction=before)
    with sentry_sdk.start_transaction(op="task", name="settle"), sentry_sdk.start_span(op="http", name="notify"):
        pass

    (transaction,) = kept.of("transaction")
    assert transaction["transaction"] == "settle"
    assert transaction["spans"][0]["description"] == "notify"
    assert "fingerprint" not in transaction
    assert SECRET not in str(transaction)


def test_breadcrumbs_are_scrubbed_when_they_leave_and_not_before(started: Callable[..., Kept]) -> None:
    seen: list[Any] = []

    def scrub(event: Any, hint: Any) -> Any:
        seen.append(event)
        return scrub_event(event, hint)

    kept = started(scrub=scrub)
    given = {"password": SECRET, "attempt": 2}
    sentry_sdk.add_breadcrumb(category="login", message=f"tried password={SECRET}", data=given)
    assert not seen

    with sentry_sdk.start_transaction(name="settle"):
        ErrorTracker.capture_message("hello")
    (crumb,) = kept.event["breadcrumbs"]["values"]
    assert (crumb["category"], crumb["data"]["attempt"]) == ("login", 2)
    assert given == {"password": SECRET, "attempt": 2}
    assert len(seen) == 2
    assert SECRET not in str(kept.of("event") + kept.of("transaction"))


def test_the_applications_breadcrumb_hook_can_drop(started: Callable[..., Kept]) -> None:
    started(before_breadcrumb=lambda crumb, hint: None)
    sentry_sdk.add_breadcrumb(message="tried")
    assert not sentry_sdk.get_isolation_scope()._breadcrumbs


def test_logs_and_metrics_are_scrubbed(started: Callable[..., Kept]) -> None:
    kept = started(enable_logs=True)
    sentry_sdk.logger.info("login of {user}", user="ana", attributes={"password": SECRET})
    sentry_sdk.metrics.count("logins", 1, attributes={"password": SECRET, "plan": "premium"})
    sentry_sdk.get_client().flush(timeout=2)

    (log,), (metric,) = (kept.of(kind)[0]["items"] for kind in ("log", "trace_metric"))
    assert log["body"] == "login of ana"
    assert metric["name"] == "logins"
    assert metric["attributes"]["plan"]["value"] == "premium"
    assert SECRET not in str([log, metric])


def test_finished_log_lines_do_not_repeat_secret_parameters(started: Callable[..., Kept]) -> None:
    kept = started(enable_logs=True)
    log = logging.getLogger("shop")
    sentry_sdk.logger.info("login of {user} with {api_key}", user="ana", api_key=SECRET)
    log.warning("login of %(user)s with %(api_key)s", {"user": "ana", "api_key": SECRET})
    log.warning("login of %s with password %s", "ana", SECRET)
    sentry_sdk.get_client().flush(timeout=2)
    sentry_sdk.capture_message("hello")

    lines = [item["body"] for log in kept.of("log") for item in log["items"]]
    assert lines[:2] == ["login of ana with [Filtered]"] * 2
    assert lines[2].startswith("login of ana with password ")
    assert [crumb["message"] for crumb in kept.event["breadcrumbs"]["values"]] == lines[1:]
    assert SECRET not in str(kept.of("log") + kept.of("event"))


def test_hooks_given_as_experiments_still_run(started: Callable[..., Kept]) -> None:
    seen: list[Any] = []
    kept = started(enable_logs=True, _experiments={"before_send_log": lambda log, hint: seen.append(log) or log})
    sentry_sdk.logger.info("hello")
    sentry_sdk.get_client().flush(timeout=2)

    assert len(seen) == 1
    assert kept.of("log")


def test_the_applications_own_objects_are_left_alone(started: Callable[..., Kept]) -> None:
    """The SDK's scrubber writes into what it is given, breadcrumb data and extras of the application included."""
    form = {"login": {"password": SECRET, "rows": [{"token": SECRET}], "flags": {"session": True, "auth": None}}}
    before = copy.deepcopy(form)
    cyclic: dict[str, Any] = {"password": SECRET}
    cyclic["self"] = cyclic
    kept = started()
    sentry_sdk.set_extra("form", form)
    sentry_sdk.set_extra("cyclic", cyclic)
    sentry_sdk.add_breadcrumb(message="posted", data=form)
    ErrorTracker.capture_message("hello", context=form)

    assert form == before
    assert cyclic["password"] == SECRET
    assert cyclic["self"] is cyclic
    assert SECRET not in str(kept.event)
