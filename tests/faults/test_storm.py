"""A thousand projects break at once, Slack takes one message a second."""

import time

import pytest

from alerting.sandbox import Sandbox
from tests.flow.conftest import MakeService

pytestmark = [pytest.mark.faults]
PROJECTS = 1000


def test_a_thousand_breaking_projects_are_all_told_in_at_most_twenty_messages(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    sandbox.slack.rate_limit = 1.0
    for number in range(PROJECTS):
        sandbox.sentry.add_project(f"app-{number:04d}")
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false").up()
    service.wait_for_good_tick()
    for number in range(PROJECTS):
        sandbox.sentry.add_errors(f"app-{number:04d}", 11, issue=False)
    service.wait_for_row("select 1 from outbox_message", timeout=60)
    owed_at = time.monotonic()
    sandbox.slack.wait_for(lambda arrived: len(arrived) >= 1, timeout=60)
    first = time.monotonic() - owed_at
    names = {f"app-{number:04d}" for number in range(PROJECTS)}
    seen = sandbox.slack.wait_for(
        lambda arrived: all(name in "".join(each.text for each in arrived) for name in names), timeout=120
    )
    last = time.monotonic() - owed_at
    print(f"first digest {first:.1f} s, everyone told {last:.1f} s, {len(seen)} Slack messages")
    assert len(seen) <= 20
    assert first <= 10 and last <= 60
    mails = sandbox.mail.wait_for(
        lambda arrived: all(
            name in "".join(mail.message.get_body(("plain",)).get_content() for mail in arrived) for name in names
        ),
        timeout=60,
    )
    assert len(mails) <= 20
    counted = "".join(each.text for each in seen)
    assert all(counted.count(name) == 1 for name in names)
