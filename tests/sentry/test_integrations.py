"""Which of the SDK's integrations are switched on."""

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk

from tests.sentry.sdk import Kept


def test_integrations_follow_what_is_installed(started: Callable[..., Kept]) -> None:
    started()
    client = sentry_sdk.get_client()

    for name in ("django", "celery", "redis", "httpx", "sqlalchemy"):
        installed = importlib.util.find_spec(name) is not None
        assert (client.get_integration(name) is not None) == installed
    django: Any = client.get_integration("django")
    assert (django.transaction_style, django.middleware_spans, django.signals_spans) == ("url", True, True)
    celery: Any = client.get_integration("celery")
    assert celery.monitor_beat_tasks is True
    assert client.get_integration("logging") is not None


def test_an_integration_of_the_callers_replaces_ours(started: Callable[..., Kept]) -> None:
    from sentry_sdk.integrations.celery import CeleryIntegration

    mine = CeleryIntegration(monitor_beat_tasks=False)
    started(integrations=[mine])

    assert sentry_sdk.get_client().get_integration("celery") is mine
    assert sentry_sdk.get_client().get_integration("django") is not None


def test_an_integration_that_does_not_fit_the_library_costs_only_itself(
    started: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentry_sdk.integrations import DidNotEnable, redis

    def refuse() -> None:
        raise DidNotEnable("too old")

    # The SDK sets an integration up once per process: only this one is to be met for the first time.
    for name in ("_processed_integrations", "_installed_integrations"):
        monkeypatch.setattr(sentry_sdk.integrations, name, getattr(sentry_sdk.integrations, name) - {"redis"})
    monkeypatch.setattr(redis.RedisIntegration, "setup_once", refuse)
    kept = started()
    sentry_sdk.capture_message("still here")

    assert kept.event["message"] == "still here"
    client = sentry_sdk.get_client()
    assert client.get_integration("redis") is None
    assert client.get_integration("django") is not None
    assert client.get_integration("celery") is not None
