"""The benchmarks run, as one run, and measure what they say: every tick good, every table there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import TABLES

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    environ = {"PATH": "/usr/bin:/bin", "DATABASE_URL": "postgres://real@db/production", "SENTRY_URL": "nonsense"}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.flow
@pytest.mark.timeout(500)
def test_a_short_form_of_the_whole_prints_every_table() -> None:
    done = bench("--short")
    assert done.returncode == 0, done.stdout + done.stderr
    _, *printed = re.split(r"^## (\w+)$\n", done.stdout, flags=re.MULTILINE)
    tables = dict(zip(printed[::2], printed[1::2], strict=True))
    assert tuple(tables) == TABLES
    projects, active, _mean, most = tables["ticks"].splitlines()[-2].split()[:4]
    assert (projects, active) == ("10", "3") and int(most) <= 7
    for name, said in {
        "latency": "2 spikes: median",
        "startup": "alerting.sentry",
        "breadcrumbs": "a plain query",
        "scrub": "ours, an event never seen",
        "capture": "handled in its view",
        "week": "seed 7",
        "history": "SQLite file after 2 days",
        "pages": "60 incidents in history",
    }.items():
        assert said in tables[name]


def test_a_table_that_does_not_exist_is_named() -> None:
    done = bench("tikcs")
    assert done.returncode == 1 and "There is no benchmark tikcs; there are ticks, latency" in done.stderr
