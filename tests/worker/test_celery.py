"""The Celery application as it comes out of the environment."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRINT = (
    "from worker.celery import app;"
    "print(app.connection_for_read().as_uri(include_password=True));"
    "print(app.connection_for_write().as_uri(include_password=True))"
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("redis://:topsecret@10.0.0.1:6400/3", "redis://:topsecret@10.0.0.1:6400/3"),
        (" redis://10.0.0.1:6400/3\n", "redis://10.0.0.1:6400/3"),
        ("  ", "redis://localhost:6379/0"),
    ],
)
def test_celery_uses_the_broker_that_was_checked(value: str, expected: str, tmp_path: Path) -> None:
    source = {"SENTRY_AUTH_TOKEN": "0" * 64, "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=ROOT,
        env={**source, "ALERTING_DATA_DIR": str(tmp_path), "CELERY_BROKER_URL": value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [expected] * 2
