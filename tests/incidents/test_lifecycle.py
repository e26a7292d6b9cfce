"""The state machine: every state, every outcome, and what happens in each when a reading is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.incidents.lifecycle import Policy, Step, Why, advance, advance_all
from alerting.incidents.standing import Standing, State
from alerting.incidents.worsening import Recent
from alerting.outbox.message import Kind
from alerting.rules.evaluate import judge
from alerting.rules.model import Reading, Rule, Trust, Verdict, Window
from tests.rules.test_evaluate import COUNT, RATE, SHOP

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
POLICY = Policy(keep_firing=timedelta(minutes=2), repeat=timedelta(hours=1))


def verdict(
    value: float | None, at: datetime = NOW, *, settled: bool = False, trust: Trust = Trust.VALUE, rule: Rule = COUNT
) -> Verdict:
    end = at - timedelta(minutes=2) if settled else at
    return judge(rule, Reading(SHOP, "", Window.ending(end, 300), trust, value=value, settled=settled), at)


def firing(at: datetime = NOW, value: float = 11) -> Standing:
    return advance(Standing(), verdict(value, at), POLICY).standing


def recovering(at: datetime = NOW) -> Standing:
    return advance(firing(at - timedelta(minutes=10)), verdict(0, at, settled=True), POLICY).standing


def test_the_first_breach_is_told_at_once() -> None:
    step = advance(Standing(), verdict(11), POLICY)
    assert (step.standing.state, step.why, step.tell) == (State.FIRING, Why.FIRST_BREACH, Kind.FIRST)


def test_without_an_incident_everything_else_stays_quiet() -> None:
    for quiet in (verdict(10), verdict(0, settled=True), verdict(None, trust=Trust.SOURCE_ERROR)):
        step = advance(Standing(), quiet, POLICY)
        assert (step.standing, step.why, step.tell) == (Standing(), Why.NOTHING_OPEN, None)


def test_a_breach_that_goes_on_is_told_once() -> None:
    step = advance(firing(), verdict(12, NOW + timedelta(seconds=15)), POLICY)
    assert (step.why, step.tell) == (Why.STILL_BREACHED, None)


def test_a_reminder_comes_after_the_repeat_interval_and_not_before() -> None:
    assert advance(firing(), verdict(12, NOW + timedelta(seconds=3599)), POLICY).tell is None
    assert advance(firing(), verdict(12, NOW + timedelta(hours=1)), POLICY).tell is Kind.REMINDER


def test_a_repeat_of_zero_never_reminds() -> None:
    never = replace(POLICY, repeat=timedelta())
    assert advance(firing(), verdict(12, NOW + timedelta(days=9)), never).tell is None


def test_a_settled_window_from_before_the_breach_says_nothing_about_recovery() -> None:
    step = advance(firing(), verdict(0, NOW + timedelta(seconds=15), settled=True), POLICY)
    assert (step.standing.state, step.why) == (State.FIRING, Why.CLEAR_BEFORE_BREACH)


def test_recovery_needs_settled_clear_readings_for_the_whole_hold() -> None:
    started = advance(firing(), verdict(0, NOW + timedelta(minutes=3), settled=True), POLICY)
    assert (started.standing.state, started.why, started.tell) == (State.RECOVERING, Why.RECOVERY_STARTED, None)
    waiting = advance(started.standing, verdict(0, NOW + timedelta(minutes=4, seconds=59), settled=True), POLICY)
    assert (waiting.standing.state, waiting.why) == (State.RECOVERING, Why.RECOVERY_NOT_OVER)
    over = advance(waiting.standing, verdict(0, NOW + timedelta(minutes=5), settled=True), POLICY)
    assert (over.standing.state, over.why, over.tell) == (State.OK, Why.RECOVERED, Kind.RESOLVED)


def test_without_a_hold_the_first_settled_clear_reading_resolves() -> None:
    at_once = replace(POLICY, keep_firing=timedelta())
    assert advance(firing(), verdict(0, NOW + timedelta(minutes=3), settled=True), at_once).tell is Kind.RESOLVED


def test_a_breach_while_recovering_goes_back_to_firing_quietly() -> None:
    step = advance(recovering(), verdict(11, NOW + timedelta(seconds=15)), POLICY)
    assert (step.standing.state, step.why, step.tell) == (State.FIRING, Why.RECOVERY_BROKEN, None)
    assert step.standing.clear_since is None


@pytest.mark.parametrize("trust", [Trust.NO_DATA, Trust.PARTIAL, Trust.SOURCE_ERROR, Trust.DROPPED])
@pytest.mark.parametrize("standing", [firing(), recovering()], ids=["firing", "recovering"])
def test_a_missing_reading_changes_no_state_and_is_decided_on_by_name(standing: Standing, trust: Trust) -> None:
    value = 0.0 if trust is Trust.DROPPED else None
    missing = verdict(value, NOW + timedelta(minutes=30), settled=True, trust=trust)
    step = advance(standing, missing, POLICY)
    assert (step.standing, step.why.value, step.tell) == (standing, missing.reason.value, None)


@pytest.mark.parametrize("standing", [firing(), recovering()], ids=["firing", "recovering"])
@pytest.mark.parametrize("trust", [Trust.NO_DATA, Trust.PARTIAL, Trust.SOURCE_ERROR, Trust.DROPPED])
def test_nobody_is_reminded_of_what_cannot_be_judged(standing: Standing, trust: Trust) -> None:
    value = 0.0 if trust is Trust.DROPPED else None
    assert advance(standing, verdict(value, NOW + 2 * POLICY.repeat, settled=True, trust=trust), POLICY).tell is None


def rate(at: datetime, errors: int, transactions: int, trust: Trust = Trust.VALUE) -> Verdict:
    value = errors / transactions if transactions else None
    trust = trust if transactions or trust is not Trust.VALUE else Trust.NO_DATA
    window = Window.ending(at - timedelta(minutes=2), 600)
    return judge(RATE, Reading(SHOP, "", window, trust, value=value, sample=transactions, settled=True), at)


def live_through(readings: list[tuple[int, int]], trust: Trust = Trust.VALUE, start: int = 0) -> list[Step]:
    """A firing rate and then one settled reading (errors, transactions) a minute."""
    standing, steps = advance(Standing(), rate(NOW, 50, 1000), POLICY).standing, []
    for minute, (errors, transactions) in enumerate(readings, start + 1):
        steps.append(advance(standing, rate(NOW + timedelta(minutes=minute), errors, transactions, trust), POLICY))
        standing = steps[-1].standing
        if steps[-1].closes:
            break
    return steps


@pytest.mark.parametrize("reading", [(0, 0), (6, 60), (0, 99)], ids=["none", "few, broken", "few, clear"])
def test_too_little_traffic_ends_what_it_keeps_from_being_judged_once_it_lasts_longer_than_a_recovery(
    reading: tuple[int, int],
) -> None:
    steps = live_through([reading] * 60)
    assert {step.why for step in steps[:-1]} == {Why.NO_DATA}
    assert (steps[-1].why, steps[-1].tell, steps[-1].closes) == (Why.TOO_LITTLE_TRAFFIC, Kind.ENDED, True)
    assert timedelta(minutes=len(steps) - 1) == POLICY.keep_firing + POLICY.thin > POLICY.keep_firing


def test_what_is_judged_in_between_starts_the_wait_anew() -> None:
    steps = live_through([(0, 0)] * 10 + [(50, 1000)] + [(0, 0)] * 12)
    assert not any(step.closes for step in steps)


@pytest.mark.parametrize("trust", [Trust.DROPPED, Trust.PARTIAL, Trust.SOURCE_ERROR])
def test_drops_failures_and_partial_answers_end_nothing(trust: Trust) -> None:
    for reading in ((0, 0), (1, 60)):
        assert not any(step.closes or step.tell for step in live_through([reading] * 300, trust))


def test_windows_that_leave_a_hole_between_them_prove_no_silence() -> None:
    standing = live_through([(0, 0)] * 3)[-1].standing
    later = rate(NOW + timedelta(minutes=40), 0, 0)
    step = advance(standing, later, POLICY)
    assert (step.why, step.standing.thin_since) == (Why.NO_DATA, later.reading.window.end)


def test_a_raised_threshold_closes_with_that_reason_instead_of_lying_about_a_recovery() -> None:
    raised = replace(COUNT, threshold=100)
    step = advance(firing(value=50), verdict(50, NOW + timedelta(seconds=15), rule=raised), POLICY)
    assert (step.standing.state, step.why, step.tell) == (State.OK, Why.THRESHOLD_RAISED, Kind.ENDED)


@pytest.mark.parametrize("trust", [Trust.NOT_WATCHED, Trust.NOT_VISIBLE])
def test_what_is_out_of_our_sight_ends_without_claiming_a_recovery(trust: Trust) -> None:
    unseen = verdict(None, NOW + timedelta(seconds=15), trust=trust)
    closed = advance(firing(value=50), unseen, POLICY)
    assert (closed.standing.state, closed.why.value, closed.tell) == (State.OK, trust.value, Kind.ENDED)
    assert advance(Standing(), unseen, POLICY).tell is None


def test_a_raised_threshold_that_is_still_exceeded_goes_on_quietly() -> None:
    raised = replace(COUNT, threshold=40)
    step = advance(firing(value=50), verdict(50, NOW + timedelta(seconds=15), rule=raised), POLICY)
    assert (step.standing.threshold, step.why, step.tell) == (40, Why.STILL_BREACHED, None)


def test_many_openings_become_one_flapping_notice_and_then_quiet() -> None:
    step = advance(Standing(), verdict(11), POLICY, Recent(ends=3))
    assert (step.standing.state, step.why, step.tell) == (State.FLAPPING, Why.CHANGES_OFTEN, Kind.FLAPPING)
    again = advance(step.standing, verdict(21, NOW + timedelta(seconds=15)), POLICY)
    assert (again.why, again.tell) == (Why.FLAPPING_QUIET, None)


def flapping(value: float = 11, peak: float = 0) -> Standing:
    return advance(Standing(), verdict(value), POLICY, Recent(ends=3, peak=peak)).standing


def test_flapping_ends_with_one_notice_once_clear_for_long() -> None:
    quiet = advance(flapping(), verdict(0, NOW + timedelta(minutes=3), settled=True), POLICY)
    assert (quiet.why, quiet.tell) == (Why.FLAPPING_QUIET, None)
    still = advance(quiet.standing, verdict(0, NOW + timedelta(minutes=42), settled=True), POLICY)
    assert (still.standing.state, still.tell) == (State.FLAPPING, None)
    stable = advance(still.standing, verdict(0, NOW + timedelta(minutes=43), settled=True), POLICY)
    assert (stable.standing.state, stable.why, stable.tell) == (State.OK, Why.STABLE_CLEAR, Kind.RESOLVED)


def test_flapping_becomes_firing_once_breached_for_long() -> None:
    never = replace(POLICY, repeat=timedelta())
    assert advance(flapping(), verdict(12, NOW + timedelta(minutes=39)), never).standing.state is State.FLAPPING
    step = advance(flapping(), verdict(12, NOW + timedelta(minutes=40)), never)
    assert (step.standing.state, step.why, step.tell) == (State.FIRING, Why.STABLE_BREACHED, Kind.REMINDER)


def test_while_flapping_twice_the_highest_value_so_far_is_told_as_worse() -> None:
    later = NOW + timedelta(minutes=12)
    assert advance(flapping(peak=15), verdict(29, later), POLICY).tell is None
    worse = advance(flapping(peak=15), verdict(30, later), POLICY)
    assert (worse.standing.state, worse.why, worse.tell) == (State.FLAPPING, Why.DOUBLED, Kind.WORSE)
    assert advance(worse.standing, verdict(45, later + timedelta(minutes=24)), POLICY).tell is None


def test_while_flapping_reminders_keep_their_interval() -> None:
    step = advance(flapping(), verdict(12, NOW + POLICY.repeat), POLICY)
    reminded = advance(replace(flapping(), since=NOW + timedelta(minutes=50)), verdict(12, NOW + POLICY.repeat), POLICY)
    assert step.tell is Kind.REMINDER
    assert (reminded.standing.state, reminded.why, reminded.tell) == (State.FLAPPING, Why.REPEAT_DUE, Kind.REMINDER)


def test_a_breach_while_recovering_that_is_twice_as_high_is_told_as_worse() -> None:
    step = advance(recovering(), verdict(22, NOW + timedelta(seconds=15)), POLICY)
    assert (step.standing.state, step.why, step.tell) == (State.FIRING, Why.DOUBLED, Kind.WORSE)


def test_a_clock_set_back_an_hour_does_not_delay_recovery_by_an_hour() -> None:
    standing = firing(NOW + timedelta(hours=1))
    started = advance(standing, verdict(0, NOW, settled=True), POLICY)
    assert started.standing.state is State.RECOVERING


def test_of_several_verdicts_the_breach_decides() -> None:
    first, *_, last = advance_all(
        recovering(), [verdict(0, NOW, settled=True), verdict(11, NOW), verdict(None, NOW, trust=Trust.PARTIAL)], POLICY
    )
    assert first[1].why is Why.RECOVERY_BROKEN
    assert last[1].standing.state is State.FIRING


def test_what_is_remembered_survives_json_and_ignores_what_a_newer_version_added() -> None:
    standing = recovering()
    assert Standing.from_json({**standing.to_json(), "from_the_future": 1}) == standing


def test_what_an_older_version_remembered_as_told_is_still_known() -> None:
    old = {"state": "firing", "told_value": 20.0, "breach_until": NOW.isoformat()}
    assert advance(Standing.from_json(old), verdict(39, NOW + timedelta(minutes=1)), POLICY).tell is None
    assert advance(Standing.from_json(old), verdict(40, NOW + timedelta(minutes=1)), POLICY).tell is Kind.WORSE


moments = st.integers(min_value=0, max_value=200)
values = st.one_of(st.none(), st.integers(min_value=0, max_value=60).map(float))


@given(st.lists(st.tuples(values, st.booleans(), st.sampled_from(list(Trust)), moments), max_size=60))
def test_whatever_comes_every_first_is_followed_by_at_most_one_end_and_no_end_comes_alone(
    story: list[tuple[float | None, bool, Trust, int]],
) -> None:
    standing, told = Standing(), []
    at = NOW
    for value, settled, trust, pause in story:
        at += timedelta(seconds=pause)
        step: Step = advance(standing, verdict(value, at, settled=settled, trust=trust), POLICY)
        standing = step.standing
        if step.tell is not None:
            told.append(step.tell)
        assert step.why in Why
    open_now = False
    for kind in told:
        assert open_now is (kind is not Kind.FIRST)
        open_now = kind not in {Kind.RESOLVED, Kind.ENDED}
