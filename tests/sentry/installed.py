"""Packages that only one test needs, installed beside the virtual environment and kept for the next run."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(sys.prefix) / "beside"


def installed(*requirements: str, dependencies: bool = False) -> Path:
    """A folder for PYTHONPATH that holds the packages; skips the test, saying so, where they cannot be fetched."""
    target = ROOT / "+".join(requirements).replace("==", "-")
    if not (target / "ready").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, *([] if dependencies else ["--no-deps"]), "--upgrade", "--target", str(target), *requirements],
            capture_output=True,
            text=True,
            timeout=160,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"{' '.join(requirements)} could not be installed: {done.stderr.strip()[-300:]}")
        (target / "ready").touch()
    return target
