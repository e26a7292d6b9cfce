"""The page's log: faults whole, known causes in a line, and strangers cannot fill it."""

import logging

from django.db import OperationalError

from worker.page_log import MOST_SAID, WorthALine


def record(name: str, message: str, status: int = 500, error: Exception | None = None) -> logging.LogRecord:
    caught = (type(error), error, None) if error else None
    made = logging.LogRecord(name, logging.ERROR, "", 0, message, (), caught)
    made.status_code = status
    return made


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    fault = record("django.request", "Internal Server Error: /", error=ZeroDivisionError())
    assert WorthALine().filter(fault) and fault.exc_info is not None


def test_a_database_that_is_away_is_one_line() -> None:
    fault = record("django.request", "Internal Server Error: /", error=OperationalError("connection refused\n"))
    assert WorthALine().filter(fault) and fault.exc_info is None
    assert fault.getMessage() == "the database is away: connection refused"


def test_what_a_client_got_wrong_is_no_line() -> None:
    assert not WorthALine().filter(record("django.request", "Not Found: /healthz", 404))


def test_a_refusal_is_told_once_and_strangers_cannot_fill_the_log() -> None:
    kept = WorthALine()
    told = [kept.filter(record("django.security.DisallowedHost", f"host {each % 100}")) for each in range(300)]
    assert told.count(True) == MOST_SAID and not any(told[MOST_SAID:])
