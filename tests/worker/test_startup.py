"""A worker's start: queues in which nothing of ours arrives are refused in one sentence."""

import psutil
import pytest

from tests.flow.conftest import MakeService, make_service, sandbox
from tests.sandbox import Sandbox

__all__ = ["make_service", "sandbox"]
pytestmark = pytest.mark.flow


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.mark.parametrize(
    ("arguments", "heard"),
    [(("-Q", "celery"), "the queue celery"), (("-Q", "a,b"), "the queues a, b"), (("-X", "alerting"), "no queue")],
)
def test_a_worker_for_queues_without_ours_says_so_and_ends(
    arguments: tuple[str, ...], heard: str, make_service: MakeService, sandbox: Sandbox
) -> None:
    service = make_service()
    service.migrate()
    assert service.start("worker", "worker", *arguments).wait(30) == 2
    said = service.log("worker")
    assert f"would listen to {heard}, and do nothing" in said and "-Q alerting" in said
    assert "Traceback" not in said


def test_a_worker_with_beat_inside_says_so_and_ends(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service()
    service.migrate()
    assert service.start("worker", "worker", "-B").wait(30) == 2
    assert service.log("worker").startswith("Beat runs as a program of its own: ")


def test_a_pool_shares_what_its_worker_has_loaded_and_ends_with_it(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(PYTHONUNBUFFERED="1")  # started as a shell does, not forked from what has loaded it before
    service.migrate()
    worker = psutil.Process(service.start_worker().pid)
    pool = worker.children(recursive=True)
    assert len(pool) == 2
    whole = worker.memory_info().rss
    assert max(each.memory_full_info().uss for each in pool) < whole / 4, "of its own, the rest is the worker's"
    worker.kill()
    assert psutil.wait_procs(pool, timeout=15)[1] == []


def test_a_worker_that_listens_to_ours_among_others_starts(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service()
    service.migrate()
    service.start("worker", "worker", "-l", "info", "-c", "1", "-Q", "celery,alerting")
    service.wait_for_log("worker", " ready.")


def test_worker_and_beat_doubt_a_rate_of_a_hundred_percent(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(SENTRY_ERROR_RATE_THRESHOLD="1")
    service.migrate()
    service.start_beat()
    service.start_worker()
    for name in ("worker", "beat"):
        service.wait_for_log(name, "SENTRY_ERROR_RATE_THRESHOLD: 1 is 100 %")
