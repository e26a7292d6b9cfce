"""A server on loopback that answers as Sentry does; a file may give it a `sentry` of its own."""

from collections.abc import Iterator

import pytest

from tests.poll.sentry_like import SentryLike, event_row
from tests.poll.server import Server, serving


@pytest.fixture
def sentry() -> SentryLike:
    """One project with errors."""
    return SentryLike(errors=[event_row(1)])


@pytest.fixture
def server(sentry: SentryLike) -> Iterator[Server]:
    with serving(sentry) as running:
        yield running
