"""`alerting check` against real sockets: all good, and each thing that can be wrong with the token, Slack or mail."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.conftest import Run
from tests.sandbox import Fault, Sandbox
from tests.support import migrated
from tests.support.service import broker

pytestmark = [pytest.mark.flow, pytest.mark.xdist_group("check-for-real")]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with broker() as server:
        yield server.connection_url


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.sentry.add_errors("checkout", 3)
        running.sentry.add_transactions("checkout", 100)
        yield running


@pytest.fixture
def environ(sandbox: Sandbox, redis_url: str, tmp_path: Path) -> dict[str, str]:
    values = {
        "SENTRY_URL": sandbox.sentry.url,
        "SENTRY_AUTH_TOKEN": sandbox.sentry.token,
        "SENTRY_ORG": sandbox.sentry.org,
        "SENTRY_DSN": sandbox.sentry.dsn("checkout"),
        "SENTRY_EMAIL_ALERTS_ENABLED": "true",
        "SENTRY_ALERT_EMAIL_RECIPIENTS": "oncall@example.com",
        "EMAIL_HOST": sandbox.mail.host,
        "EMAIL_PORT": str(sandbox.mail.port),
        "SENTRY_SLACK_ALERTS_ENABLED": "true",
        "SENTRY_SLACK_WEBHOOK_URL": sandbox.slack.webhook_url,
        "CELERY_BROKER_URL": redis_url,
    }
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copy(migrated.sqlite_file(), tmp_path / "data")
    return values


def test_where_everything_is_right_every_part_passes_and_nothing_is_sent(
    run: Run, environ: dict[str, str], sandbox: Sandbox
) -> None:
    done = run("check", **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout and "Nothing failed." in done.stdout
    for part in ("Sentry", "Own errors", "Rules", "Email", "Slack", "Redis", "Data directory", "Database"):
        assert f"✓ pass            {part} " in done.stdout
    assert sandbox.slack.messages == [] and sandbox.mail.messages == []
    for name in ("SENTRY_AUTH_TOKEN", "SENTRY_SLACK_WEBHOOK_URL", "SENTRY_DSN"):
        assert environ[name] not in done.stdout


def test_a_secret_that_comes_from_a_file_works_and_says_so(run: Run, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text(environ.pop("SENTRY_AUTH_TOKEN") + "\n")
    done = run("check", **environ, SENTRY_AUTH_TOKEN_FILE=str(tmp_path / "token"))
    assert done.returncode == 0, done.stdout
    assert "set (not shown)  (file)" in done.stdout


def test_a_wrong_token_fails(run: Run, environ: dict[str, str]) -> None:
    done = run("check", **{**environ, "SENTRY_AUTH_TOKEN": "sntryu_" + "0" * 64})
    assert done.returncode == 1 and "Failed: Sentry." in done.stdout


def test_a_missing_scope_is_named(run: Run, environ: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.sentry.scopes.discard("event:read")
    done = run("check", **environ)
    assert done.returncode == 1 and "lacks the scope event:read" in done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [("SENTRY_ORG", "nobody"), ("SENTRY_PROJECT", "chekout"), ("SENTRY_ALERT_ENVIRONMENTS", "prodution")],
)
def test_what_sentry_does_not_know_is_named(name: str, value: str, run: Run, environ: dict[str, str]) -> None:
    done = run("check", **{**environ, name: value})
    parts = done.stdout.split("Parts, each tried for real")[1]
    assert done.returncode == 1 and value in parts and "Failed: Sentry." in parts


def test_a_webhook_that_was_revoked_fails_alone(run: Run, environ: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.slack.refusing = "no_service"
    done = run("check", **environ)
    assert done.returncode == 1 and "Failed: Slack." in done.stdout
    assert "SENTRY_SLACK_WEBHOOK_URL" in done.stdout.split("Parts, each tried")[1]


def test_a_mail_server_that_turns_us_away_fails_alone(run: Run, environ: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.mail.fault(Fault(stage="connect", reply="554 go away"))
    done = run("check", **environ)
    assert done.returncode == 1 and "Failed: Email." in done.stdout and "go away" in done.stdout


def test_parts_that_never_answer_do_not_keep_the_command_for_ever(
    run: Run, environ: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.sentry.fault(Fault(hang=True))
    sandbox.slack.fault(Fault(hang=True))
    sandbox.mail.fault(Fault(stage="connect", hang=True))
    done = run("check", **environ, timeout=50)
    assert done.returncode == 1 and "Failed: Email, Sentry, Slack." in done.stdout


def test_an_evicting_redis_fails_with_consequence_and_fix(run: Run, environ: dict[str, str]) -> None:
    with broker(**{"maxmemory-policy": "allkeys-lru", "maxmemory": "100mb"}) as evicting:
        done = run("check", **{**environ, "CELERY_BROKER_URL": evicting.connection_url})
    assert done.returncode == 1 and "Failed: Redis." in done.stdout
    assert "Redis drops queued ticks" in done.stdout and "CONFIG SET maxmemory-policy noeviction" in done.stdout
