"""The stand-in for Sentry at noon of a day, for each test anew; a file may let other things have happened there."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.poll.asking import END, TOKEN
from tests.sandbox import Sandbox
from tests.sandbox.sentry import SentryPart


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One server for all of them: stopping it takes as long as fifty of these tests."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def empty(sandbox: Sandbox) -> SentryPart:
    """No project, and a clock that goes on from noon."""
    began, sentry = time.time(), sandbox.sentry
    sentry.begin_anew()
    sentry.tokens = {TOKEN}
    sentry.clock = lambda: END + timedelta(seconds=time.time() - began)
    return sentry


@pytest.fixture
def sentry(empty: SentryPart) -> SentryPart:
    """One project with errors."""
    empty.add_project("p1", id=1)
    empty.add_errors("p1", 7, at=END - timedelta(minutes=1), issue=False)
    return empty
