"""Errors outside requests and tasks: threads, management commands, whole processes."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sentry_sdk

from alerting.sentry import init_sentry
from tests.sentry.sink import Sink

SECRET = "hunter2-" + "9f8e7d6c5b"
ROOT = Path(__file__).parents[2]


def test_an_error_that_ends_a_thread_arrives(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    assert init_sentry(dsn=sink.dsn)

    def work(password: str) -> None:
        raise LookupError("no stock")

    thread = threading.Thread(target=work, args=(SECRET,))
    thread.start()
    thread.join()

    exception = sink.event["exception"]["values"][-1]
    assert exception["type"] == "LookupError"
    assert exception["mechanism"]["type"] == "threading"
    sentry_sdk.get_client().close()
    assert SECRET.encode() not in sink.raw


def test_a_failing_management_command_arrives_from_its_own_process(sink: Sink) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SENTRY_")},
        "SENTRY_DSN": sink.dsn,
        "SENTRY_ENVIRONMENT": "staging",
        "APP_VERSION": "shop@1.4.2",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.sentry.failing_command", "settle", f"--api-key={SECRET}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "LookupError" in done.stderr
    assert sink.event["exception"]["values"][-1]["type"] == "LookupError"
    assert sink.event["exception"]["values"][-1]["mechanism"]["type"] == "excepthook"
    assert (sink.event["environment"], sink.event["release"]) == ("staging", "shop@1.4.2")
    assert SECRET.encode() not in sink.raw
