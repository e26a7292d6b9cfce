"""The command line as people call it, in a process of its own."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import warm

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `alerting …` with this environment and nothing else, from a folder that is not the checkout."""

    def call(*arguments: str, timeout: float = 60, **environ: str) -> subprocess.CompletedProcess[str]:
        base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ALERTING_DATA_DIR": str(tmp_path / "data")}
        return warm.run(["alerting", *arguments], environ={**base, **environ}, folder=tmp_path, timeout=timeout)

    return call
