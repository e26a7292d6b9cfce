"""Only errors count, and the same ones everywhere: counts, rates, new issues, catching up, evidence, links."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from alerting.incidents.models import Incident
from tests.rules.test_evaluate import Defaults
from tests.sandbox import Sandbox
from tests.support.pipeline import World
from tests.support.sandboxed import world_on

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
DATASETS = [{"errors", "spans"}, {"discover"}]


@pytest.fixture
def world(transactional_db: None) -> World:
    return World(NOON, interval=60)


@pytest.fixture
def sandbox() -> Sandbox:
    with Sandbox() as running:
        yield running


class CountsOnly(Defaults):
    SENTRY_NEW_ISSUE_ALERTS_ENABLED = False


@pytest.mark.parametrize("datasets", DATASETS, ids=["errors", "discover"])
@pytest.mark.parametrize(
    ("level", "kind", "fires"),
    [
        ("info", "default", False),
        ("warning", "default", False),
        ("warning", "error", False),
        ("error", "csp", False),
        ("fatal", "hpkp", False),
        ("error", "default", True),
        ("fatal", "default", True),
        ("fatal", "error", True),
        ("error", "error", True),
    ],
)
def test_eleven_of_them_in_five_minutes_fire_where_they_are_errors(
    world: World, sandbox: Sandbox, datasets: set[str], level: str, kind: str, fires: bool
) -> None:
    world_on(sandbox, world).source.organisation.facts.put("spans hold transactions", True)
    sandbox.sentry.datasets = datasets
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 11, level=level, type=kind, title="User completed onboarding")
    world.run(timedelta(minutes=5))
    told = {(notice.rule, notice.project) for notice in world.slack.sent}
    assert told == ({("critical_errors", "shop"), ("new_issue", "shop")} if fires else set())
    assert bool(world.email.sent) is fires


@pytest.mark.parametrize("datasets", DATASETS, ids=["errors", "discover"])
def test_only_errors_are_the_numerator_of_a_rate(world: World, sandbox: Sandbox, datasets: set[str]) -> None:
    world_on(sandbox, world)
    world.thresholds = CountsOnly
    sandbox.sentry.datasets = datasets
    for project, level in (("shop", "info"), ("blog", "error")):
        sandbox.sentry.add_transactions(project, 500)
        sandbox.sentry.add_errors(project, 9, level=level, type="default", issue=False)
    world.now += timedelta(minutes=1)
    world.run(timedelta(minutes=4))
    assert {(notice.rule, notice.project, notice.value) for notice in world.slack.sent} == {
        ("error_rate", "blog", "1.8%")
    }


def test_the_levels_that_count_are_the_configured_ones(world: World, sandbox: Sandbox) -> None:
    class WithWarnings(CountsOnly):
        SENTRY_ERROR_LEVELS = ("warning",)

    world_on(sandbox, world, levels=("warning",))
    world.thresholds = WithWarnings
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 11, level="warning", issue=False)
    sandbox.sentry.add_errors("blog", 11, level="error", issue=False)
    world.run(timedelta(minutes=2))
    (notice,) = world.slack.sent
    assert (notice.project, notice.dataset) == ("shop", "errors, level warning")
    assert parse_qs(urlsplit(notice.link).query)["query"] == ["event.type:[error,default] level:warning"]
    assert Incident.objects.get().evidence["levels"] == ["warning"]


def test_what_is_caught_up_on_are_errors_too(world: World, sandbox: Sandbox) -> None:
    world_on(sandbox, world)
    world.thresholds = CountsOnly
    sandbox.sentry.add_project("shop")
    world.run(timedelta(minutes=5))
    for project, level in (("shop", "info"), ("blog", "fatal")):
        sandbox.sentry.add_errors(project, 40, world.now + timedelta(minutes=20), level=level, issue=False)
    world.now += timedelta(hours=1)
    world.run(timedelta(minutes=10))
    assert [(notice.kind.value, notice.project) for notice in world.slack.sent] == [("late", "blog")]


def test_an_issue_that_was_seen_at_info_and_turns_error_is_not_new(world: World, sandbox: Sandbox) -> None:
    world_on(sandbox, world)
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 1, level="info", type="default", title="Basket emptied")
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 1, level="error", type="default", title="Basket emptied")
    sandbox.sentry.add_errors("shop", 1, title="ValueError: bad")
    world.run(timedelta(minutes=15))
    assert [notice.issue["title"] for notice in world.slack.sent] == ["ValueError: bad"]
