"""The pipeline in this process against a real HTTP server, on a clock that tests turn: hours pass in seconds."""

from datetime import timedelta

from alerting.incidents.stored_facts import DatabaseFacts
from alerting.poll.budget import LocalBudget
from alerting.poll.client import SentryClient
from alerting.poll.sentry import SentrySource
from tests.sandbox import Sandbox
from tests.support.pipeline import World


def world_on(sandbox: Sandbox, world: World, *, exchange_seconds: float = 10.0, **options: object) -> World:
    """`world` reading Sentry through the real client; both share the world's clock, and waiting makes time pass."""
    sandbox.sentry.clock = lambda: world.now

    def pass_time(seconds: float) -> None:
        world.now += timedelta(seconds=seconds)

    client = SentryClient(
        sandbox.sentry.url,
        sandbox.sentry.token,
        LocalBudget(),
        exchange_seconds=exchange_seconds,
        clock=lambda: world.now.timestamp(),
        sleep=pass_time,
    )
    world.source = SentrySource(
        client, sandbox.sentry.org, facts=DatabaseFacts(), clock=lambda: world.now.timestamp(), **options
    )
    return world
