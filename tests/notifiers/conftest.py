"""A stand-in for Slack, for tests that have no server of their own."""

from collections.abc import Iterator

import pytest

from tests.notifiers.stand_ins import SlackServer, slack_server


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with slack_server() as running:
        yield running
