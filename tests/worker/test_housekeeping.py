"""The task that beat sends deletes what ALERTING_HISTORY_DAYS says, and beat sends it soon and often enough."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import migrated
from tests.support.service import ROOT
from worker.schedule import entries

CLOSED_SIX_DAYS_AGO = """
import django; django.setup()
from datetime import UTC, datetime, timedelta
from alerting.incidents.models import Incident
from worker.tasks import housekeeping

moment = datetime.now(UTC) - timedelta(days=6)
Incident.objects.create(
    rule="critical_errors", severity="high", project_id_text="1", project="shop", state="ok", opened_at=moment,
    closed_at=moment, value=1, peak=1, threshold=1, reason="recovered",
)
housekeeping()
print(Incident.objects.count())
"""


def left_after_housekeeping(folder: Path, days: str) -> str:
    folder.mkdir()
    shutil.copy(migrated.sqlite_file(), folder / "alerting.sqlite3")
    environ = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "worker.settings",
        "SENTRY_AUTH_TOKEN": "token",
        "SENTRY_ORG": "acme",
        "ALERTING_DATA_DIR": str(folder),
        "ALERTING_HISTORY_DAYS": days,
    }
    command = [sys.executable, "-c", CLOSED_SIX_DAYS_AGO]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_task_keeps_as_many_days_as_the_variable_says(tmp_path: Path) -> None:
    assert left_after_housekeeping(tmp_path / "five", "5") == "0"
    assert left_after_housekeeping(tmp_path / "seven", "7") == "1"


def test_beat_asks_for_it_every_ten_minutes() -> None:
    entry = entries(15, ("email",))["housekeeping"]
    assert (entry["task"], entry["schedule"]) == ("alerting.housekeeping", 600.0)
