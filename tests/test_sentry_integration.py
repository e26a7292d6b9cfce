"""The eleven promises of the setup document, each held by behaviour."""

import importlib.util
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sentry_sdk
from django.http import Http404
from rest_framework import exceptions as drf

from alerting import config
from alerting.errors import ConfigError
from alerting.examples.afternoon import firing
from alerting.notifiers import registry
from alerting.rules import catalog
from alerting.rules.evaluate import judge
from alerting.rules.model import Outcome, Project, Reading, Trust, Window
from alerting.sentry import ErrorTracker, SentrySetupError, init_sentry
from tests.notifiers.stand_ins import mail_server, slack_server
from tests.sentry.sdk import Kept, fresh_sdk, sink, started
from tests.sentry.sink import Sink

__all__ = ["fresh_sdk", "sink", "started"]

# Put together here, out of reach of the source lines that travel with a frame: those keep their literals by design.
SECRET = "hunter2-" + "9f8e7d6c5b"
CARD = " ".join(("4111", "1111", "1111", "1111"))
EMAIL = "ana@" + "example.com"
ADDRESS = "203.0." + "113.9"
NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def test_sentry_dsn_configured(sink: Sink, fresh_sdk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert init_sentry() is False
    assert sentry_sdk.capture_message("nobody listens") is None

    monkeypatch.setenv("SENTRY_DSN", sink.dsn)
    assert init_sentry() is True
    sentry_sdk.capture_message("somebody listens")
    assert sink.event["message"] == "somebody listens"

    monkeypatch.setenv("SENTRY_DSN", f"https://{SECRET}@sentry.invalid")
    with pytest.raises(SentrySetupError, match="SENTRY_DSN") as caught:
        init_sentry()
    assert SECRET not in str(caught.value)


def test_sentry_initialization(sink: Sink, fresh_sdk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DSN", sink.dsn), ("ENVIRONMENT", "staging"), ("TRACES_SAMPLE_RATE", "1.0")):
        monkeypatch.setenv(f"SENTRY_{name}", value)
    monkeypatch.setenv("APP_VERSION", "1.4.2")

    assert init_sentry()
    with sentry_sdk.start_transaction(op="task", name="create_story"):
        sentry_sdk.capture_message("working")

    assert (sink.event["environment"], sink.event["release"]) == ("staging", "1.4.2")
    assert sink.wait_for("transaction")[0]["transaction"] == "create_story"


def test_sensitive_data_scrubbing(sink: Sink, fresh_sdk: Any) -> None:
    assert init_sentry(dsn=sink.dsn)

    def log_in(password: str) -> None:
        raise ValueError(f"cannot reach postgres://app:{password}@db.internal/shop for card {CARD}")

    sentry_sdk.set_user({"id": 7, "username": "ana", "email": EMAIL, "ip_address": ADDRESS})
    sentry_sdk.set_context("call", {"headers": {"Authorization": f"Bearer {SECRET}"}, "url": f"/x?token={SECRET}"})
    try:
        log_in(SECRET)
    except ValueError as error:
        ErrorTracker.capture_exception(error, context={"api_key": SECRET, "story_id": 12, "author": "Ana Lima"})

    event = sink.event
    sentry_sdk.get_client().close()
    for leaked in (SECRET, CARD, EMAIL, ADDRESS):
        assert leaked.encode() not in sink.raw
    assert (str(event["user"]["id"]), event["user"]["username"]) == ("7", "ana")
    assert event["contexts"]["custom"]["story_id"] == 12
    assert event["contexts"]["custom"]["author"] == "Ana Lima"
    assert "cannot reach" in event["exception"]["values"][0]["value"]


def test_breadcrumb_scrubbing(sink: Sink, fresh_sdk: Any) -> None:
    assert init_sentry(dsn=sink.dsn)
    sentry_sdk.add_breadcrumb(
        category="http",
        message=f"POST https://api.example.com/login?password={SECRET}&page=2",
        data={"headers": {"X-Api-Key": SECRET}, "attempt": 3, "nested": [{"client_secret": SECRET}]},
    )
    sentry_sdk.capture_message("login failed")

    (crumb,) = sink.event["breadcrumbs"]["values"]
    sentry_sdk.get_client().close()
    assert SECRET.encode() not in sink.raw
    assert crumb["data"]["attempt"] == 3
    assert crumb["message"].startswith("POST https://api.example.com/login")


def test_ignored_errors(started: Callable[..., Kept]) -> None:
    class StoryMissing(Http404):
        pass

    kept = started()
    for ignored in (Http404(), StoryMissing(), drf.NotFound(), drf.PermissionDenied()):
        assert ErrorTracker.capture_exception(ignored) is None
    assert kept.envelopes == []

    assert ErrorTracker.capture_exception(LookupError("a real one"))
    assert kept.event["exception"]["values"][0]["type"] == "LookupError"


def test_error_tracker_capture_exception(sink: Sink, fresh_sdk: Any) -> None:
    assert init_sentry(dsn=sink.dsn)

    def risky_operation() -> None:
        raise LookupError("no such story")

    try:
        risky_operation()
    except LookupError as error:
        event_id = ErrorTracker.capture_exception(
            error, context={"user_id": 7, "action": "create_story", "story_id": 12}, level="error"
        )

    assert sink.event["event_id"] == event_id
    assert sink.event["level"] == "error"
    assert sink.event["contexts"]["custom"] == {"user_id": 7, "action": "create_story", "story_id": 12}
    frames = sink.event["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"].endswith("risky_operation")


def test_sentry_integrations_configured(started: Callable[..., Kept]) -> None:
    started()
    client = sentry_sdk.get_client()

    for name in ("django", "celery", "redis"):
        assert (client.get_integration(name) is not None) == (importlib.util.find_spec(name) is not None)
    assert client.get_integration("logging") is not None
    django, celery = client.get_integration("django"), client.get_integration("celery")
    assert django is not None
    assert (django.transaction_style, django.middleware_spans, django.signals_spans) == ("url", True, True)
    assert celery is not None
    assert celery.monitor_beat_tasks is True


def test_alert_thresholds() -> None:
    def fires(name: str, value: float, **environment: str) -> bool:
        rules = {rule.name: rule for rule in catalog.build(config.load(environment))}
        window = Window.ending(NOW, 600)
        reading = Reading(
            Project("1", "shop"), "", window, Trust.VALUE, value=value, sample=1000, settled=True, dataset="errors"
        )
        return judge(rules[name], reading, NOW).outcome is Outcome.BREACHED

    assert not fires("critical_errors", 10)
    assert fires("critical_errors", 11)
    assert not fires("critical_errors", 11, SENTRY_CRITICAL_ERROR_THRESHOLD="11")
    assert not fires("error_rate", 0.01)
    assert fires("error_rate", 0.011)
    assert fires("error_rate", 0.006, SENTRY_ERROR_RATE_THRESHOLD="0.005")
    with pytest.raises(ConfigError, match="SENTRY_ERROR_RATE_THRESHOLD"):
        config.load({"SENTRY_ERROR_RATE_THRESHOLD": "1%"})


def test_email_alert_configuration() -> None:
    with mail_server() as server:
        settings = config.load(
            {
                "SENTRY_EMAIL_ALERTS_ENABLED": "True",
                "SENTRY_ALERT_EMAIL_RECIPIENTS": "team@example.com,oncall@example.com",
                "EMAIL_HOST": server.host,
                "EMAIL_PORT": str(server.port),
            }
        )
        registry.build(settings)["email"].send(firing(), {}, "1")

        (envelope,) = server.handler.envelopes
    assert envelope.rcpt_tos == ["team@example.com", "oncall@example.com"]
    assert registry.build(config.load({})) == {}
    with pytest.raises(ConfigError, match="SENTRY_ALERT_EMAIL_RECIPIENTS"):
        config.load({"SENTRY_EMAIL_ALERTS_ENABLED": "True"})


def test_slack_integration_configuration() -> None:
    with slack_server() as slack:
        settings = config.load(
            {
                "SENTRY_SLACK_ALERTS_ENABLED": "True",
                "SENTRY_SLACK_WEBHOOK_URL": slack.webhook_url,
                "SENTRY_SLACK_CHANNEL": "#engineering-alerts",
            }
        )
        registry.build(settings)["slack"].send(firing(), {}, "1")

        (posted,) = slack.requests
    assert slack.webhook_url.endswith(posted.path)
    assert "checkout" in str(posted.body)
    assert slack.webhook_url not in repr(settings)
    with pytest.raises(ConfigError, match="SENTRY_SLACK_WEBHOOK_URL"):
        config.load({"SENTRY_SLACK_ALERTS_ENABLED": "True"})


def test_error_grouping_rules(started: Callable[..., Kept]) -> None:
    statements = (
        "SELECT * FROM missing_stories WHERE id = {n}",
        "UPDATE missing_users SET email = 'reader{n}@example.com' WHERE id = {n}",
        "DELETE FROM missing_sessions WHERE token = 'token-{n}'",
    )

    def query(statement: str) -> None:
        sqlite3.connect(":memory:").execute(statement)

    def authenticate(name: str) -> None:
        raise drf.AuthenticationFailed(f"{name} is locked")

    def validate(title: str) -> None:
        raise drf.ValidationError(f"{title} is too long")

    def limited(endpoint: str) -> None:
        sentry_sdk.get_current_scope().set_transaction_name(endpoint, source="route")
        raise drf.Throttled

    kept = started()

    def groups(act: Callable[[str], None], *inputs: str) -> set[tuple[str, ...]]:
        kept.envelopes.clear()
        for given in inputs:
            with sentry_sdk.new_scope():
                try:
                    act(given)
                except Exception as error:  # noqa: BLE001
                    ErrorTracker.capture_exception(error)
        return {tuple(event["fingerprint"]) for event in kept.of("event")}

    assert len(groups(query, *(one.format(n=n) for one in statements for n in range(20)))) == 3
    assert len(groups(authenticate, "ana", "ben")) == 1
    assert len(groups(validate, "one", "two")) == 1
    assert groups(authenticate, "ana") != groups(validate, "ana")
    assert len(groups(limited, "/api/orders/1", "/api/orders/2", "/api/login")) == 2
    assert not any("{{ default }}" in part for found in groups(validate, "one") for part in found)
