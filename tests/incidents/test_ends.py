"""Every incident ends, and never with a lie: what cannot be judged or seen any more has not recovered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Incident, Tick
from alerting.notifiers.render import as_text, view
from alerting.outbox.message import Notice
from alerting.poll.plan import Memory, most
from alerting.rules.answers import Row
from alerting.rules.model import Project
from tests.rules.test_evaluate import Defaults
from tests.sandbox import Fault, Sandbox
from tests.support.pipeline import World
from tests.support.sandboxed import world_on

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP = Project("1", "shop")


class WithoutNewIssues(Defaults):
    SENTRY_NEW_ISSUE_ALERTS_ENABLED = False


class RatesOnly(WithoutNewIssues):
    SENTRY_CRITICAL_ERROR_THRESHOLD = 1000


@pytest.fixture
def plain(db: None) -> World:
    """On a source in memory, for what takes long."""
    return World(NOON, interval=120, repeat=timedelta(minutes=30), thresholds=WithoutNewIssues)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.sentry.add_project("quiet")
        yield running


@pytest.fixture
def world(sandbox: Sandbox, transactional_db: None) -> World:
    return world_on(sandbox, World(NOON, interval=120, thresholds=WithoutNewIssues))


def fire(world: World, sandbox: Sandbox, project: str = "shop") -> None:
    """Eleven errors, told."""
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors(project, 11, issue=False)
    world.now += timedelta(seconds=1)
    world.run(timedelta(minutes=1))
    assert world.kinds() == ["first"]


def whole(notice: Notice) -> str:
    return as_text(view(notice, ""))


def the_end(world: World) -> Notice:
    """The one end there was, the same on both channels; it claims nothing."""
    (ended,) = [notice for notice in world.slack.sent if notice.kind in {"ended", "resolved"}]
    assert ended.kind == "ended"
    assert [notice.kind for notice in world.email.sent].count(ended.kind) == 1
    assert not {"resolved", "recover"} & set(whole(ended).lower().split())
    return ended


def judge_a_rate(plain: World, minutes: int) -> None:
    """Five errors and a hundred transactions a minute."""
    plain.source.performance = {SHOP: Row(transactions=1000, p95_ms=100.0)}
    before = timedelta(minutes=12)
    plain.source.add_errors(SHOP, 5 * (minutes + 12), plain.now - before, timedelta(minutes=minutes) + before)
    plain.run(timedelta(minutes=minutes))


@pytest.mark.parametrize("after", [0, 60], ids=["no traffic", "60 transactions in 10 minutes"])
def test_an_error_rate_that_can_no_longer_be_judged_ends_once_with_its_last_judged_value(
    plain: World, after: int
) -> None:
    plain.thresholds = RatesOnly
    judge_a_rate(plain, 4)
    plain.source.performance = {SHOP: Row(transactions=after, p95_ms=100.0)} if after else {}
    plain.run(timedelta(minutes=80))
    ended = the_end(plain)
    assert plain.kinds() == ["first", "ended"], "and nobody is reminded"
    assert "too little traffic to judge since 12:" in ended.headline
    assert "last judged 5%" in ended.headline and ended.value == "5%, when last judged"
    assert ("no transactions" in ended.sentence) is (after == 0)
    assert "100 are needed" in ended.sentence
    judge_a_rate(plain, 4)
    assert plain.kinds() == ["first", "ended", "first"], "it opens again where it is judged broken again"


def test_transactions_that_vanish_while_errors_go_on_end_the_rate_and_not_the_count(plain: World) -> None:
    judge_a_rate(plain, 4)
    plain.source.performance = {}
    plain.source.add_errors(SHOP, 5 * 40, plain.now, timedelta(minutes=40))
    plain.run(timedelta(minutes=38))
    ended = the_end(plain)
    assert (ended.rule, Incident.objects.get(rule="critical_errors").state) == ("error_rate", "firing")
    assert "no transactions and 50 errors" in ended.sentence


def test_a_percentile_of_too_few_samples_ends_as_well(plain: World) -> None:
    plain.source.performance = {SHOP: Row(transactions=200, p95_ms=1500.0)}
    plain.run(timedelta(minutes=12))
    plain.source.performance = {SHOP: Row(transactions=200, stored=49, p95_ms=90.0)}
    plain.run(timedelta(minutes=45))
    assert plain.kinds() == ["first", "ended"]
    ended = plain.slack.sent[1]
    assert (ended.rule, ended.value) == ("p95_latency", "1500 ms, when last judged")
    assert "200 transactions (49 stored); 50 are needed" in ended.sentence


def remove(sandbox: Sandbox) -> None:
    sandbox.sentry.remove_project("shop")


def hide(sandbox: Sandbox) -> None:
    sandbox.sentry.hide_project("shop")


@pytest.mark.parametrize("leave", [remove, hide], ids=["deleted or transferred", "access withdrawn"])
def test_a_project_that_leaves_our_sight_is_not_said_to_be_silent(world: World, sandbox: Sandbox, leave) -> None:  # type: ignore[no-untyped-def]
    fire(world, sandbox)
    leave(sandbox)
    world.run(timedelta(minutes=14))
    ended = the_end(world)
    assert "no longer visible to this token" in ended.headline
    assert (ended.project, ended.value) == ("shop", "11 errors, when last judged")
    assert Incident.objects.get().reason == "not_visible"


def test_a_rate_of_a_project_that_leaves_our_sight_ends_as_that(plain: World) -> None:
    plain.thresholds = RatesOnly
    judge_a_rate(plain, 4)
    plain.source.unlisted = {SHOP.id}
    plain.run(timedelta(minutes=30))
    assert "no longer visible to this token" in the_end(plain).headline


def test_the_only_project_of_a_token_ends_too(world: World, sandbox: Sandbox) -> None:
    world.interval = 60
    fire(world, sandbox)
    hide(sandbox)
    sandbox.sentry.hide_project("quiet")
    world.run(timedelta(minutes=10))
    assert "no longer visible to this token" in the_end(world).headline
    assert "blind" in world.kinds()


def test_a_project_of_the_same_name_with_another_id_is_another_project(world: World, sandbox: Sandbox) -> None:
    fire(world, sandbox)
    remove(sandbox)
    sandbox.sentry.add_project("shop")
    world.run(timedelta(minutes=14))
    assert "no longer visible to this token" in the_end(world).headline
    sandbox.sentry.add_errors("shop", 12, issue=False)
    world.now += timedelta(seconds=1)
    world.run(timedelta(minutes=1))
    assert world.kinds() == ["first", "ended", "first"]


@pytest.mark.parametrize("again", [False, True], ids=["deleted", "deleted and made anew"])
def test_a_project_that_is_named_in_the_filter_and_deleted_ends_as_out_of_sight(
    sandbox: Sandbox, transactional_db: None, again: bool
) -> None:
    sandbox.sentry.add_project("shop")
    world = world_on(
        sandbox, World(NOON, interval=120, thresholds=WithoutNewIssues), projects=("shop", "quiet", "spare")
    )
    sandbox.sentry.add_project("spare")
    fire(world, sandbox)
    remove(sandbox)
    if again:
        sandbox.sentry.add_project("shop")
    world.run(timedelta(minutes=14))
    assert "no longer visible to this token" in the_end(world).headline
    assert ("blind" in world.kinds()) is not again


def test_while_the_list_of_projects_cannot_be_read_nothing_ends_by_absence(world: World, sandbox: Sandbox) -> None:
    fire(world, sandbox)
    fault = sandbox.sentry.fault(Fault(match="/projects/", status=500))
    world.run(timedelta(minutes=12))
    assert world.kinds() == ["first"]
    assert max(report.requests for report in Tick.objects.all()) <= most(Memory().every(world.interval))
    fault.remove()
    world.run(timedelta(minutes=2))
    assert world.kinds() == ["first", "resolved"]


def test_a_silent_project_that_is_still_listed_recovers_as_ever(world: World, sandbox: Sandbox) -> None:
    fire(world, sandbox)
    world.run(timedelta(minutes=14))
    assert [(notice.kind.value, notice.value) for notice in world.slack.sent[1:]] == [("resolved", "0 errors")]
    assert sum(each.path.endswith("/projects/") for each in sandbox.sentry.requests) == 1


def test_in_a_long_list_a_project_is_searched_for(world: World, sandbox: Sandbox) -> None:
    for number in range(150):
        sandbox.sentry.add_project(f"app-{number:03d}")
    fire(world, sandbox)
    world.run(timedelta(minutes=14))
    assert world.kinds() == ["first", "resolved"]
    asked = [each.target for each in sandbox.sentry.requests if each.path.endswith("/projects/")]
    assert len(asked) == 2 and "query=id:" in asked[1]


@pytest.mark.parametrize("silent", [False, True], ids=["worse", "resolved"])
def test_the_first_notice_under_a_new_name_says_both(world: World, sandbox: Sandbox, silent: bool) -> None:
    fire(world, sandbox)
    if not silent:
        world.run(timedelta(minutes=2))
    sandbox.sentry.rename_project("shop", "store")
    if not silent:
        sandbox.sentry.add_errors("store", 30, issue=False)
        world.now += timedelta(seconds=1)
    world.run(timedelta(minutes=14))
    first, *later = world.slack.sent[1:]
    assert (first.kind.value, first.project) == ("resolved" if silent else "worse", "store")
    assert "shop" in whole(first).splitlines()[0] and "store" in whole(first).splitlines()[0]
    assert [("shop" in whole(notice)) for notice in later] == [False] * len(later)


def test_a_minimum_is_of_stored_samples_and_the_notice_tells_them(world: World, sandbox: Sandbox) -> None:
    for name, count in (("few", 6), ("enough", 50)):
        sandbox.sentry.add_transactions(name, count * 10, p95_ms=1500, sample_rate=0.1)
    world.now += timedelta(minutes=1)
    world.run(timedelta(minutes=5))
    (told,) = world.slack.sent
    assert (told.project, told.sample) == ("enough", "500 transactions (50 stored)")
    assert Incident.objects.get().evidence["stored"] == 50


def test_a_raised_threshold_ends_without_claiming_anything(world: World, sandbox: Sandbox) -> None:
    class Raised(WithoutNewIssues):
        SENTRY_CRITICAL_ERROR_THRESHOLD = 100

    fire(world, sandbox)
    world.thresholds = Raised
    world.run(timedelta(minutes=2))
    ended = the_end(world)
    assert (ended.value, ended.threshold) == ("11 errors", "100 errors")
    assert "threshold was raised from 10 errors to 100 errors" in ended.sentence
