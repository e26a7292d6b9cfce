"""The budget: never over the limit, wherever the server's window begins, and the urgent first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.poll.budget import LEASE_SECONDS, Grant, LocalBudget, Seen
from alerting.rules.answers import Priority

HIGH, NORMAL, LOW = Priority.HIGH, Priority.NORMAL, Priority.LOW


def knowing(seen: Seen, now: float = 100.0) -> LocalBudget:
    """A budget that learned from one answer, long enough ago for that request not to count."""
    budget = LocalBudget()
    grant = budget.acquire("events", HIGH, now - 10)
    budget.report("events", grant.ticket, seen, now - 10)
    return budget


def take(budget: LocalBudget, priority: Priority, now: float, endpoint: str = "events") -> Grant:
    """One request that is answered at once."""
    grant = budget.acquire(endpoint, priority, now)
    if not grant.wait:
        budget.report(endpoint, grant.ticket, Seen(), now)
    return grant


def test_until_the_first_answer_one_request_at_a_time_finds_the_limit_out() -> None:
    budget = LocalBudget()
    first = budget.acquire("events", HIGH, 0.0)
    assert first.wait == 0
    assert budget.acquire("issues", HIGH, 0.0).wait > 0
    budget.report("events", first.ticket, Seen(limit=30), 0.1)
    assert budget.acquire("issues", HIGH, 0.1).wait == 0


def test_a_server_that_names_no_limit_is_not_held_back() -> None:
    budget = knowing(Seen())
    assert all(budget.acquire("events", LOW, 100.0).wait == 0 for _ in range(200))


def test_a_failure_without_a_server_teaches_nothing() -> None:
    budget = knowing(Seen(answered=False))
    assert budget.acquire("events", HIGH, 100.0).wait == 0
    assert budget.acquire("events", HIGH, 100.0).wait > 0, "still one at a time"


def test_a_crashed_request_is_forgotten_after_its_lease() -> None:
    budget = LocalBudget()
    assert budget.acquire("events", HIGH, 0.0).wait == 0
    assert budget.acquire("events", HIGH, LEASE_SECONDS - 1).wait > 0
    assert budget.acquire("events", HIGH, LEASE_SECONDS + 1).wait == 0


def test_low_questions_leave_a_reserve_and_high_ones_may_use_it() -> None:
    budget = knowing(Seen(limit=4))
    taken = [take(budget, LOW, 100.0).wait == 0 for _ in range(4)]
    assert taken == [True, True, False, False]
    assert [take(budget, NORMAL, 100.0).wait == 0 for _ in range(2)] == [True, False]
    assert [take(budget, HIGH, 100.0).wait == 0 for _ in range(2)] == [True, False]


def test_nobody_overtakes_a_high_question_that_waits() -> None:
    budget = knowing(Seen(limit=2))
    assert [take(budget, HIGH, 100.0).wait == 0 for _ in range(3)] == [True, True, False]
    assert take(budget, LOW, 101.05).wait > 0, "the slot that became free belongs to the one that waits"
    assert take(budget, HIGH, 101.05).wait == 0
    assert take(budget, LOW, 102.5).wait == 0, "nobody waits for ever on one that gave up"


def test_a_limit_of_one_serves_every_priority() -> None:
    for priority in Priority:
        assert take(knowing(Seen(limit=1)), priority, 100.0).wait == 0


def test_the_smallest_limit_holds_for_all_endpoints_together() -> None:
    budget = knowing(Seen(limit=30))
    grant = budget.acquire("issues", HIGH, 95.0)
    budget.report("issues", grant.ticket, Seen(limit=2), 95.0)
    assert [take(budget, HIGH, 100.0, endpoint).wait == 0 for endpoint in ("events", "stats_v2", "events")] == [
        True,
        True,
        False,
    ]


def test_an_endpoint_with_nothing_left_is_left_alone_until_its_reset() -> None:
    budget = knowing(Seen(limit=30))
    grant = budget.acquire("events", HIGH, 100.0)
    budget.report("events", grant.ticket, Seen(limit=30, remaining=0, reset_in=20.0), 100.0)
    waiting = budget.acquire("events", HIGH, 105.0)
    assert (waiting.wait, waiting.blocked) == (pytest.approx(15.0), True)
    assert budget.acquire("issues", HIGH, 105.0).wait == 0
    assert budget.acquire("events", HIGH, 120.1).wait == 0


def test_what_others_spend_is_seen_in_the_answers() -> None:
    budget = knowing(Seen(limit=30))
    grant = budget.acquire("events", HIGH, 100.0)
    budget.report("events", grant.ticket, Seen(limit=30, remaining=10, reset_in=20.0), 100.0)
    assert take(budget, LOW, 102.0).wait > 0, "fifteen of thirty are reserved"
    assert take(budget, HIGH, 102.0).wait == 0


def test_an_endpoint_that_answered_429_is_left_alone_as_long_as_it_asked() -> None:
    budget = knowing(Seen(limit=30, block_for=30.0), now=110.0)
    waiting = budget.acquire("events", HIGH, 110.0)
    assert (waiting.wait, waiting.blocked) == (pytest.approx(20.0), True)
    assert budget.acquire("issues", LOW, 110.0).wait == 0


def test_no_more_requests_fly_at_once_than_allowed() -> None:
    budget = knowing(Seen(limit=30, concurrent=3))
    grants = [budget.acquire("events", NORMAL, 100.0) for _ in range(3)]
    assert [grant.wait == 0 for grant in grants] == [True, True, False]
    assert budget.acquire("events", HIGH, 100.0).wait == 0
    budget.report("events", grants[0].ticket, Seen(), 100.1)
    assert budget.acquire("events", HIGH, 100.1).wait == 0


@pytest.mark.parametrize("jump", [-3600.0, -300.0, 3600.0])
def test_a_jumping_clock_holds_nobody_up(jump: float) -> None:
    start = 1_000_000.0
    budget = knowing(Seen(limit=2, remaining=0, reset_in=600.0, block_for=600.0), now=start)
    assert take(budget, HIGH, start, "issues").wait == 0
    assert take(budget, HIGH, start, "issues").wait == 0
    waits = [take(budget, HIGH, start + jump + second).wait for second in range(65)]
    assert 0.0 in waits


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 5),
    steps=st.lists(st.tuples(st.floats(0.0, 0.7), st.sampled_from(Priority), st.floats(0.0, 1.5)), max_size=60),
)
def test_no_window_of_the_server_ever_holds_more_than_the_limit(
    limit: int, steps: list[tuple[float, Priority, float]]
) -> None:
    """Requests reach the server at any time between their start and their answer."""
    budget = knowing(Seen(limit=limit), now=0.0)
    now, flying, spans = 0.0, list[tuple[float, float, str]](), list[tuple[float, float]]()
    for pause, priority, takes in steps:
        now += pause
        for began, ended, ticket in [each for each in flying if each[1] <= now]:
            budget.report("events", ticket, Seen(limit=limit), ended)
            flying.remove((began, ended, ticket))
        grant = budget.acquire("events", priority, now)
        if not grant.wait:
            flying.append((now, now + takes, grant.ticket))
            spans.append((now, now + takes))
    for index, (began, _) in enumerate(spans):
        # Whatever may still reach the server less than a window before this one, and so fall into one with it.
        assert sum(ended > began - 1.0 + 1e-6 for _, ended in spans[:index]) < limit
