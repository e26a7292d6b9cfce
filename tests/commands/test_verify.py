"""`alerting verify` against a Sentry on real sockets: it passes only where everything arrives, grouped and clean."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alerting.commands import verify
from alerting.commands.canaries import Canaries, Sent, send_all
from alerting.commands.verify import Found
from tests.commands.conftest import Run
from tests.notifiers.stand_ins import slack_server
from tests.sandbox import Fault, Sandbox
from tests.sentry.sdk import Kept, fresh_sdk, started
from tests.support import certificate

__all__ = ["fresh_sdk", "started"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.sentry.add_project("shop")
        yield running


@pytest.fixture
def environ(sandbox: Sandbox) -> dict[str, str]:
    return {
        "SENTRY_URL": sandbox.sentry.url,
        "SENTRY_AUTH_TOKEN": sandbox.sentry.token,
        "SENTRY_ORG": sandbox.sentry.org,
        "SENTRY_DSN": sandbox.sentry.dsn("shop"),
    }


def test_events_that_arrive_grouped_and_clean_pass(run: Run, environ: dict[str, str]) -> None:
    done = run("verify", "--timeout", "30", **environ, COLUMNS="40")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    said = done.stdout.splitlines()[-1]
    assert said.startswith("✓ 4 events arrived") and said.endswith("can be read in Sentry.")
    key = environ["SENTRY_DSN"].partition("//")[2].partition("@")[0]
    assert key not in done.stdout and "***@" in done.stdout


def test_a_dsn_with_nothing_behind_it_fails(run: Run, environ: dict[str, str]) -> None:
    done = run("verify", "--timeout", "2", **{**environ, "SENTRY_DSN": "http://key@127.0.0.1:9/1"})
    assert done.returncode == 1
    assert done.stdout.count("could not be read back in time") == 4 and "Nothing came through" in done.stdout


def test_events_that_are_taken_but_never_stored_fail(run: Run, environ: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.sentry.fault(Fault(match="/envelope/", status=429, body="{}"))
    done = run("verify", "--timeout", "2", **environ)
    assert done.returncode == 1 and "could not be read back" in done.stdout


def test_what_sentry_refuses_is_named_with_its_status(run: Run, environ: dict[str, str], sandbox: Sandbox) -> None:
    body = '{"detail": "event submission rejected"}'
    sandbox.sentry.fault(Fault(match="/envelope/", status=403, body=body))
    done = run("verify", "--timeout", "60", **environ)
    assert done.returncode == 1
    assert "refuses the events (403: event submission rejected). Compare SENTRY_DSN" in done.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_a_certificate_that_is_not_trusted_leads_to_its_variable(
    run: Run, environ: dict[str, str], tmp_path: Path
) -> None:
    with slack_server(certificate.serving(certificate.make(tmp_path, "localhost"))) as server:
        dsn = f"https://key@{server.url.partition('//')[2]}/1"
        done = run("verify", "--timeout", "60", **{**environ, "SENTRY_DSN": dsn})
    assert done.returncode == 1
    assert "Nothing came through: The TLS certificate of localhost" in done.stdout and "SSL_CERT_FILE" in done.stdout


def test_an_api_without_such_a_path_is_told_at_once(run: Run, environ: dict[str, str], sandbox: Sandbox) -> None:
    said, page = "Unimplemented API endpoint: /api/0/", "text/html; charset=utf-8"
    for path in ("/organizations/", "/projects/"):
        sandbox.sentry.fault(Fault(match=path, status=404, body=said, content_type=page))
    done = run("verify", "--timeout", "600", **environ)
    assert done.returncode == 1 and "has no such path, as with Bugsink" in done.stdout


def test_events_that_are_not_there_yet_are_waited_for_longer_next_time(
    run: Run, environ: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.sentry.fault(Fault(match="/events/", status=404, body='{"detail": "Event not found"}'))
    done = run("verify", "--timeout", "2", **environ)
    assert done.returncode == 1 and "Nothing came through yet" in done.stdout and "--timeout 300" in done.stdout


def test_events_are_asked_for_by_the_slug_which_glitchtip_wants(
    run: Run, environ: dict[str, str], sandbox: Sandbox
) -> None:
    number = environ["SENTRY_DSN"].rpartition("/")[2]
    by_number = f"/projects/{environ['SENTRY_ORG']}/{number}/"
    sandbox.sentry.fault(Fault(match=by_number, status=404, body='{"detail": "Not Found"}'))
    assert run("verify", "--timeout", "30", **environ).returncode == 0


def test_without_a_dsn_it_says_what_is_missing(run: Run, environ: dict[str, str]) -> None:
    done = run("verify", **{**environ, "SENTRY_DSN": ""})
    assert done.returncode == 2 and "SENTRY_DSN" in done.stderr


def test_a_wrong_token_is_named_as_the_cause(run: Run, environ: dict[str, str]) -> None:
    done = run("verify", "--timeout", "5", **{**environ, "SENTRY_AUTH_TOKEN": "sntryu_" + "0" * 32})
    assert done.returncode != 0 and "token" in (done.stdout + done.stderr).lower()


def test_a_secret_that_can_be_read_fails_and_names_its_place() -> None:
    canaries = Canaries()
    secret = canaries.plant("cookie")
    leaks = tuple(canaries.found_in(json.dumps({"request": {"cookies": secret}})))
    failures = verify._judge([Found(Sent("error", "1"), True, "7", leaks), Found(Sent("transaction", "2"), True)])
    assert failures == ["The error tells what was planted in its cookie."]


@pytest.mark.parametrize(("groups", "complaint"), [(("7", "8"), "not grouped"), (("7", ""), "belongs to no group")])
def test_errors_of_one_family_in_two_groups_fail(groups: tuple[str, str], complaint: str) -> None:
    found: list[Any] = [Found(Sent("error", str(at), "database"), True, group) for at, group in enumerate(groups)]
    failures = verify._judge([*found, Found(Sent("transaction", "2"), True)])
    assert len(failures) == 1 and complaint in failures[0]


def test_a_message_without_a_group_fails() -> None:
    failures = verify._judge([Found(Sent("message", "1"), True), Found(Sent("transaction", "2"), True)])
    assert failures == ["The message belongs to no group."]


def test_what_the_sdk_side_refuses_is_a_mistake_in_the_configuration(run: Run, environ: dict[str, str]) -> None:
    done = run("verify", **{**environ, "SENTRY_ENVIRONMENT": "eu/west"})
    assert done.returncode == 2 and "SENTRY_ENVIRONMENT" in done.stderr and "Traceback" not in done.stderr


def test_every_kind_of_event_carries_them_and_ours_shows_none(started: Callable[..., Kept]) -> None:
    def planted_and_readable(**options: Any) -> list[set[str]]:
        canaries, ids = Canaries(), list[str]()
        kept = started(
            profiles_sample_rate=0.0,
            before_send_transaction=lambda event, hint: ids.append(event["event_id"]) or event,
            **options,
        )
        assert len(send_all(canaries, ids)) == 4
        return [set(canaries.found_in(json.dumps(one))) for one in (*kept.of("event"), *kept.of("transaction"))]

    assert planted_and_readable() == [set()] * 4
    unscrubbed = planted_and_readable(scrub=lambda event, hint: event)
    assert all(found >= {"context", "tag", "user email", "request body", "query string"} for found in unscrubbed)
    assert [own in found for own, found in zip(OWN, unscrubbed, strict=True)] == [True] * 4


OWN = ("exception text", "exception text", "message", "span description")


def test_a_repr_of_the_planted_secrets_tells_none() -> None:
    """It stands among the local variables that are sent."""
    canaries = Canaries()
    assert canaries.plant("cookie") not in repr(canaries)


def test_a_dsn_is_shown_without_its_key() -> None:
    assert verify.masked("https://public:old@sentry.invalid:9000/path/1") == "https://***@sentry.invalid:9000/path/1"
    assert verify.masked("https://[") == "***"
