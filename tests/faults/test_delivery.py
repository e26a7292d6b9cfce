"""Slack and the mail server at their worst: what they refuse for now arrives once, later, and not as if fresh."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.sandbox import Fault, Sandbox
from tests.sandbox.records import Mail
from tests.support.service import Service
from tests.support.told import by_mail, in_slack, once, wait_until_told

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("delivery")]
PAGE = "<html><body>Down for maintenance</body></html>"
REFUSED_FOR_NOW = {
    "500 and 421": (Fault(status=500, times=2), Fault(stage="connect", reply="421 too busy", times=2)),
    "a 503 page and 451": (
        Fault(status=503, body=PAGE, content_type="text/html", times=1),
        Fault(stage="data", reply="451 try again later", times=1),
    ),
    "resets, and dropped after DATA": (Fault(drop="before", times=1), Fault(stage="data", drop="before", times=1)),
    "hangs": (Fault(hang=True, times=1), Fault(stage="data", hang=True, times=1)),
}


@pytest.fixture
def sandbox(lasting: Service) -> Sandbox:
    return lasting.sandbox


def two_ticks(service: Service) -> None:
    for _ in range(2):
        service.wait_for_good_tick()


def to(sandbox: Sandbox, project: str) -> list[list[str]]:
    """The recipients of every mail about the project."""
    return [mail.recipients for mail in sandbox.mail.messages if project in str(mail.message["Subject"])]


def body(mail: Mail) -> str:
    return str(mail.message.get_body(("plain",)).get_content())


@pytest.mark.parametrize("name", REFUSED_FOR_NOW)
def test_what_is_refused_for_now_arrives_once_on_both_channels(
    lasting: Service, sandbox: Sandbox, project: str, name: str
) -> None:
    in_slacks_way, in_the_mails_way = REFUSED_FOR_NOW[name]
    refusals = sandbox.slack.fault(in_slacks_way), sandbox.mail.fault(in_the_mails_way)
    sandbox.sentry.add_errors(project, 11)
    once(sandbox, project, lambda: two_ticks(lasting))
    assert all(each.spent for each in refusals)


@pytest.mark.parametrize("wish", ["seconds", "a date", "none"])
def test_429_is_obeyed_and_the_notice_arrives_once(lasting: Service, sandbox: Sandbox, project: str, wish: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=6), usegmt=True)
    headers = {"seconds": {"Retry-After": "3"}, "a date": {"Retry-After": date}, "none": {}}[wish]
    before = len(sandbox.slack.requests)
    sandbox.slack.fault(Fault(status=429, headers=headers, times=1))
    sandbox.sentry.add_errors(project, 11)
    once(sandbox, project, lambda: two_ticks(lasting))
    refused, taken = sandbox.slack.requests[before:]
    assert (refused.status, taken.status) == (429, 200)
    if wish == "seconds":
        assert taken.at - refused.at >= timedelta(seconds=3)
    elif wish == "a date":
        assert format_datetime(taken.at, usegmt=True) >= date


def test_an_answer_that_is_lost_after_the_provider_took_the_notice_costs_one_repeat(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    sandbox.slack.fault(Fault(drop="after", times=1))
    sandbox.mail.fault(Fault(stage="data", drop="after", times=1))
    sandbox.sentry.add_errors(project, 11)
    sandbox.slack.wait_for(lambda _: len(in_slack(sandbox, project)) == 2)
    sandbox.mail.wait_for(lambda _: len(by_mail(sandbox, project)) == 2)
    two_ticks(lasting)
    assert (len(in_slack(sandbox, project)), len(by_mail(sandbox, project))) == (2, 2)
    repeats = [mail.message["Message-ID"] for mail in sandbox.mail.messages if project in str(mail.message["Subject"])]
    assert len(set(repeats)) == 1


@pytest.mark.parametrize("dislike", ["invalid_blocks", "msg_too_long"])
def test_a_form_slack_dislikes_is_replaced_by_a_plainer_one(
    lasting: Service, sandbox: Sandbox, project: str, dislike: str
) -> None:
    sandbox.slack.fault(Fault(status=400, body=dislike, times=1))
    sandbox.sentry.add_errors(project, 11)
    once(sandbox, project, lambda: lasting.wait_for_good_tick())
    (told,) = [each for each in sandbox.slack.messages if project in each.text]
    assert "11 errors" in told.text
    assert bool(told.blocks) is (dislike == "msg_too_long")


def test_a_notice_slack_refuses_in_every_form_comes_by_mail_and_says_so(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    sandbox.slack.fault(Fault(status=400, body="invalid_blocks", times=2))
    sandbox.sentry.add_transactions(project, 200, p95_ms=1500.0)
    sandbox.mail.wait_for(lambda _: by_mail(sandbox, project))
    (mail,) = [mail for mail in sandbox.mail.messages if project in str(mail.message["Subject"])]
    assert "1500 ms" in body(mail)
    assert "Slack refused this notice (invalid_blocks), so it comes this way." in body(mail)
    # Only that notice was refused: the next one finds the channel open.
    sandbox.sentry.add_errors(f"{project}next", 11)
    wait_until_told(sandbox, f"{project}next")
    assert [text for text in in_slack(sandbox, project) if "1500 ms" in text] == []


def test_one_recipient_refused_for_good_costs_the_others_nothing(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    sandbox.mail.fault(Fault(stage="rcpt", reply="550 no such user", recipient="second@example.com", times=1))
    sandbox.sentry.add_errors(project, 11)
    once(sandbox, project, lambda: two_ticks(lasting))
    assert to(sandbox, project) == [["oncall@example.com"]]


def test_one_recipient_put_off_gets_the_mail_later_and_the_others_no_second_one(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    sandbox.mail.fault(Fault(stage="rcpt", reply="451 greylisted", recipient="second@example.com", times=1))
    sandbox.sentry.add_errors(project, 11)
    sandbox.mail.wait_for(lambda _: len(to(sandbox, project)) == 2)
    two_ticks(lasting)
    assert to(sandbox, project) == [["oncall@example.com"], ["second@example.com"]]


def test_what_could_not_be_delivered_for_hours_arrives_as_one_dated_summary(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    down = sandbox.slack.fault(Fault(status=503))
    for name in (f"{project}one", f"{project}two"):
        sandbox.sentry.add_errors(name, 11)
    waiting = "select 1 from outbox_message where channel = 'slack' and state = 'pending' and"
    lasting.wait_for_row(f"{waiting} (select sum(attempts) from outbox_message where state = 'pending') > 0")
    happened = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    lasting.execute(
        f"update outbox_message set created_at = '{happened:%Y-%m-%d %H:%M:%S}',"
        f" payload = json_set(payload, '$.at', '{happened:%Y-%m-%dT%H:%M:%SZ}')"
        " where channel = 'slack' and state = 'pending'"
    )
    down.remove()
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, project, "late summary"))
    two_ticks(lasting)
    (summary,) = in_slack(sandbox, project, "")
    assert f"{project}one" in summary and f"{project}two" in summary
    assert f"could not be delivered in time, the oldest since {happened:%Y-%m-%d %H:%M:%S} UTC" in summary
    assert (len(by_mail(sandbox, f"{project}one")), len(by_mail(sandbox, f"{project}two"))) == (1, 1)
