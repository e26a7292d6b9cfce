"""Faults use the same whole service as the flow stories, and a lasting one where a restart is not the story."""

import itertools
from collections.abc import Iterator

import pytest

from tests.flow.conftest import database_url, make_service, sandbox
from tests.sandbox import Sandbox
from tests.support.service import Service, broker

__all__ = ["database_url", "lasting", "make_service", "project", "sandbox"]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service for all tests of a file, which must share an xdist group; each breaks projects of its own.

    Nothing is resolved while it lasts, so that no test meets the end of another's story.
    """
    with Sandbox() as running, broker() as server:
        running.sentry.add_project("quiet")
        overrides = {
            "SENTRY_NEW_ISSUE_ALERTS_ENABLED": "false",
            "SENTRY_ALERT_KEEP_FIRING_SECONDS": "3600",
            "SENTRY_ALERT_EMAIL_RECIPIENTS": "oncall@example.com,second@example.com",
        }
        service = Service(running, tmp_path_factory.mktemp("data"), server.connection_url, "", overrides)
        try:
            service.up().wait_for_good_tick()
            yield service
        finally:
            service.close()


_numbers = itertools.count(1)


@pytest.fixture
def project() -> str:
    """A project that no other test breaks."""
    return f"project-{next(_numbers)}-"
