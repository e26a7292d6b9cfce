"""The command line as people call it, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `alerting …` with this environment and nothing else, from a folder that is not the checkout."""

    def call(*arguments: str, timeout: float = 60, **environ: str) -> subprocess.CompletedProcess[str]:
        base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ALERTING_DATA_DIR": str(tmp_path / "data")}
        return subprocess.run(
            [Path(sys.executable).with_name("alerting"), *arguments],
            cwd=tmp_path,
            env={**base, **environ},
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )

    return call
