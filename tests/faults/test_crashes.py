"""Processes that die, stop or are deployed over in the middle: told at least once, at most one repeat."""

import os
import signal

import psutil
import pytest

from alerting.sandbox import Sandbox
from alerting.sandbox.faults import Fault
from tests.flow.conftest import MakeService
from tests.support.service import Service

pytestmark = [pytest.mark.faults]
COUNTS_ONLY = {"SENTRY_NEW_ISSUE_ALERTS_ENABLED": "false"}


def slack_notices(sandbox: Sandbox) -> list[str]:
    return [each.text for each in sandbox.slack.messages if "checkout" in each.text]


def test_a_worker_killed_between_sending_and_recording_costs_at_most_one_repeat(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(**COUNTS_ONLY).up()
    sandbox.slack.fault(Fault(delay=30.0, times=1))
    service.wait_for_good_tick()
    sandbox.sentry.add_errors("checkout", 11)
    service.wait_for_row("select 1 from outbox_message where channel = 'slack' and state = 'sending'")
    service.stop("worker", signal.SIGKILL)
    sandbox.slack.faults.clear()
    service.start_worker("second")
    sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived))
    service.wait_for_row("select 1 from outbox_message where channel = 'slack' and state = 'sent'")
    assert 1 <= len(slack_notices(sandbox)) <= 2
    assert len(sandbox.mail.messages) == 1


def test_a_worker_killed_before_sending_loses_nothing_and_repeats_nothing(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(**COUNTS_ONLY).up()
    sandbox.slack.fault(Fault(status=503, body="no"))
    service.wait_for_good_tick()
    sandbox.sentry.add_errors("checkout", 11)
    service.wait_for_row("select 1 from outbox_message where channel = 'slack' and attempts > 0")
    service.stop("worker", signal.SIGKILL)
    sandbox.slack.faults.clear()
    service.start_worker("second")
    sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived))
    for _ in range(2):
        service.wait_for_good_tick()
    assert len(slack_notices(sandbox)) == 1


def test_a_child_killed_in_the_middle_of_a_tick_is_replaced_and_the_incident_told_once(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    slow = sandbox.sentry.fault(Fault(delay=5.0))
    service.wait_for_row("select 1 from incidents_tick where outcome = 'running'")
    for child in psutil.Process(service.processes["worker"].pid).children():
        os.kill(child.pid, signal.SIGKILL)
    slow.remove()
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived), timeout=60)
    service.wait_for_good_tick()
    assert len(slack_notices(sandbox)) == 1


def test_a_deploy_in_the_middle_of_a_delivery_repeats_nothing_that_was_recorded(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(**COUNTS_ONLY).up()
    sandbox.slack.fault(Fault(delay=3.0))
    service.wait_for_good_tick()
    sandbox.sentry.add_errors("checkout", 11)
    service.wait_for_row("select 1 from outbox_message where channel = 'slack' and state = 'sending'")
    assert service.stop("worker", signal.SIGTERM) == 0
    sandbox.slack.faults.clear()
    service.start_worker("second")
    for _ in range(3):
        service.wait_for_good_tick()
    assert len(slack_notices(sandbox)) == 1
    assert len(sandbox.mail.messages) == 1


def test_a_worker_stopped_past_its_lease_does_not_send_twice(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY).up()
    sandbox.slack.fault(Fault(delay=4.0, times=1))
    service.wait_for_good_tick()
    sandbox.sentry.add_errors("checkout", 11)
    service.wait_for_row("select 1 from outbox_message where channel = 'slack' and state = 'sending'")
    os.killpg(service.processes["worker"].pid, signal.SIGSTOP)
    service.start_worker("second")
    # Its leases are over by this; the second worker has every right to the channel and must still leave the message.
    _age_leases(service)
    for _ in range(3):
        service.wait_for_good_tick()
    os.killpg(service.processes["worker"].pid, signal.SIGCONT)
    service.wait_for_row("select 1 from outbox_message where channel = 'slack' and state = 'sent'")
    for _ in range(2):
        service.wait_for_good_tick()
    assert len(slack_notices(sandbox)) == 1


def _age_leases(service: Service) -> None:
    service.execute("update outbox_channel set leased_until = '2020-01-01 00:00:00+00:00'")
    service.execute("update incidents_tick set finished_at = claimed_at, outcome = 'aged' where outcome = 'running'")
    if service.database_url:
        service.execute("update outbox_message set taken_at = taken_at - interval '60 seconds' where state = 'sending'")


def test_two_beats_and_four_workers_tell_everything_once(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY)
    service.migrate()
    for number in range(4):
        service.start_worker(f"worker{number}", concurrency=1)
    service.start_beat("beat1")
    service.start_beat("beat2")
    service.wait_for_good_tick()
    for project in ("checkout", "search", "basket"):
        sandbox.sentry.add_errors(project, 20)
    sandbox.slack.wait_for(lambda arrived: len(arrived) >= 3)
    sandbox.mail.wait_for(lambda arrived: len(arrived) >= 3)
    for _ in range(5):
        service.wait_for_good_tick()
    assert len(sandbox.slack.messages) == 3
    assert len(sandbox.mail.messages) == 3
    doubled = service.rows("select window_end from incidents_tick group by window_end having count(*) > 1")
    assert doubled == []
    every = service.rows("select count(*) from incidents_tick where outcome = 'good'")[0][0]
    fresh = [each for each in sandbox.sentry.requests if ("dataset", "errors") in each.query]
    assert len(fresh) <= 3 * int(str(every)) + 3
