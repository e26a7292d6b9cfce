"""The sandbox as a process of its own, as the demonstration starts it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from smtplib import SMTP
from typing import Any

import httpx
import pytest


@contextmanager
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.sandbox"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def line(running: subprocess.Popen[str]) -> dict[str, Any]:
    assert running.stdout is not None
    said: dict[str, Any] = json.loads(running.stdout.readline())
    return said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_everything_is_then_what_arrives_and_ends_when_asked(number: signal.Signals) -> None:
    with process() as running:
        ready = line(running)["ready"]
        headers = {"Authorization": f"Bearer {ready['token']}"}
        projects = httpx.get(f"{ready['url']}/api/0/organizations/{ready['org']}/projects/", headers=headers).json()
        assert [project["slug"] for project in projects] == ["shop"]
        assert ready["dsn"].endswith(projects[0]["id"])
        httpx.post(ready["webhook"], json={"text": "*checkout*\nsee <https://a.example|here> &amp; now"})
        told = line(running)
        assert told == {"arrived": "slack", "subject": "*checkout*", "text": "see here: https://a.example & now"}
        message = EmailMessage()
        message["Subject"] = "checkout"
        message.set_content("11 errors")
        with SMTP(ready["mail_host"], int(ready["mail_port"])) as client:
            client.send_message(message, "alerts@example.com", ["oncall@example.com"])
        assert line(running) == {"arrived": "email", "subject": "checkout", "text": "11 errors\n"}
        running.send_signal(number)
        assert running.wait(5) == 0
        assert running.stderr is not None and running.stderr.read() == ""
