"""Slack and the mail server at their worst: temporary is retried, permanent takes the other way, nothing is lost."""

import json

import pytest

from alerting.sandbox import Sandbox
from alerting.sandbox.faults import Fault
from tests.flow.conftest import MakeService
from tests.support.service import Service

pytestmark = [pytest.mark.faults]


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """What a provider answers does not depend on the database."""
    return ""


def running(make_service: MakeService, **overrides: str) -> Service:
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false", **overrides).up()
    service.wait_for_good_tick()
    return service


def told(sandbox: Sandbox) -> list[str]:
    return [each.text for each in sandbox.slack.messages if "checkout" in each.text]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, body="oops", times=2),
        Fault(status=503, body="<html>maintenance</html>", content_type="text/html", times=2),
        Fault(status=429, body="rate_limited", headers={"Retry-After": "2"}, times=1),
        Fault(status=429, body="rate_limited", times=1),
        Fault(status=429, body="rate_limited", headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, times=1),
        Fault(drop="before", times=2),
    ],
    ids=["500", "503 page", "429 seconds", "429 bare", "429 date", "reset"],
)
def test_what_slack_refuses_for_now_arrives_once_later(
    make_service: MakeService, sandbox: Sandbox, fault: Fault
) -> None:
    service = running(make_service)
    sandbox.slack.fault(fault)
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.mail.wait_for(lambda arrived: len(arrived) == 1, timeout=20)
    sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived), timeout=60)
    service.wait_for_good_tick()
    assert len(told(sandbox)) == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "no_service"), (404, "channel_not_found"), (403, "action_prohibited"), (410, "channel_is_archived")],
)
def test_what_slack_refuses_for_good_comes_by_mail_and_says_so(
    make_service: MakeService, sandbox: Sandbox, status: int, reason: str
) -> None:
    service = running(make_service)
    sandbox.slack.fault(Fault(status=status, body=reason))
    sandbox.sentry.add_transactions("search", 200, p95_ms=1500.0)
    mails = sandbox.mail.wait_for(lambda arrived: len(arrived) >= 2, timeout=90)
    everything = "\n".join(mail.message.get_body(("plain",)).get_content() for mail in mails)
    assert reason in everything
    assert "search" in everything and "1500 ms" in everything
    listed = service.command("outbox", "list").stdout
    assert "broken" in listed and reason in listed


@pytest.mark.parametrize("reason", ["invalid_auth", "account_inactive", "channel_not_found"])
def test_a_bot_that_is_refused_for_good_is_replaced_by_mail(
    make_service: MakeService, sandbox: Sandbox, reason: str
) -> None:
    running(
        make_service,
        SENTRY_SLACK_WEBHOOK_URL="",
        SENTRY_SLACK_BOT_TOKEN=sandbox.slack.bot_token,
        SENTRY_SLACK_CHANNEL=sandbox.slack.channel,
        SENTRY_SLACK_API_URL=sandbox.slack.api_url,
    )
    sandbox.slack.fault(
        Fault(status=200, body=json.dumps({"ok": False, "error": reason}), content_type="application/json")
    )
    sandbox.sentry.add_errors("checkout", 11)
    mails = sandbox.mail.wait_for(lambda arrived: len(arrived) >= 2, timeout=40)
    assert any(reason in mail.message.get_body(("plain",)).get_content() for mail in mails)


def test_blocks_slack_dislikes_are_sent_as_text(make_service: MakeService, sandbox: Sandbox) -> None:
    running(make_service)
    sandbox.slack.fault(Fault(status=400, body="invalid_blocks", times=1))
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.slack.wait_for(lambda arrived: any("11 errors" in each.text for each in arrived), timeout=20)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(stage="connect", reply="421 too busy", times=2),
        Fault(stage="data", reply="451 try again", times=2),
        Fault(stage="data", drop="before", times=1),
    ],
    ids=["421", "451", "dropped before the answer to DATA"],
)
def test_what_the_mail_server_refuses_for_now_arrives_later(
    make_service: MakeService, sandbox: Sandbox, fault: Fault
) -> None:
    running(make_service)
    sandbox.mail.fault(fault)
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.slack.wait_for(lambda arrived: len(arrived) == 1, timeout=20)
    sandbox.mail.wait_for(lambda arrived: len(arrived) >= 1, timeout=60)
    assert len({mail.message["Message-ID"] for mail in sandbox.mail.messages}) == 1


def test_one_recipient_refused_for_good_does_not_cost_the_others_theirs(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = running(make_service, SENTRY_ALERT_EMAIL_RECIPIENTS="oncall@example.com,gone@example.com")
    sandbox.mail.fault(Fault(stage="rcpt", reply="550 no such user", recipient="gone@example.com"))
    sandbox.sentry.add_errors("checkout", 11)
    mails = sandbox.mail.wait_for(lambda arrived: len(arrived) == 1, timeout=20)
    assert mails[0].recipients == ["oncall@example.com"]
    for _ in range(2):
        service.wait_for_good_tick()
    assert len(sandbox.mail.messages) == 1


def test_a_refused_login_comes_by_slack_and_says_so(make_service: MakeService, sandbox: Sandbox) -> None:
    running(make_service, EMAIL_HOST_USER="alerts", EMAIL_HOST_PASSWORD="wrong-password-9172")
    sandbox.mail.fault(Fault(stage="auth", reply="535 no"))
    sandbox.sentry.add_errors("checkout", 11)
    arrived = sandbox.slack.wait_for(lambda all_: len(all_) >= 2, timeout=40)
    everything = "\n".join(each.text for each in arrived)
    assert "smtp_auth" in everything
    assert "wrong-password-9172" not in everything


def test_an_operator_sees_retries_and_discards_what_is_owed(make_service: MakeService, sandbox: Sandbox) -> None:
    service = running(make_service, SENTRY_EMAIL_ALERTS_ENABLED="false", SENTRY_ALERT_EMAIL_RECIPIENTS="")
    broken = sandbox.slack.fault(Fault(status=404, body="no_service"))
    sandbox.sentry.add_errors("checkout", 11)
    (number,) = service.wait_for_row("select id from outbox_message where state = 'failed'")[0]
    shown = service.command("outbox", "show", str(number))
    assert "checkout" in shown.stdout and "no_service" in shown.stdout
    broken.remove()
    assert service.command("outbox", "retry", str(number)).returncode == 0
    sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived), timeout=20)
    refused = service.command("outbox", "discard", str(number))
    assert refused.returncode == 1 and "sent" in refused.stderr
    assert service.command("outbox", "show", "999999").returncode == 1
