"""The same tests against the oldest sentry-sdk that pyproject.toml allows."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.sentry.installed import installed

ROOT = Path(__file__).parents[2]
# The test of each way an event leaves; what is pure, or is about this file's machinery, need not be run twice.
CORE = (
    *(
        "setup",
        "integrations",
        "hooks",
        "tracker",
        "tracker_contexts",
        "ignored",
        "django",
        "celery",
        "processes",
        "profiling",
        "guest",
    ),
    *("grouping", "grouping_database", "grouping_services"),
)
# What asks Python, a driver or a generator of events, many times over, and of the SDK nothing that differs.
ASKED_ONCE = "not green_threads and not any_shape and not whatever_form and not many_paths and not twenty_literals"


def oldest() -> str:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (found,) = (re.match(r"sentry-sdk>=([\d.]+)", one) for one in dependencies if one.startswith("sentry-sdk"))
    assert found is not None
    version = found[1]
    return version if version.count(".") == 2 else f"{version}.0"


@pytest.fixture(scope="module")
def oldest_sdk() -> Path:
    """Where the oldest version is installed, once per virtual environment."""
    return installed(f"sentry-sdk=={oldest()}")


def run(target: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SENTRY_"))}
    environment["PYTHONPATH"] = os.pathsep.join([str(target), environment.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.mark.timeout(300)
def test_the_oldest_supported_sdk_does_the_same(oldest_sdk: Path) -> None:
    version = run(oldest_sdk, "-c", "import sentry_sdk; print(sentry_sdk.VERSION)")
    assert version.stdout.strip() == oldest()

    files = [f"tests/sentry/test_{name}.py" for name in CORE]
    done = run(oldest_sdk, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", ASKED_ONCE, *files)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
