"""What a provider refuses for good: the other channel says so, nothing is lost, and a mended channel is used again."""

import re
import signal

import pytest

from tests.flow.conftest import MakeService
from tests.sandbox import Fault, Sandbox
from tests.sandbox.records import Mail
from tests.support.service import Service
from tests.support.told import by_mail, in_slack, once

pytestmark = [pytest.mark.faults]
COUNTS_ONLY = {"SENTRY_NEW_ISSUE_ALERTS_ENABLED": "false", "SENTRY_ALERT_KEEP_FIRING_SECONDS": "3600"}


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """What a provider refuses does not depend on the database."""
    return ""


def running(make_service: MakeService, **overrides: str) -> Service:
    service = make_service(**COUNTS_ONLY, **overrides).up()
    service.wait_for_good_tick()
    return service


def restart_with(service: Service, **overrides: str) -> None:
    service.overrides = {**service.overrides, **overrides}
    service.stop("worker", signal.SIGKILL)
    service.start_worker()


def body(mail: Mail) -> str:
    return str(mail.message.get_body(("plain",)).get_content())


def mails_with(sandbox: Sandbox, *words: str) -> list[Mail]:
    return [mail for mail in sandbox.mail.messages if all(word in body(mail) for word in words)]


def broken(sandbox: Sandbox, reason: str) -> list[Mail]:
    """The mails that say that a channel is broken, and why."""
    return [mail for mail in mails_with(sandbox, reason) if "[channel broken]" in str(mail.message["Subject"])]


def test_a_webhook_that_is_gone_is_replaced_by_mail_until_another_one_is_configured(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = running(make_service)
    sandbox.slack.webhook_path += "new"
    sandbox.sentry.add_transactions("search", 200, p95_ms=1500.0)
    sandbox.sentry.add_errors("checkout", 11)
    line = "Slack refused this notice (no_service), so it comes this way."
    sandbox.mail.wait_for(lambda _: mails_with(sandbox, "search", "1500 ms", line), timeout=60)
    sandbox.mail.wait_for(lambda _: by_mail(sandbox, "checkout"))
    service.wait_for_good_tick()
    (warning,) = broken(sandbox, "no_service")
    assert "Slack does not take our notices any more" in str(warning.message["Subject"])
    assert (len(by_mail(sandbox, "search")), len(by_mail(sandbox, "checkout"))) == (1, 1)
    listed = service.command("outbox", "list").stdout
    assert re.search(r"slack: broken since .*: no_service", listed)
    restart_with(service, SENTRY_SLACK_WEBHOOK_URL=sandbox.slack.webhook_url)
    sandbox.sentry.add_errors("basket", 11)
    once(sandbox, "basket", service.wait_for_good_tick)
    assert in_slack(sandbox, "search", "") == in_slack(sandbox, "checkout", "") == []
    assert (len(by_mail(sandbox, "search")), len(by_mail(sandbox, "checkout"))) == (1, 1)


def test_without_another_channel_what_was_refused_waits_for_the_new_configuration(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = running(make_service, SENTRY_EMAIL_ALERTS_ENABLED="false", SENTRY_ALERT_EMAIL_RECIPIENTS="")
    sandbox.slack.refusing = "channel_not_found"
    sandbox.sentry.add_errors("checkout", 11)
    (number,) = service.wait_for_row("select id from outbox_message where state = 'failed'")[0]
    shown = service.command("outbox", "show", str(number)).stdout
    assert "checkout" in shown and "channel_not_found" in shown
    listed = service.command("outbox", "list").stdout
    assert "failed" in listed and "checkout" in listed
    sandbox.slack.refusing = ""
    sandbox.slack.webhook_path += "new"
    restart_with(service, SENTRY_SLACK_WEBHOOK_URL=sandbox.slack.webhook_url)
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "checkout"))
    service.wait_for_good_tick()
    assert len(in_slack(sandbox, "checkout")) == 1
    refused = service.command("outbox", "discard", str(number))
    assert refused.returncode == 1 and "is sent" in refused.stderr
    sandbox.slack.fault(Fault(status=503))
    sandbox.sentry.add_errors("search", 11)
    (waiting,) = service.wait_for_row("select id from outbox_message where state = 'pending' and attempts > 0")[0]
    assert service.command("outbox", "discard", str(waiting)).returncode == 0
    sandbox.slack.faults.clear()
    assert "discarded" in service.command("outbox", "show", str(waiting)).stdout
    assert service.command("outbox", "retry", str(waiting)).returncode == 0
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "search"))
    unknown = service.command("outbox", "show", "999999")
    assert unknown.returncode == 1 and "There is no message 999999" in unknown.stderr


