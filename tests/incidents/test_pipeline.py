"""Whole ticks over simulated time on a fake source: what people are told, and how often."""

from datetime import datetime, timedelta

import pytest

from alerting.incidents.models import Decision, Incident
from alerting.rules.answers import Measure, Row
from alerting.rules.model import Issue, Trust
from tests.rules.test_evaluate import Defaults
from tests.support.pipeline import BLOG, NOON, SHOP, World

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_spike_is_told_on_both_channels_within_one_tick_and_resolved_once(world: World) -> None:
    world.source.add_errors(SHOP, 11, NOON)
    world.now += timedelta(seconds=15)
    world.run(timedelta(seconds=15))
    assert world.kinds("slack") == world.kinds("email") == ["first"]
    world.run(timedelta(minutes=11))
    assert world.kinds("slack") == world.kinds("email") == ["first", "resolved"]
    world.interval = 60
    world.run(timedelta(minutes=9))
    assert world.kinds("slack") == world.kinds("email") == ["first", "resolved"]
    assert {incident.state for incident in Incident.objects.all()} == {"ok"}


def test_ten_errors_are_silent(world: World) -> None:
    world.source.add_errors(SHOP, 10, NOON)
    world.run(timedelta(minutes=10))
    assert world.kinds() == []
    assert not Incident.objects.exists()


def test_the_notice_carries_its_evidence(world: World) -> None:
    world.source.add_errors(SHOP, 12, NOON)
    world.now += timedelta(seconds=1)
    world.run(timedelta(seconds=15))
    notice = world.slack.sent[0]
    assert (notice.project, notice.value, notice.threshold, notice.reason) == (
        "shop",
        "12 errors",
        "10 errors",
        "first_breach",
    )
    assert (notice.window_start, notice.window_end) == ("2026-01-01T11:55:01Z", "2026-01-01T12:00:01Z")
    assert notice.link.startswith("https://sentry.io/organizations/acme/issues/?project=1")


def test_the_error_rate_is_judged_on_a_settled_window(world: World) -> None:
    world.source.add_errors(SHOP, 6, NOON)
    world.source.performance = {SHOP: Row(transactions=500, p95_ms=100.0)}
    world.run(timedelta(minutes=1))
    assert world.kinds() == []
    world.run(timedelta(minutes=3))
    assert [(notice.rule, notice.value) for notice in world.email.sent] == [("error_rate", "1.2%")]


def test_a_slow_project_is_told_in_slack_only(world: World) -> None:
    world.source.performance = {SHOP: Row(transactions=80, p95_ms=1500.0)}
    world.run(timedelta(minutes=3))
    assert [(notice.rule, notice.value, notice.threshold) for notice in world.slack.sent] == [
        ("p95_latency", "1500 ms", "1000 ms")
    ]
    assert world.email.sent == []


def issue(number: int, at: datetime) -> Issue:
    return Issue(str(number), f"SHOP-{number}", f"ValueError {number}", "views.pay", "error", "", at, SHOP)


def test_a_new_issue_is_told_once_and_the_past_not_at_all(world: World) -> None:
    world.source.issues = [issue(1, NOON - timedelta(minutes=1)), issue(2, NOON + timedelta(seconds=20))]
    world.run(timedelta(minutes=3))
    assert [notice.issue["id"] for notice in world.slack.sent] == ["2"]
    world.interval = 60
    world.run(timedelta(minutes=27))
    assert [notice.issue["id"] for notice in world.slack.sent] == ["2"]


def test_many_new_issues_at_once_are_one_digest(world: World) -> None:
    world.run(timedelta(minutes=1))
    world.source.issues = [issue(number, world.now) for number in range(30)]
    world.run(timedelta(minutes=2))
    assert world.kinds() == ["digest"]
    assert {line.title for line in world.slack.sent[0].lines} == {f"ValueError {number}" for number in range(30)}


@pytest.mark.parametrize("trust", [Trust.SOURCE_ERROR, Trust.PARTIAL])
def test_a_failing_or_half_read_source_neither_fires_nor_resolves(world: World, trust: Trust) -> None:
    world.source.add_errors(SHOP, 11, NOON)
    world.now += timedelta(seconds=15)
    world.run(timedelta(seconds=15))
    world.source.broken = {Measure.ERRORS: trust}
    world.source.add_errors(BLOG, 50, world.now)
    world.run(timedelta(minutes=2))
    world.interval = 60
    world.run(timedelta(minutes=18))
    assert set(world.kinds()) == {"first", "blind"}
    assert Incident.objects.get(rule="critical_errors").state == "firing"
    assert not Incident.objects.filter(project="blog").exists()
    reasons = set(Decision.objects.values_list("reason", flat=True))
    assert ("source_error" if trust is Trust.SOURCE_ERROR else "partial_answer") in reasons


