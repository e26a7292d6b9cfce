"""Proxies and authorities in the environment: a mistake where something needs them, a remark where nothing does."""

from pathlib import Path

import pytest

from alerting.config import load
from alerting.config_network import doubts
from tests.config.test_load import problems

SENTRY = {"SENTRY_AUTH_TOKEN": "0" * 64, "SENTRY_ORG": "acme"}
SANDBOX = {**SENTRY, "SENTRY_URL": "http://127.0.0.1:9000"}
SLACK = {"SENTRY_SLACK_ALERTS_ENABLED": "1", "SENTRY_SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/X"}
MAIL = {"SENTRY_EMAIL_ALERTS_ENABLED": "1", "SENTRY_ALERT_EMAIL_RECIPIENTS": "a@example.com", "EMAIL_USE_TLS": "1"}


@pytest.mark.parametrize(
    "environ", [SENTRY, {**SANDBOX, **SLACK}, {**SANDBOX, "HEARTBEAT_URL": "https://hc.example.com/1"}]
)
def test_a_proxy_that_something_needs_and_nobody_understands_is_a_mistake(environ: dict[str, str]) -> None:
    (found,) = problems({**environ, "HTTPS_PROXY": "socks4://u:topsecret@proxy"})
    assert found.startswith("HTTPS_PROXY: expected a proxy such as http://proxy:3128")
    assert "topsecret" not in found


@pytest.mark.parametrize("more", [{}, {"NO_PROXY": ".example.com"}])
def test_a_proxy_that_nothing_needs_is_nobodys_business(more: dict[str, str]) -> None:
    url = "https://sentry.example.com" if more else "http://127.0.0.1:9000"
    load({**SENTRY, "SENTRY_URL": url, "ALL_PROXY": "nonsense://", **more})


@pytest.mark.parametrize(
    "environ", [SENTRY, {**SANDBOX, **SLACK}, {**SANDBOX, **MAIL}, {"CELERY_BROKER_URL": "rediss://h"}]
)
def test_authorities_that_are_not_there_are_a_mistake_where_tls_is_spoken(environ: dict[str, str]) -> None:
    assert problems({**environ, "SSL_CERT_FILE": "/nowhere.pem"}) == (
        "SSL_CERT_FILE: /nowhere.pem cannot be read: No such file or directory",
    )


def test_elsewhere_they_are_told(tmp_path: Path) -> None:
    environ = {**SANDBOX, "SSL_CERT_FILE": str(tmp_path / "ca.pem"), "DJANGO_SETTINGS_MODULE": "shop.settings"}
    found = list(doubts(load(environ), {**environ, "CELERY_RESULT_BACKEND": "django-db"}))
    assert [line.partition(" ")[0] for line in found] == [
        "SSL_CERT_FILE:",
        "DJANGO_SETTINGS_MODULE",
        "CELERY_RESULT_BACKEND",
    ]


def test_a_redis_that_is_not_verified_is_told() -> None:
    (found,) = doubts(load({"CELERY_BROKER_URL": "rediss://h?ssl_cert_reqs=none"}), {})
    assert found.startswith("CELERY_BROKER_URL: ssl_cert_reqs=none")
    assert not list(doubts(load({"CELERY_BROKER_URL": "rediss://h"}), {}))
