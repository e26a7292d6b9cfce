"""Four evaluators tick and deliver at the same moments of an hour, on one database: nothing is done twice."""

import multiprocessing
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import hour, migrated
from tests.support.service import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
EVALUATORS = 4


@pytest.fixture(params=["sqlite", "postgres"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    file = tmp_path / "hour.sqlite3"
    if request.param == "sqlite":
        shutil.copy(migrated.sqlite_file(), file)
        yield {"DATABASE_URL": f"sqlite:///{file}", "ALERTING_DATA_DIR": str(tmp_path)}
        return
    with request.getfixturevalue("migrated_postgres")() as url:
        yield {"DATABASE_URL": url, "ALERTING_DATA_DIR": str(tmp_path)}


def test_no_tick_is_judged_and_no_notice_sent_twice(environment: dict[str, str], tmp_path: Path) -> None:
    received = tmp_path / "received"
    spawn = multiprocessing.get_context("spawn")
    slot_begins = spawn.Barrier(EVALUATORS)
    evaluators = [
        spawn.Process(target=hour.live, args=(environment, received, slot_begins), daemon=True)
        for _ in range(EVALUATORS)
    ]
    for each in evaluators:
        each.start()
    for each in evaluators:
        each.join()
    assert [each.exitcode for each in evaluators] == [0] * EVALUATORS
    told = [line.rsplit(" ", 1) for line in received.read_text().splitlines()]
    assert max(Counter(key for _, key in told).values()) == 1
    assert Counter(what for what, _ in told) == {
        f"{channel} {project} {kind}": 1
        for channel in ("email", "slack")
        for project, kinds in (("shop", ("first", "resolved")), ("blog", ("first", "worse", "resolved")))
        for kind in kinds
    }
    query = "from alerting.incidents.models import Tick; print(*Tick.objects.values_list('window_end', 'outcome'))"
    code = f"import django; django.setup(); {query}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.count("'good'") == done.stdout.count("datetime.datetime(") == hour.TICKS
