"""Who notices that we are gone or blind: the dead man's switch and the cron check-in, on the real service."""

import pytest

from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox
from tests.support.service import Service, wait_until

pytestmark = [pytest.mark.faults]
PATH = "/beat/switch"


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The database takes no part in these."""
    return ""


def test_the_switch_is_called_and_a_check_in_sent_while_all_is_well_and_only_then(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    def calls() -> int:
        return sum(each.path == PATH for each in list(sandbox.slack.requests))

    def check_ins() -> list[str]:
        return [each.payload["status"] for each in list(sandbox.sentry.events) if each.type == "check_in"]

    service = make_service(HEARTBEAT_URL=f"{sandbox.slack.address}{PATH}", SENTRY_DSN=sandbox.sentry.dsn("ourselves"))
    sandbox.sentry.tokens.clear()
    service.up()
    service.wait_for_row("select 1 from incidents_tick where outcome = 'partial'")
    assert calls() == 0
    sandbox.sentry.tokens.add(sandbox.sentry.token)
    service.wait_for_good_tick()
    assert wait_until(lambda: calls() == 1, 10)
    service.wait_for_good_tick()
    service.wait_for_good_tick()
    assert calls() == 1, "once a minute at the most"
    check_in(service)
    sandbox.sentry.events.wait_for(lambda _: check_ins() == ["ok"], 20)
    service.stop("beat")
    service.wait_for_row("select 1 where not exists (select 1 from incidents_tick where finished_at is null)")
    long_ago = "'2026-01-01 00:00:00'"
    service.execute(f"update incidents_evaluator set judged_until = {long_ago}, started_at = {long_ago}")
    check_in(service)
    sandbox.sentry.events.wait_for(lambda _: check_ins() == ["ok", "error"], 20)
    assert len(service.rows("select 1 from outbox_message where kind = 'blind'")) == 2, "owed on both channels"


def check_in(service: Service) -> None:
    """What beat sends once a minute, sent now."""
    service.start("call", "call", "alerting.heartbeat")
    assert service.processes.pop("call").wait(30) == 0
