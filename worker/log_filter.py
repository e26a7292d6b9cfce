"""What Celery logs of a failure, made one line where its cause is known, and no line at all while it lasts.

Celery writes a traceback for each task that fails, and its consumer, its beat and its pool each write of a broker that
is away. All of it passes the handlers of the log, where the causes are told apart by the exception a record carries.
"""

import logging
from collections.abc import Iterator

from celery.beat import SchedulingError
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import task_success
from django.db import DatabaseError, DataError, IntegrityError, NotSupportedError, ProgrammingError
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from alerting.errors import AlertingError
from alerting.rules.units import span
from worker import outages

logger = logging.getLogger(__name__)

# What speaks of the broker when it speaks of a broken connection.
BROKER_LOGGERS = ("celery.worker.consumer", "celery.bootsteps", "celery.worker.worker", "celery.beat", "kombu")
DEFECTS = (IntegrityError, DataError, NotSupportedError)
LONGEST = 300


class OneLine(logging.Filter):
    """On every handler: shortens records, and drops those that repeat what has been said of an outage."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Another handler of the same log has seen it already.
        if record.name == __name__ or hasattr(record, "is_one_line"):
            return True
        if record.name == "py.warnings" and "CPendingDeprecationWarning" in record.getMessage():
            # With each loss of the connection Celery says what a later version of it may do then.
            return False
        if outages.REDIS.is_on and record.name.startswith(BROKER_LOGGERS):
            return "Unrecoverable" in str(record.msg)
        if record.levelno < logging.WARNING:
            return True
        for error in _exceptions(record):
            if _is_database(error):
                return _begins(record, outages.DATABASE, f"the database is away: {_said(error)}")
            if isinstance(error, RedisError | BrokerError) or (
                isinstance(error, OSError) and record.name.startswith(BROKER_LOGGERS)
            ):
                why = f"Connection to broker lost, Redis is away: {_said(error)}; what is due waits until it answers"
                return _begins(record, outages.REDIS, why)
            if isinstance(error, AlertingError | SoftTimeLimitExceeded):
                return _rewrite(record, f"{_task(record)} failed: {type(error).__name__}: {_said(error)}")
        return True


def install(log: object) -> None:
    """Put it on each of a logger's handlers, once."""
    for handler in getattr(log, "handlers", ()):
        if not any(isinstance(each, OneLine) for each in handler.filters):
            handler.addFilter(OneLine())


@task_success.connect
def database_answers(**_: object) -> None:
    """After a task, all of which need the database; logs the end of an outage."""
    if (seconds := outages.DATABASE.end()) is not None:
        logger.info("the database answers again after %s", span(seconds))


def redis_answers() -> None:
    """To be called when Redis has done what it was asked; logs the end of an outage."""
    if (seconds := outages.REDIS.end()) is not None:
        logger.info("Redis answers again after %s", span(seconds))


def _begins(record: logging.LogRecord, outage: outages.Outage, why: str) -> bool:
    return outage.begin() and _rewrite(record, why)


def _rewrite(record: logging.LogRecord, text: str) -> bool:
    record.is_one_line = True
    record.msg, record.args, record.exc_info, record.exc_text, record.stack_info = text, (), None, None, None
    return True


def _exceptions(record: logging.LogRecord) -> Iterator[BaseException]:
    """What a record is about: the exception beside it, or those among its arguments."""
    beside = record.exc_info[1:2] if isinstance(record.exc_info, tuple) else ()
    for each in (*beside, *(record.args if isinstance(record.args, tuple) else ())):
        if isinstance(each, SchedulingError):
            each = each.__cause__ or each.__context__
        if isinstance(each, BaseException):
            yield each


def _is_database(error: BaseException) -> bool:
    """Whether the database is away or unusable; a mistake in a statement of ours keeps its traceback."""
    if isinstance(error, ProgrammingError):
        return str(getattr(error.__cause__, "sqlstate", "")).startswith("42P01")
    return isinstance(error, DatabaseError) and not isinstance(error, DEFECTS)


def _task(record: logging.LogRecord) -> str:
    told = getattr(record, "data", None)
    return str(told.get("name", "a task")) if isinstance(told, dict) else record.name


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:LONGEST] or type(error).__name__
