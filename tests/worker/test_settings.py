"""Django's settings as they come out of the environment."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRINT = "import json; from worker import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"


def options_for(url: str, folder: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=ROOT,
        env={"DATABASE_URL": url, "ALERTING_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:p@db.example.com/alerting", {"connect_timeout": 5}),
        (
            "postgres://u:p@db.example.com/alerting?sslmode=verify-full&connect_timeout=2",
            {"sslmode": "verify-full", "connect_timeout": 2},
        ),
        ("sqlite:////tmp/alerting.sqlite3?timeout=3", {"transaction_mode": "IMMEDIATE", "timeout": 3}),
    ],
)
def test_what_the_database_url_asks_for_is_kept_beside_our_own_options(
    url: str, expected: dict[str, object], tmp_path: Path
) -> None:
    assert options_for(url, tmp_path).items() >= expected.items()


def test_a_data_directory_that_is_none_ends_celery_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    source = {"SENTRY_AUTH_TOKEN": "0" * 64, "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [Path(sys.executable).with_name("celery"), "-A", "worker", "worker"],
        cwd=ROOT,
        env={**source, "ALERTING_DATA_DIR": str(tmp_path / "file")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path / 'file'}: File exists; ALERTING_DATA_DIR says where we write\n"
