"""Profiling: off unless asked for, and off with one warning where it could stop the process."""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk

from alerting.sentry import options
from tests.sentry.installed import installed
from tests.sentry.sdk import Kept

SAFE, UNSAFE = (3, 11, 12), (3, 11, 2)


def is_profiling() -> bool:
    """Whether the client's options would make the SDK profile, as the SDK itself judges them."""
    from sentry_sdk.profiler.transaction_profiler import has_profiling_enabled

    options = sentry_sdk.get_client().options
    return has_profiling_enabled(options) or bool(options.get("profile_session_sample_rate"))


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    # No profiler runs here: which options reach the SDK is what is asked, and its thread would outlive the test.
    monkeypatch.setattr("sentry_sdk.client.setup_profiler", lambda options: True)
    return lambda version: monkeypatch.setattr(options, "running_python", lambda: ("cpython", version))


@pytest.mark.parametrize("environment", ["production", "staging", "development", "qa"])
def test_nothing_is_profiled_unless_asked_for(
    started: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setenv("SENTRY_ENVIRONMENT", environment)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        started()
    assert not is_profiling()


ASKED: list[dict[str, Any]] = [
    {"profiles_sample_rate": 0.5},
    {"profiles_sampler": lambda context: 0.5},
    {"profile_session_sample_rate": 1.0},
    {"_experiments": {"profiles_sample_rate": 0.5}},
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda one: next(iter(one)))
def test_profiling_that_is_asked_for_stays_off_where_the_interpreter_can_deadlock(
    started: Callable[..., Kept], interpreter: Callable[[Any], None], asked: dict[str, Any]
) -> None:
    interpreter(UNSAFE)
    with pytest.warns(RuntimeWarning, match=r"Python 3\.11\.2 .* Python 3\.11\.12 or newer") as told:
        started(**asked)
    assert len(told) == 1
    assert not is_profiling()


def test_profiling_that_is_asked_for_is_on_where_it_is_safe(
    started: Callable[..., Kept], interpreter: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter(SAFE)
    monkeypatch.setenv("SENTRY_PROFILES_SAMPLE_RATE", "0.25")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        started()
    assert sentry_sdk.get_client().options["profiles_sample_rate"] == 0.25
    assert is_profiling()


def test_a_rate_of_zero_is_no_wish(started: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_PROFILES_SAMPLE_RATE", "0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        started(profiles_sampler=None)
    assert not is_profiling()


@pytest.mark.parametrize(
    ("library", "patch"),
    [
        ("gevent", "from gevent import monkey; monkey.patch_all()"),
        ("eventlet", "import eventlet; eventlet.monkey_patch()"),
    ],
)
def test_profiling_stays_off_under_green_threads(library: str, patch: str) -> None:
    code = f"""
{patch}
from alerting.sentry import init_sentry
init_sentry(dsn="https://public@sentry.invalid/1", transport=print)
import sentry_sdk
from sentry_sdk.profiler import transaction_profiler
print(sentry_sdk.get_client().options["profiles_sample_rate"], transaction_profiler._scheduler)
"""
    packages = installed(library, dependencies=True)
    environment = {
        **os.environ,
        "SENTRY_PROFILES_SAMPLE_RATE": "1.0",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), str(packages)]),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "0.0 None", done.stderr
    assert done.stderr.count("RuntimeWarning: Profiling stays off") == 1
    assert f"{library} runs this process" in done.stderr
