"""Processes that die or are deployed over in the middle: told at least once, and when exactly a repeat can happen."""

import contextlib
import os
import signal
import sqlite3

import psutil
import pytest

from alerting.sandbox import Fault, Sandbox
from tests.flow.conftest import MakeService
from tests.support.service import Service, wait_until
from tests.support.told import by_mail, in_slack, once, wait_until_told

pytestmark = [pytest.mark.faults]
SENDING = "select 1 from outbox_message where channel = 'slack' and state = 'sending'"


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """What a process leaves behind does not depend on the database."""
    return ""


@pytest.fixture
def service(make_service: MakeService) -> Service:
    running = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false").up()
    running.wait_for_good_tick()
    return running


def ticks(service: Service, count: int = 3) -> None:
    for _ in range(count):
        service.wait_for_good_tick()


def replace_worker(service: Service) -> None:
    service.stop("worker", signal.SIGKILL)
    service.start_worker("second")


def test_a_worker_killed_before_sending_loses_nothing_and_repeats_nothing(service: Service, sandbox: Sandbox) -> None:
    closed = sandbox.slack.fault(Fault(status=503))
    sandbox.sentry.add_errors("checkout", 11)
    service.wait_for_row("select 1 from outbox_message where channel = 'slack' and attempts > 0 and state = 'pending'")
    service.stop("worker", signal.SIGKILL)
    closed.remove()
    service.start_worker("second")
    once(sandbox, "checkout", lambda: ticks(service))


def test_a_worker_killed_when_the_provider_has_taken_a_notice_and_not_yet_said_so_repeats_it_once(
    service: Service, sandbox: Sandbox
) -> None:
    sandbox.slack.fault(Fault(hang=True, drop="after", times=1))
    sandbox.mail.fault(Fault(stage="data", hang=True, drop="after", times=1))
    sandbox.sentry.add_errors("checkout", 11)
    wait_until_told(sandbox, "checkout")
    replace_worker(service)
    sandbox.slack.wait_for(lambda _: len(in_slack(sandbox, "checkout")) == 2)
    sandbox.mail.wait_for(lambda _: len(by_mail(sandbox, "checkout")) == 2)
    ticks(service)
    assert len(in_slack(sandbox, "checkout")) == len(by_mail(sandbox, "checkout")) == 2
    # Mail programs show the repeat as the same message.
    assert len({mail.message["Message-ID"] for mail in sandbox.mail.messages}) == 1


def test_a_worker_killed_between_the_providers_answer_and_our_noting_it_repeats_the_notice_once(
    service: Service, sandbox: Sandbox
) -> None:
    sandbox.slack.fault(Fault(delay=2.0, times=1))
    sandbox.sentry.add_errors("checkout", 11)
    service.wait_for_row(SENDING)
    service.wait_for_row("select 1 from outbox_message where channel = 'email' and state = 'sent'")
    with contextlib.closing(sqlite3.connect(service.folder / "alerting.sqlite3", isolation_level=None)) as lock:
        # Whoever wants to note anything waits from here on.
        lock.execute("BEGIN IMMEDIATE")
        assert wait_until(lambda: any(each.status == 200 for each in sandbox.slack.requests), 20)
        service.stop("worker", signal.SIGKILL)
        lock.execute("ROLLBACK")
    service.start_worker("second")
    sandbox.slack.wait_for(lambda _: len(in_slack(sandbox, "checkout")) == 2)
    ticks(service)
    assert (len(in_slack(sandbox, "checkout")), len(by_mail(sandbox, "checkout"))) == (2, 1)


def test_a_child_killed_in_the_middle_of_a_tick_is_replaced_and_the_incident_told_once(
    service: Service, sandbox: Sandbox
) -> None:
    slow = sandbox.sentry.fault(Fault(delay=5.0))
    service.wait_for_row("select 1 from incidents_tick where outcome = 'running'")
    for child in psutil.Process(service.processes["worker"].pid).children():
        os.kill(child.pid, signal.SIGKILL)
    slow.remove()
    sandbox.sentry.add_errors("checkout", 11)
    once(sandbox, "checkout", lambda: ticks(service))


def test_a_deploy_waits_for_the_notice_that_is_on_its_way_and_repeats_nothing(
    service: Service, sandbox: Sandbox
) -> None:
    sandbox.slack.fault(Fault(delay=2.0, times=1))
    sandbox.sentry.add_errors("checkout", 11)
    service.wait_for_row(SENDING)
    assert service.stop("worker", signal.SIGTERM) == 0
    assert len(in_slack(sandbox, "checkout")) == 1
    service.start_worker("second")
    once(sandbox, "checkout", lambda: ticks(service))


def test_a_deploy_whose_patience_ends_in_the_middle_of_a_delivery_repeats_that_notice_at_most_once(
    service: Service, sandbox: Sandbox
) -> None:
    sandbox.slack.fault(Fault(hang=True, drop="after", times=1))
    sandbox.sentry.add_errors("checkout", 11)
    wait_until_told(sandbox, "checkout")
    os.kill(service.processes["worker"].pid, signal.SIGTERM)
    service.wait_for_log("worker", "Warm shutdown")
    replace_worker(service)
    sandbox.slack.wait_for(lambda _: len(in_slack(sandbox, "checkout")) == 2)
    ticks(service)
    assert (len(in_slack(sandbox, "checkout")), len(by_mail(sandbox, "checkout"))) == (2, 1)
