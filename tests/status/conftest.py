"""A browser without JavaScript on this machine, and Slack, whose clicks come from elsewhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from alerting.incidents.models import Incident
from tests.notifiers.stand_ins import SlackServer, slack_server
from tests.support.incidents import evaluator, incident
from tests.support.slack_clicks import SECRET


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def slack(settings: Any) -> Iterator[SlackServer]:
    """Where Slack takes answers to clicks."""
    with slack_server() as running:
        settings.SLACK_SIGNING_SECRET, settings.SLACK_API_URL = SECRET, running.api_url
        # The page itself is closed: only this one path is open.
        settings.STATUS_PASSWORD = "closed to everybody"
        evaluator()
        yield running


@pytest.fixture
def made() -> Incident:
    return incident("shop")
