"""Two beats and four workers, and a sender that stands still past its lease: no notice and no tick twice."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from alerting.outbox.channels import LEASE
from tests.flow.conftest import MakeService
from tests.sandbox import Fault, Sandbox
from tests.support.service import Service
from tests.support.told import by_mail, in_slack, once, wait_until_told

pytestmark = [pytest.mark.faults]
COUNTS_ONLY = {"SENTRY_NEW_ISSUE_ALERTS_ENABLED": "false"}
PROJECTS = ("checkout", "search", "basket")


def test_two_beats_and_four_workers_tell_everything_once(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(**COUNTS_ONLY)
    service.migrate()
    workers = [f"worker{number}" for number in range(4)]
    for name in workers:
        service.start(name, "worker", "-l", "info", "-c", "1", "-n", f"{name}@%h")
    for name in workers:
        service.wait_for_log(name, " ready.")
    service.start_beat("beat1")
    service.start_beat("beat2")
    service.wait_for_good_tick()
    for project in PROJECTS:
        sandbox.sentry.add_errors(project, 20)
    for project in PROJECTS:
        wait_until_told(sandbox, project)
    for _ in range(4):
        service.wait_for_good_tick()
    assert [len(in_slack(sandbox, project)) for project in PROJECTS] == [1, 1, 1]
    assert [len(by_mail(sandbox, project)) for project in PROJECTS] == [1, 1, 1]
    assert service.rows("select window_end from incidents_tick group by window_end having count(*) > 1") == []
    both = [service.log(beat).count("Sending due task tick") for beat in ("beat1", "beat2")]
    assert min(both) >= 4
    (judged,) = service.rows("select count(*) from incidents_tick")[0]
    assert int(str(judged)) < sum(both)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sender_that_stands_still_past_its_lease_does_not_send_twice(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service(**COUNTS_ONLY).up()
    service.wait_for_good_tick()
    sandbox.slack.fault(Fault(delay=2.0, times=1))
    sandbox.sentry.add_errors("checkout", 11)
    service.wait_for_row("select 1 from outbox_message where channel = 'slack' and state = 'sending'")
    stopped = service.processes["worker"].pid
    os.killpg(stopped, signal.SIGSTOP)
    service.start_worker("second")
    turn_leases_back(service)
    sandbox.sentry.add_errors("search", 11)
    # The second worker has every right to the channel and uses it, and still leaves the first one's message alone.
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "search"))
    os.killpg(stopped, signal.SIGCONT)
    once(sandbox, "checkout", lambda: [service.wait_for_good_tick() for _ in range(3)])
    once(sandbox, "search", lambda: None)


def turn_leases_back(service: Service) -> None:
    """As if the time of every lease had passed since."""
    past = (datetime.now(UTC) - LEASE - timedelta(seconds=15)).strftime("%Y-%m-%d %H:%M:%S")
    service.execute(f"update outbox_channel set leased_until = '{past}'")
    service.execute(f"update outbox_message set taken_at = '{past}' where state = 'sending'")
    service.execute("update incidents_tick set finished_at = claimed_at, outcome = 'aged' where outcome = 'running'")
