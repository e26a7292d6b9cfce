"""A thousand projects break at once, Slack takes one message a second: few messages, everyone named once."""

import re
import time
from collections.abc import Sequence

import pytest

from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox
from tests.sandbox.records import Mail, SlackMessage

pytestmark = [pytest.mark.faults]
BROKEN = [f"app-{number:04d}" for number in range(1000)]
SLOW = [f"slow-{number:02d}" for number in range(40)]
LINE = re.compile(r"^(?:🔴 |🟠 )?((?:app|slow)-\d+): \d+ (?:errors|ms)", re.MULTILINE)


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The one on which ticks and deliveries wait for each other."""
    return ""


def named(arrived: Sequence[SlackMessage | Mail]) -> list[str]:
    """The projects that lines are about, in the order in which people read them."""
    texts = [
        each.text if isinstance(each, SlackMessage) else str(each.message.get_body(("plain",)).get_content())
        for each in arrived
    ]
    return [name for text in texts for name in LINE.findall(text)]


def test_a_thousand_projects_breaking_at_once_are_told_once_in_few_messages_the_critical_ones_first(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    sandbox.slack.rate_limit = 1.0
    for name in BROKEN + SLOW:
        sandbox.sentry.add_project(name)
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false").up()
    service.wait_for_good_tick()
    for name in SLOW:
        sandbox.sentry.add_transactions(name, 200, p95_ms=1500.0)
    for name in BROKEN:
        sandbox.sentry.add_errors(name, 11, issue=False)
    service.wait_for_row("select 1 from outbox_message", timeout=30)
    owed_at = time.monotonic()
    sandbox.slack.wait_for(len)
    first = time.monotonic() - owed_at
    sandbox.slack.wait_for(lambda arrived: len(named(arrived)) >= len(BROKEN + SLOW), timeout=90)
    last = time.monotonic() - owed_at
    sandbox.mail.wait_for(lambda arrived: len(named(arrived)) >= len(BROKEN))
    service.wait_for_good_tick()
    told, mails = list(sandbox.slack.messages), list(sandbox.mail.messages)
    refused = sum(each.status == 429 for each in sandbox.slack.requests)
    print(
        f"Slack: first {first:.1f} s, all {last:.1f} s, {len(told)} messages, {refused} times 429; {len(mails)} mails"
    )
    assert sorted(named(told)) == BROKEN + SLOW
    assert sorted(named(mails)) == BROKEN
    assert len(told) <= 20 and len(mails) <= 20
    assert first <= 10 and last <= 60
    in_time = [mail for mail in mails if (mail.at - told[0].at).total_seconds() <= 60]
    assert in_time == mails
    assert [name in SLOW for name in named(told)] == sorted(name in SLOW for name in named(told))
    counted = sum(int(number) for each in told for number in re.findall(r"(\d+) × ", each.text))
    assert counted == len(BROKEN + SLOW)
