"""Whole stories with real worker and beat processes: what arrives, on which channel, how often."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.flow]
# So old, errors leave the window of a minute soon after they have been told.
AGE = timedelta(seconds=40)


def mails(sandbox: Sandbox) -> list[str]:
    return [str(mail.message["Subject"]) for mail in sandbox.mail.messages]


def test_a_spike_reaches_both_channels_and_is_resolved(make_service: MakeService, sandbox: Sandbox) -> None:
    make_service().up().wait_for_good_tick()
    sandbox.sentry.add_errors("checkout", 11, at=datetime.now(UTC) - AGE)
    slack = sandbox.slack.wait_for(lambda arrived: any("11 errors" in each.text for each in arrived))
    sandbox.mail.wait_for(lambda arrived: any("checkout" in str(each.message["Subject"]) for each in arrived))
    first = next(each.text for each in slack if "11 errors" in each.text)
    assert "checkout" in first and ("10 errors" in first or "threshold 10" in first)
    sandbox.slack.wait_for(lambda arrived: any("resolved" in each.text.lower() for each in arrived), timeout=100)
    sandbox.mail.wait_for(
        lambda arrived: any("resolved" in str(each.message["Subject"]).lower() for each in arrived), timeout=20
    )
    assert (
        len(
            [
                each
                for each in sandbox.slack.messages
                if "11 errors" in each.text and "resolved" not in each.text.lower()
            ]
        )
        == 1
    )


def test_the_boundary_is_silent_and_one_more_fires(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false").up()
    service.wait_for_good_tick()
    sandbox.sentry.add_errors("checkout", 10)
    for _ in range(3):
        service.wait_for_good_tick()
    assert sandbox.slack.messages == [] and sandbox.mail.messages == []
    sandbox.sentry.add_errors("checkout", 1)
    sandbox.slack.wait_for(lambda arrived: any("11 errors" in each.text for each in arrived))


def test_client_side_sampling_does_not_inflate_the_error_rate(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false", SENTRY_CRITICAL_ERROR_THRESHOLD="1000").up()
    moment = datetime.now(UTC) - timedelta(seconds=5)
    for project, errors in (("calm", 5), ("broken", 50)):
        sandbox.sentry.add_transactions(project, 1000, at=moment, sample_rate=0.1)
        sandbox.sentry.add_errors(project, errors, at=moment)
    arrived = sandbox.slack.wait_for(lambda all_: any("broken" in each.text for each in all_))
    service.wait_for_good_tick()
    assert not any("calm" in each.text for each in arrived)
    assert any("5%" in each.text for each in arrived)
    sandbox.mail.wait_for(lambda all_: any("broken" in str(each.message["Subject"]) for each in all_))


def test_new_issues_over_two_pages_are_each_told_once(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service().up()
    service.wait_for_good_tick()
    titles = {f"NewKindOfError{number:03d}" for number in range(130)}
    for title in sorted(titles):
        sandbox.sentry.add_issue("checkout", title)
    sandbox.slack.wait_for(lambda arrived: all(any(title in str(each.body) for each in arrived) for title in titles))
    service.wait_for_good_tick()
    everything = " ".join(each.text for each in sandbox.slack.messages)
    assert all(everything.count(title) <= 1 for title in titles)
    assert sandbox.mail.messages == []


def test_slow_transactions_are_told_in_slack_only(make_service: MakeService, sandbox: Sandbox) -> None:
    make_service().up()
    sandbox.sentry.add_transactions("search", 200, p95_ms=1500.0, at=datetime.now(UTC) - timedelta(seconds=5))
    sandbox.slack.wait_for(lambda arrived: any("search" in each.text and "1500 ms" in each.text for each in arrived))
    assert sandbox.mail.messages == []


def test_a_restart_in_the_middle_of_an_incident_says_nothing_twice(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false").up()
    service.wait_for_good_tick()
    sandbox.sentry.add_errors("checkout", 40, at=datetime.now(UTC) - AGE / 2)
    sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived))
    sandbox.mail.wait_for(lambda arrived: len(arrived) == 1)
    assert service.stop("beat") == 0
    assert service.stop("worker") == 0
    service.start_worker()
    service.start_beat()
    for _ in range(3):
        service.wait_for_good_tick()
    assert len(sandbox.slack.messages) == 1
    sandbox.slack.wait_for(lambda arrived: "resolved" in arrived[-1].text.lower(), timeout=100)
    assert len(sandbox.slack.messages) == 2
    assert len(mails(sandbox)) <= 2
