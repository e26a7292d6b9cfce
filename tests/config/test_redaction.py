"""Secrets in lines of log: masked whatever wrote the line."""

import html
import io
import json
import logging
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from alerting import config, redaction
from alerting.sentry.scrub import Scrubber

ENVIRON = {
    "SENTRY_URL": "https://sentry.example.com",
    "SENTRY_ORG": "acme",
    "SENTRY_AUTH_TOKEN": "sntryu_0123456789abcdef",
    "SENTRY_SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/abcdefgh",
    "HEARTBEAT_URL": "https://hc.example.com/ping/0000-1111-2222",
    "CELERY_BROKER_URL": "redis://:broker%2Fpass@redis.example.com/0",
    "DATABASE_URL": "postgres://user:data-pass@db.example.com/alerting",
}


@pytest.fixture
def secrets() -> tuple[str, ...]:
    return redaction.secrets_of(config.load(ENVIRON))


@pytest.mark.parametrize(
    "line",
    [
        "token sntryu_0123456789abcdef refused",
        "POST /services/T0/B0/abcdefgh 404",
        "GET https://hc.example.com/ping/0000-1111-2222 failed",
        "GET /ping/0000-1111-2222",
        "cannot connect to redis://:broker%2Fpass@redis.example.com/0",
        "FATAL: password data-pass is wrong",
    ],
)
def test_a_secret_is_masked_in_whatever_form_a_library_writes_it(line: str, secrets: tuple[str, ...]) -> None:
    said = redaction.redact(line, secrets)
    assert redaction.MASK in said
    assert not any(secret in said for secret in secrets)


def test_hosts_and_short_paths_stay_readable() -> None:
    secrets = redaction.secrets_of(config.load({**ENVIRON, "HEARTBEAT_URL": "https://hc.example.com/health"}))
    line = "redis.example.com and db.example.com answer, GET /health too"
    assert redaction.redact(line, secrets) == line


def test_tracebacks_pass_through_the_mask_as_well(secrets: tuple[str, ...]) -> None:
    written = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(written))
    redaction.install(logger, secrets)
    try:
        int("data-pass")
    except ValueError:
        logger.exception("failed for %s", "sntryu_0123456789abcdef")
    assert "Traceback" in written.getvalue()
    assert f"invalid literal for int() with base 10: '{redaction.MASK}'" in written.getvalue()
    assert not any(secret in written.getvalue() for secret in secrets)


@pytest.mark.parametrize(
    "spelled",
    [
        lambda secret: secret,
        lambda secret: quote(secret, safe=""),
        lambda secret: json.dumps({"body": secret}),
        lambda secret: json.dumps({"body": json.dumps({"x": secret})}),
        lambda secret: repr({"body": secret}),
        lambda secret: html.escape(secret),
    ],
    ids=["plain", "URL", "JSON", "JSON in JSON", "repr", "HTML"],
)
def test_a_known_secret_is_found_on_an_event_in_every_spelling(spelled: Callable[[str], str]) -> None:
    secret = 'Zx9<kLm"27>\\Qw'
    url = f"postgresql://svc:{quote(secret, safe='')}@db.example.com/alerting"
    ours = [re.escape(one) for one in redaction.secrets_of(config.load({**ENVIRON, "DATABASE_URL": url}))]
    event = {"message": f"they said {spelled(secret)} twice", "extra": {"seen": [spelled(secret)]}}
    after = str(Scrubber(extra_patterns=ours)(event))
    assert "kLm" not in after
    assert "they said" in after
