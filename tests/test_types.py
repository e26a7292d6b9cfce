"""Strict types hold: a test, so that `make test` asks mypy beside the others and not before them."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(400)
def test_types_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