def test_a_refused_login_is_replaced_by_slack_until_it_is_right(make_service: MakeService, sandbox: Sandbox) -> None:
    sandbox.mail.user, sandbox.mail.password = "alerts", "right-password-5531"
    service = running(make_service, EMAIL_HOST_USER="alerts", EMAIL_HOST_PASSWORD="wrong-password-9172")
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "smtp_auth", "channel broken"))
    service.wait_for_good_tick()
    assert len(in_slack(sandbox, "checkout")) == 1
    everything = "".join(each.text for each in sandbox.slack.messages) + service.logs()
    assert "wrong-password-9172" not in everything
    restart_with(service, EMAIL_HOST_PASSWORD="right-password-5531")
    sandbox.sentry.add_errors("basket", 11)
    once(sandbox, "basket", service.wait_for_good_tick)
    assert by_mail(sandbox, "checkout") == []


def test_a_bot_that_is_refused_is_replaced_by_mail_and_an_operators_retry_opens_the_channel(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = running(make_service, **bot(sandbox))
    sandbox.slack.refusing = "invalid_auth"
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.mail.wait_for(lambda _: broken(sandbox, "invalid_auth"))
    sandbox.mail.wait_for(lambda _: by_mail(sandbox, "checkout"))
    (number,) = service.wait_for_row("select id from outbox_message where channel = 'slack' and state = 'discarded'")[0]
    sandbox.slack.refusing = ""
    assert service.command("outbox", "retry", str(number)).returncode == 0
    once(sandbox, "checkout", service.wait_for_good_tick)
    # Another refusal of the opened channel is told again, with its own reason.
    sandbox.slack.refusing = "account_inactive"
    sandbox.sentry.add_errors("search", 11)
    sandbox.mail.wait_for(lambda _: broken(sandbox, "account_inactive"))
    assert len(by_mail(sandbox, "search")) == 1


def test_a_bot_that_is_invited_after_all_is_used_again_after_a_restart_and_on_an_operators_word(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = running(make_service, **bot(sandbox))
    for reason, project, again, mend in (
        ("not_in_channel", "checkout", "basket", lambda: restart_with(service)),
        ("missing_scope", "search", "stock", lambda: service.command("outbox", "reopen", "slack")),
    ):
        sandbox.slack.refusing = reason
        sandbox.sentry.add_errors(project, 11)
        sandbox.mail.wait_for(lambda _, reason=reason: broken(sandbox, reason))
        service.wait_for_good_tick()
        sandbox.slack.refusing = ""
        mend()
        sandbox.sentry.add_errors(again, 11)
        once(sandbox, again, service.wait_for_good_tick)
        assert (len(by_mail(sandbox, project)), in_slack(sandbox, project, "")) == (1, [])
    # That the channel works again is told by mail as well.
    service.wait_for_row(
        "select 1 where not exists (select 1 from outbox_message where state in ('pending', 'sending'))"
    )
    listed = service.command("outbox", "list").stdout
    assert "slack: open" in listed and "Nothing is owed" in listed
    assert "is not stopped" in service.command("outbox", "reopen", "slack").stdout
    unknown = service.command("outbox", "reopen", "slak")
    assert unknown.returncode == 1 and "enabled are email, slack" in unknown.stderr


def test_a_mailbox_that_is_unlocked_is_used_again_after_a_restart(make_service: MakeService, sandbox: Sandbox) -> None:
    sandbox.mail.user, sandbox.mail.password = "alerts", "locked-for-now-5531"
    service = running(make_service, EMAIL_HOST_USER="alerts", EMAIL_HOST_PASSWORD="right-password-5531")
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "smtp_auth", "channel broken"))
    service.wait_for_good_tick()
    sandbox.mail.password = "right-password-5531"
    restart_with(service)
    sandbox.sentry.add_errors("basket", 11)
    once(sandbox, "basket", service.wait_for_good_tick)
    assert (by_mail(sandbox, "checkout"), len(in_slack(sandbox, "checkout"))) == ([], 1)


def test_the_cards_of_a_bot_say_resolved_also_where_that_was_told_in_a_digest(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = running(make_service, **bot(sandbox))
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "checkout"))
    (card,) = sandbox.slack.messages
    for number in range(8):
        sandbox.sentry.add_errors(f"app-{number}", 11, issue=False)
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "app-7"))
    # One tick ends all of them, so that their ends travel in one message.
    restart_with(service, SENTRY_CRITICAL_ERROR_THRESHOLD="1000")
    sandbox.slack.wait_for(lambda _: "ended" in (sandbox.slack.find(card.ts) or card).text)
    edited = sandbox.slack.find(card.ts)
    assert edited is not None and "[ended]" in edited.text and "checkout" in edited.text
    posted = [each for each in sandbox.slack.messages if each.via == "chat.postMessage"]
    assert len([each for each in posted if "[digest]" in each.text and "checkout" in each.text]) == 1
    assert [each for each in posted if each.thread_ts] == []


def bot(sandbox: Sandbox) -> dict[str, str]:
    return {
        "SENTRY_SLACK_WEBHOOK_URL": "",
        "SENTRY_SLACK_BOT_TOKEN": sandbox.slack.bot_token,
        "SENTRY_SLACK_CHANNEL": sandbox.slack.channel,
        "SENTRY_SLACK_API_URL": sandbox.slack.api_url,
    }
