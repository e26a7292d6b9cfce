"""One outage is one line at its beginning and one at its end, whoever notices it."""

import logging
import os

import pytest
from celery.beat import SchedulingError
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, OperationalError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ReadOnlyError

from alerting.errors import SourceError, SourceFault
from worker import log_filter, outages
from worker.outages import Outage


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS", "DATABASE", "BUDGET"):
        monkeypatch.setattr(outages, name, Outage())


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What passes the filter, as handlers of the service have it."""
    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(log_filter.OneLine())
    return caplog


def celery_says(name: str, error: BaseException) -> None:
    """A task's failure, as Celery logs it."""
    logging.getLogger(name).error("Task x raised unexpected\n%s", "Traceback …", exc_info=error)


def test_the_first_process_to_notice_tells_and_the_first_to_see_its_end() -> None:
    outage = Outage()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, b"1" if outage.begin() and outage.is_on else b"0")
        os._exit(0)
    assert os.read(reading, 1) == b"1"
    os.waitpid(child, 0)
    assert outage.is_on
    assert not outage.begin(), "the child was first"
    assert outage.end() is not None
    assert outage.end() is None
    assert outage.begin()


def test_a_database_that_is_away_is_one_line_until_it_answers(log: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        celery_says("celery.app.trace", OperationalError("connection refused\n\tIs the server running?"))
    log_filter.database_answers()
    log_filter.database_answers()
    celery_says("celery.app.trace", OperationalError("the database system is starting up"))
    assert log.messages == [
        "the database is away: connection refused Is the server running?",
        "the database answers again after 0 s",
        "the database is away: the database system is starting up",
    ]
    assert "Traceback" not in log.text


def test_a_redis_that_is_away_is_one_line_whoever_meets_it(log: pytest.LogCaptureFixture) -> None:
    logging.getLogger("celery.worker.consumer.consumer").warning("Connection lost (%r)", RedisAway("refused"))
    logging.getLogger("celery.worker.consumer.consumer").error("Cannot connect: %s", OSError("refused"))
    logging.getLogger("celery.worker.consumer.connection").info("Connected to redis")
    wrapped = SchedulingError("x")
    wrapped.__cause__ = ReadOnlyError("read only")
    logging.getLogger("celery.beat").error("%s", wrapped)
    celery_says("celery.app.trace", RedisAway("refused"))
    log_filter.redis_answers()
    assert [message.partition(":")[0] for message in log.messages] == [
        "Connection to broker lost, Redis is away",
        "Redis answers again after 0 s",
    ]


def test_a_failure_with_a_known_cause_is_one_line_each_time(log: pytest.LogCaptureFixture) -> None:
    celery_says("celery.app.trace", SourceError(SourceFault.SERVER, "Sentry failed."))
    celery_says("celery.app.trace", SoftTimeLimitExceeded())
    assert log.messages == [
        "celery.app.trace failed: SourceError: Sentry failed.",
        "celery.app.trace failed: SoftTimeLimitExceeded: SoftTimeLimitExceeded()",
    ]
    assert "Traceback" not in log.text


@pytest.mark.parametrize("error", [ValueError("a defect"), IntegrityError("a defect"), OSError("a defect")])
def test_a_defect_of_ours_keeps_its_traceback(log: pytest.LogCaptureFixture, error: Exception) -> None:
    celery_says("celery.app.trace", error)
    assert f"{type(error).__name__}: a defect" in log.text
