"""Every rule at its boundary, and what each kind of missing reading means."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alerting.notifiers import registry
from alerting.rules.catalog import build
from alerting.rules.evaluate import judge
from alerting.rules.model import Issue, Outcome, Project, Reading, Reason, Rule, Trust, Window

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP = Project("1", "shop")


class Defaults:
    SENTRY_CRITICAL_ERROR_THRESHOLD = 10
    SENTRY_CRITICAL_ERROR_WINDOW_SECONDS = 300
    SENTRY_ERROR_RATE_THRESHOLD = 0.01
    SENTRY_ERROR_RATE_WINDOW_SECONDS = 600
    SENTRY_ERROR_RATE_MIN_TRANSACTIONS = 100
    SENTRY_ERROR_LEVELS = ("error", "fatal")
    SENTRY_NEW_ISSUE_ALERTS_ENABLED = True
    SENTRY_P95_LATENCY_THRESHOLD_MS = 1000.0
    SENTRY_P95_LATENCY_WINDOW_SECONDS = 600
    SENTRY_P95_LATENCY_MIN_TRANSACTIONS = 50


RULES = {rule.name: rule for rule in build(Defaults())}
COUNT, RATE, P95, NEW = (RULES[name] for name in ("critical_errors", "error_rate", "p95_latency", "new_issue"))


def reading(
    value: float | None, *, settled: bool = True, sample: int | None = None, trust: Trust = Trust.VALUE
) -> Reading:
    return Reading(SHOP, "", Window.ending(NOW, 300), trust, value=value, settled=settled, sample=sample)


def outcome(rule: Rule, given: Reading) -> tuple[Outcome, Reason]:
    verdict = judge(rule, given, NOW)
    return verdict.outcome, verdict.reason


def test_ten_errors_are_silent_and_eleven_fire() -> None:
    assert outcome(COUNT, reading(10)) == (Outcome.CLEAR, Reason.AT_OR_UNDER_THRESHOLD)
    assert outcome(COUNT, reading(11)) == (Outcome.BREACHED, Reason.OVER_THRESHOLD)


def test_a_count_fires_on_the_freshest_window_but_clears_only_on_a_settled_one() -> None:
    assert outcome(COUNT, reading(11, settled=False))[0] is Outcome.BREACHED
    assert outcome(COUNT, reading(0, settled=False)) == (Outcome.UNKNOWN, Reason.NOT_SETTLED)


def test_a_rate_of_exactly_the_threshold_is_silent() -> None:
    assert outcome(RATE, reading(0.01, sample=1000))[0] is Outcome.CLEAR
    assert outcome(RATE, reading(0.0101, sample=1000))[0] is Outcome.BREACHED


@pytest.mark.parametrize("rule", [RATE, P95], ids=["rate", "p95"])
def test_ratios_and_percentiles_wait_for_settled_windows(rule: Rule) -> None:
    assert outcome(rule, reading(9999, settled=False, sample=1000)) == (Outcome.UNKNOWN, Reason.NOT_SETTLED)


@pytest.mark.parametrize(("rule", "least"), [(RATE, 100), (P95, 50)], ids=["rate", "p95"])
def test_a_small_sample_is_unknown_up_to_the_exact_minimum(rule: Rule, least: int) -> None:
    assert outcome(rule, reading(9999, sample=least - 1)) == (Outcome.UNKNOWN, Reason.TOO_FEW_TRANSACTIONS)
    assert outcome(rule, reading(9999, sample=least))[0] is Outcome.BREACHED


def test_no_transactions_is_no_data_and_never_zero_or_infinite() -> None:
    assert outcome(RATE, reading(None, sample=0, trust=Trust.NO_DATA)) == (Outcome.UNKNOWN, Reason.NO_TRANSACTIONS)


def test_p95_of_exactly_the_threshold_is_silent() -> None:
    assert outcome(P95, reading(1000.0, sample=60))[0] is Outcome.CLEAR
    assert outcome(P95, reading(1000.1, sample=60))[0] is Outcome.BREACHED


@pytest.mark.parametrize("rule", list(RULES.values()), ids=lambda rule: rule.name)
@pytest.mark.parametrize("trust", [Trust.NO_DATA, Trust.PARTIAL, Trust.SOURCE_ERROR])
def test_nothing_missing_fires_or_clears(rule: Rule, trust: Trust) -> None:
    for value in (0.0, 10.0**9):
        assert outcome(rule, reading(value, sample=10_000, trust=trust))[0] is Outcome.UNKNOWN


def test_a_value_read_while_quota_drops_events_may_fire_but_never_clears() -> None:
    assert outcome(COUNT, reading(11, trust=Trust.DROPPED))[0] is Outcome.BREACHED
    assert outcome(COUNT, reading(0, trust=Trust.DROPPED)) == (Outcome.UNKNOWN, Reason.DROPPED)


def test_a_new_issue_is_a_breach_by_being_there() -> None:
    issue = Issue("7", "SHOP-7", "ValueError", "views.pay", "error", "", NOW, SHOP)
    assert outcome(NEW, replace(reading(1), issue=issue)) == (Outcome.BREACHED, Reason.FIRST_SEEN)


def test_the_new_issue_rule_can_be_switched_off() -> None:
    class Off(Defaults):
        SENTRY_NEW_ISSUE_ALERTS_ENABLED = False

    assert "new_issue" not in {rule.name for rule in build(Off())}


def test_severities_and_channels_are_those_of_the_seed_document() -> None:
    assert {rule.name: (rule.severity.value, registry.told_of(rule.severity)) for rule in RULES.values()} == {
        "critical_errors": ("high", ("email", "slack")),
        "error_rate": ("high", ("email", "slack")),
        "p95_latency": ("medium", ("slack",)),
        "new_issue": ("medium", ("slack",)),
    }
