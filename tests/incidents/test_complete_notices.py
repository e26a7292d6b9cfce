"""A notice names the errors behind it: asked once for the batch, in time or afterwards, and never in its way."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from alerting.complete_notices import Completion
from alerting.outbox.message import Notice
from alerting.poll.background import Background
from alerting.poll.sentry import SentrySource
from alerting.rules.catalog import build
from tests.rules.test_evaluate import Defaults
from tests.sandbox import Sandbox
from tests.sandbox.faults import Fault
from tests.support.pipeline import World
from tests.support.sandboxed import world_on

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
SECRET = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.sentry.add_project("checkout")
        yield running


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    made = world_on(sandbox, World(START))
    source = made.source
    assert isinstance(source, SentrySource)
    made.completion = Completion(Background(source), {rule.name: rule for rule in build(Defaults())})
    made.slack.editable = True
    made.tick()
    made.pass_time(60)
    return made


def break_checkout(sandbox: Sandbox, world: World) -> None:
    sandbox.sentry.add_errors("checkout", 21, title=f"PaymentError: token {SECRET} refused")
    for name, count in (("KeyError: 'cart'", 9), ("Timeout: bank", 4), ("ValueError: rare", 1)):
        sandbox.sentry.add_errors("checkout", count, title=name)
    sandbox.sentry.add_errors("checkout", 400, title="DebugNoise: much", level="warning")
    world.pass_time(2)


def first(world: World) -> Notice:
    """The card of the incident; new issues travel in a digest of their own."""
    return next(each for each in world.slack.sent if each.rule == "critical_errors")


def asked(sandbox: Sandbox, what: str) -> int:
    return sum(what in each.target for each in sandbox.sentry.requests)


def test_the_first_notice_names_the_three_most_frequent_errors_and_shows_the_hour(
    sandbox: Sandbox, world: World
) -> None:
    break_checkout(sandbox, world)
    world.tick()
    world.deliver()
    (mail,), card = world.email.sent, first(world)
    assert [(each.title, each.count) for each in card.top_errors] == [
        ("PaymentError: token [Filtered] refused", 21),
        ("KeyError: 'cart'", 9),
        ("Timeout: bank", 4),
    ]
    assert card.top_errors[0].culprit == "checkout.views in handle"
    assert card.top_errors[0].link.startswith(sandbox.sentry.url)
    assert card.errors == 35
    assert card.trend is not None
    assert (card.trend.values[-1], max(card.trend.values[:-2]), card.trend.limit) == (35, 0, 10)
    assert mail.top_errors == card.top_errors
    assert SECRET not in repr(world.slack.sent)


def test_it_costs_two_requests_for_a_batch_and_none_while_nothing_is_due(sandbox: Sandbox, world: World) -> None:
    assert (asked(sandbox, "sort=freq"), asked(sandbox, "events-timeseries")) == (0, 0)
    sandbox.sentry.add_errors("search", 12)
    break_checkout(sandbox, world)
    for _ in range(4):
        world.tick()
        world.pass_time(15)
    assert (asked(sandbox, "sort=freq"), asked(sandbox, "events-timeseries")) == (1, 1)


def test_a_storm_asks_for_nothing_because_its_digest_has_no_room_for_it(sandbox: Sandbox, world: World) -> None:
    for number in range(8):
        sandbox.sentry.add_errors(f"shop-{number}", 12, issue=False)
    world.pass_time(2)
    world.tick()
    world.deliver()
    assert asked(sandbox, "sort=freq") == 0
    assert "digest" in world.kinds()


def test_an_older_server_is_asked_for_the_trend_in_older_words(sandbox: Sandbox, world: World) -> None:
    sandbox.sentry.faults.add(Fault("events-timeseries", status=404, body="<html>", content_type="text/html"))
    buckets = [[START.timestamp() + 60 * minute, [{"count": 12 * (minute == 0)}]] for minute in range(-64, 1)]
    body = json.dumps({"checkout": {"data": buckets, "order": 0}, "Other": {"data": [], "order": 1}})
    sandbox.sentry.faults.add(Fault("events-stats", status=200, body=body, content_type="application/json"))
    break_checkout(sandbox, world)
    world.tick()
    world.deliver()
    trend = first(world).trend
    assert trend is not None
    assert (trend.values[0], trend.values[-1]) == (0, 12)


def test_what_comes_too_late_does_not_hold_the_notice_and_completes_the_card(sandbox: Sandbox, world: World) -> None:
    fault = sandbox.sentry.faults.add(Fault("sort=freq", status=503))
    break_checkout(sandbox, world)
    world.tick()
    world.deliver()
    assert (first(world).top_errors, len(world.email.sent)) == ((), 1)
    fault.remove()
    world.pass_time(15)
    world.tick()
    world.deliver()
    card = next(each for each in reversed(world.slack.sent) if each.rule == "critical_errors")
    assert (card.edit_only, len(card.top_errors), card.kind) == (True, 3, "first")
    assert len(world.email.sent) == 1, "a mail cannot be completed"
    world.pass_time(15)
    world.tick()
    assert asked(sandbox, "sort=freq") == 2, "asked once more, and not for ever"


def test_a_notice_that_nobody_completes_goes_out_after_three_seconds(sandbox: Sandbox, world: World) -> None:
    class Dying(Completion):
        def complete(self, *_: object) -> int:
            raise KeyboardInterrupt

    assert world.completion is not None
    world.completion = Dying(world.completion.asker, world.completion.rules)
    break_checkout(sandbox, world)
    with pytest.raises(KeyboardInterrupt):
        world.tick()
    world.deliver()
    assert "first" not in world.kinds()
    world.pass_time(3)
    world.deliver()
    assert first(world).project == "checkout"
