"""The tests' own environment, set before Django reads it: nothing of the developer's shell decides what they see."""

import contextlib
import gc
import os
import tempfile
from collections.abc import Generator

import pytest

from tests.support import postgres

PREFIXES = ("SENTRY_", "ALERTING_", "EMAIL_", "DJANGO_", "CELERY_", "DATABASE_", "HEARTBEAT_", "DEFAULT_FROM_")
_cleanup = contextlib.ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite", help="database of the test run")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIXES):
            del os.environ[name]
    os.environ["DJANGO_SETTINGS_MODULE"] = "worker.settings"
    os.environ["ALERTING_DATA_DIR"] = _cleanup.enter_context(tempfile.TemporaryDirectory(prefix="alerting-tests-"))
    if early_config.known_args_namespace.database == "postgres":
        os.environ["DATABASE_URL"] = _cleanup.enter_context(postgres.server())


def pytest_configure(config: pytest.Config) -> None:
    """The same generated examples in every run: what a run finds is due to the change it is run for, and not to how
    busy the machine is."""
    if config.pluginmanager.is_blocked("hypothesispytest"):
        return
    import hypothesis

    hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
    hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that collecting makes is thrown away: looking for garbage among it took a third of its time, and more
    at the end of a run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    _cleanup.close()
