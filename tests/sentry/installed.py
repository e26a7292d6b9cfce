"""Packages that only one test needs, installed once on a machine and kept for the next run."""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    / "sentry-alerting-tests"
    / f"python{sys.version_info[0]}.{sys.version_info[1]}"
)


@contextlib.contextmanager
def made_once(folder: Path) -> Iterator[bool]:
    """Whether the folder is still to be made; one process makes it, and others wait."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready"
    if ready.exists():
        yield False
        return
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready.exists():
            yield False
            return
        yield True
        ready.touch()


def installed(*requirements: str, dependencies: bool = False) -> Path:
    """A folder for PYTHONPATH that holds the packages; skips the test, saying so, where they cannot be fetched."""
    target = ROOT / "+".join(requirements).replace("==", "-")
    with made_once(target) as missing:
        if not missing:
            return target
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
    return target
