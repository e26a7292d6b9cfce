"""Processes that die or are deployed over in the middle: told at least once, and when exactly a repeat can happen."""

import contextlib
import os
import signal
import sqlite3

import psutil
import pytest

from tests.sandbox import Fault, Sandbox
from tests.support.service import Service, wait_until
from tests.support.told import by_mail, in_slack, once, wait_until_told

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("crashes")]


@pytest.fixture
def sandbox(lasting: Service) -> Sandbox:
    return lasting.sandbox


def ticks(service: Service, count: int = 2) -> None:
    for _ in range(count):
        service.wait_for_good_tick()


def wait_for_message(service: Service, project: str, channel: str, condition: str) -> None:
    """Until what is owed about the project on the channel is in that condition."""
    owed = f"channel = '{channel}' and json_extract(payload, '$.project') = '{project}'"
    service.wait_for_row(f"select 1 from outbox_message where {owed} and {condition}")


def received(sandbox: Sandbox, project: str) -> tuple[int, int]:
    """How often the incident was told in Slack and by mail."""
    return len(in_slack(sandbox, project)), len(by_mail(sandbox, project))


def test_a_worker_killed_before_sending_loses_nothing_and_repeats_nothing(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    closed = sandbox.slack.fault(Fault(status=503))
    sandbox.sentry.add_errors(project, 11)
    wait_for_message(lasting, project, "email", "state = 'sent'")
    wait_for_message(lasting, project, "slack", "attempts > 0 and state = 'pending'")
    lasting.stop("worker", signal.SIGKILL)
    closed.remove()
    lasting.start_worker()
    once(sandbox, project, lambda: ticks(lasting))


def test_a_worker_killed_when_the_provider_has_taken_a_notice_and_not_yet_said_so_repeats_it_once(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    sandbox.slack.fault(Fault(hang=True, drop="after", times=1))
    sandbox.mail.fault(Fault(stage="data", hang=True, drop="after", times=1))
    sandbox.sentry.add_errors(project, 11)
    wait_until_told(sandbox, project)
    lasting.stop("worker", signal.SIGKILL)
    lasting.start_worker()
    sandbox.slack.wait_for(lambda _: len(in_slack(sandbox, project)) == 2)
    sandbox.mail.wait_for(lambda _: len(by_mail(sandbox, project)) == 2)
    ticks(lasting)
    assert received(sandbox, project) == (2, 2)
    # Mail programs show the repeat as the same message.
    mails = [mail.message for mail in sandbox.mail.messages if project in str(mail.message["Subject"])]
    assert len({mail["Message-ID"] for mail in mails}) == 1


def test_a_worker_killed_between_the_providers_answer_and_our_noting_it_repeats_the_notice_once(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    before = len(sandbox.slack.requests)
    sandbox.slack.fault(Fault(delay=2.0, times=1))
    sandbox.sentry.add_errors(project, 11)
    wait_for_message(lasting, project, "slack", "state = 'sending'")
    wait_for_message(lasting, project, "email", "state = 'sent'")
    with contextlib.closing(sqlite3.connect(lasting.folder / "alerting.sqlite3", isolation_level=None)) as lock:
        # Whoever wants to note anything waits from here on.
        lock.execute("BEGIN IMMEDIATE")
        assert wait_until(lambda: any(each.status == 200 for each in sandbox.slack.requests[before:]), 20)
        lasting.stop("worker", signal.SIGKILL)
        lock.execute("ROLLBACK")
    lasting.start_worker()
    sandbox.slack.wait_for(lambda _: len(in_slack(sandbox, project)) == 2)
    ticks(lasting)
    assert received(sandbox, project) == (2, 1)


def test_a_child_killed_in_the_middle_of_a_tick_is_replaced_and_the_incident_told_once(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    slow = sandbox.sentry.fault(Fault(delay=5.0))
    lasting.wait_for_row("select 1 from incidents_tick where outcome = 'running'")
    for child in psutil.Process(lasting.processes["worker"].pid).children():
        os.kill(child.pid, signal.SIGKILL)
    slow.remove()
    sandbox.sentry.add_errors(project, 11)
    once(sandbox, project, lambda: ticks(lasting))


def test_a_deploy_waits_for_the_notice_that_is_on_its_way_and_repeats_nothing(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    sandbox.slack.fault(Fault(delay=2.0, times=1))
    sandbox.sentry.add_errors(project, 11)
    wait_for_message(lasting, project, "slack", "state = 'sending'")
    assert lasting.stop("worker", signal.SIGTERM) == 0
    assert len(in_slack(sandbox, project)) == 1
    lasting.start_worker()
    once(sandbox, project, lambda: ticks(lasting))


def test_a_deploy_whose_patience_ends_in_the_middle_of_a_delivery_repeats_that_notice_once(
    lasting: Service, sandbox: Sandbox, project: str
) -> None:
    sandbox.slack.fault(Fault(hang=True, drop="after", times=1))
    sandbox.sentry.add_errors(project, 11)
    wait_until_told(sandbox, project)
    wait_for_message(lasting, project, "email", "state = 'sent'")
    farewells = lasting.log("worker").count("Warm shutdown")
    os.kill(lasting.processes["worker"].pid, signal.SIGTERM)
    lasting.wait_for_log("worker", "Warm shutdown", farewells + 1)
    lasting.stop("worker", signal.SIGKILL)
    lasting.start_worker()
    sandbox.slack.wait_for(lambda _: len(in_slack(sandbox, project)) == 2)
    ticks(lasting)
    assert received(sandbox, project) == (2, 1)
