"""A sandbox for each test, and a client that speaks to its Sentry."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.sandbox import Sandbox

ORG = "/api/0/organizations/acme/"
NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.sentry.clock = lambda: NOW
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.sentry.token}"}
    with httpx.Client(base_url=sandbox.sentry.url, headers=headers, timeout=10) as client:
        yield client