def test_blindness_is_told_once_and_its_end_too(world: World) -> None:
    world.interval = 30
    world.run(timedelta(minutes=5))
    world.source.broken = dict.fromkeys(Measure, Trust.SOURCE_ERROR)
    world.run(timedelta(minutes=10))
    assert world.kinds() == ["blind"]
    assert "Sentry answered 500." in world.slack.sent[0].sentence
    world.source.broken = {}
    world.run(timedelta(minutes=10))
    assert world.kinds() == ["blind", "sighted"]


def test_an_incident_of_a_project_that_is_watched_no_more_closes_with_that_reason(world: World) -> None:
    world.source.add_errors(SHOP, 11, NOON)
    world.now += timedelta(seconds=15)
    world.run(timedelta(seconds=15))
    world.source.covered = frozenset({BLOG.id})
    world.interval = 60
    world.run(timedelta(minutes=20))
    assert world.kinds() == world.kinds("email") == ["first", "ended"]
    told = world.slack.sent[1]
    assert (told.reason, told.value) == ("not_watched", "11 errors, when last judged")
    assert "SENTRY_PROJECT" in told.sentence
    assert Incident.objects.get().state == "ok"


def test_incidents_of_another_filter_of_environments_end_once_nobody_uses_it_any_more(world: World) -> None:
    world.source.add_errors(SHOP, 11, NOON)
    world.environment = "production"
    world.now += timedelta(seconds=15)
    world.run(timedelta(seconds=15))
    # A deploy: for a while evaluators with the old and the new filter take turns.
    for _ in range(40):
        world.environment = {"staging": "production", "production": "staging"}[world.environment]
        world.run(timedelta(seconds=15))
    assert "not_watched" not in {notice.reason for notice in world.slack.sent}
    world.environment = "staging"
    world.interval = 60
    world.run(timedelta(minutes=10))
    ended = [notice for notice in world.slack.sent if notice.reason == "not_watched"]
    assert [(notice.kind, notice.environment) for notice in ended] == [("ended", "production")]
    assert "SENTRY_ALERT_ENVIRONMENTS" in ended[0].sentence
    assert not Incident.objects.filter(environment="production", closed_at__isnull=True).exists()


def test_a_server_that_cannot_tell_what_quotas_drop_is_fully_good_without_it(world: World) -> None:
    world.source.broken = {Measure.OUTCOMES: Trust.NO_DATA}
    reports = []
    for _ in range(8):
        reports.append(world.tick())
        world.now += timedelta(seconds=15)
    assert {report.outcome for report in reports if report} == {"good"}
    assert sum(report.heartbeat for report in reports if report) == 2
    assert sum(question.measure is Measure.OUTCOMES for question in world.source.asked) == 2


def test_a_question_that_nobody_asks_any_more_keeps_nobody_blind(world: World) -> None:
    world.run(timedelta(minutes=1))
    world.source.broken = {Measure.NEW_ISSUES: Trust.SOURCE_ERROR}
    world.run(timedelta(minutes=5))
    assert world.kinds() == ["blind"]
    world.thresholds = type("WithoutNewIssues", (Defaults,), {"SENTRY_NEW_ISSUE_ALERTS_ENABLED": False})
    world.run(timedelta(minutes=1))
    assert world.kinds() == ["blind", "sighted"]


def test_finding_out_what_a_server_understands_stays_within_the_requests_of_a_tick(world: World) -> None:
    world.source.costs = {Measure.ERRORS: 2, Measure.PERFORMANCE: 3}
    first = world.tick()
    world.source.costs = {}
    world.now += timedelta(seconds=15)
    second = world.tick()
    assert first and second and first.requests <= 7 and second.requests <= 7
    assert {question.measure for question in world.source.asked} == set(Measure) - {Measure.PROJECTS}


def test_while_quota_drops_events_a_falling_count_does_not_resolve(world: World) -> None:
    world.source.add_errors(SHOP, 11, NOON)
    world.source.dropped = {SHOP: Row(dropped=900, dropped_reasons={"smart_rate_limit": 900})}
    world.run(timedelta(minutes=12))
    world.interval = 60
    world.run(timedelta(minutes=18))
    assert world.kinds() == ["first", "worse"], "what is dropped are errors as well"
    assert "900 by smart_rate_limit" in " ".join(world.slack.sent[0].notes)
    world.source.dropped = {}
    world.run(timedelta(minutes=10))
    assert world.kinds() == ["first", "worse", "resolved"]


def test_errors_that_double_are_told_once_by_their_count_and_their_rate(world: World) -> None:
    hour = timedelta(hours=1)
    world.interval = 30
    world.source.performance[SHOP] = Row(transactions=1000, stored=1000)
    world.source.add_errors(SHOP, 300, NOON, hour)
    world.run(timedelta(minutes=30))
    world.source.add_errors(SHOP, 600, world.now, hour)
    world.run(timedelta(minutes=25))
    told = [(notice.rule, notice.kind.value) for notice in world.slack.sent]
    assert sorted(told) == [("critical_errors", "first"), ("critical_errors", "worse"), ("error_rate", "first")]
