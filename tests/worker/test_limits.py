"""One budget for all workers, on a real Redis-compatible server: the same decisions as in one process, shared."""

import logging
import multiprocessing
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.poll.budget import RANKS, SHARES, LocalBudget, Seen
from alerting.rules.answers import Priority
from tests.support.service import broker
from worker import limits
from worker.limits import ACQUIRE, REPORT, RedisBudget

TOKEN = "sntryu_" + "ab" * 32
HIGH, LOW = Priority.HIGH, Priority.LOW


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with broker() as server:
        yield "redis://" + server.connection_url.partition("://")[2]


@pytest.fixture(autouse=True)
def _clean(url: str) -> None:
    redis.Redis.from_url(url).flushall()


def spend(url: str, priority: Priority, ends: float, pipe: Any) -> None:
    """One worker: ask, go, answer, until the time is over; hands back when its requests began and ended."""
    budget, spans, pause = RedisBudget(url, TOKEN), [], threading.Event()
    while time.monotonic() < ends:
        grant = budget.acquire("events", priority, time.time())
        if grant.wait:
            pause.wait(min(grant.wait, max(0.0, ends - time.monotonic())))
            continue
        began = time.monotonic()
        pause.wait(0.02)
        ended = time.monotonic()
        budget.report("events", grant.ticket, Seen(limit=3), time.time())
        spans.append((began, ended))
    pipe.send(spans)


def compete(url: str, priorities: list[Priority], seconds: float) -> list[list[tuple[float, float]]]:
    fork = multiprocessing.get_context("fork")
    ends = time.monotonic() + seconds
    pipes = [fork.Pipe() for _ in priorities]
    workers = [
        fork.Process(target=spend, args=(url, priority, ends, theirs))
        for priority, (_, theirs) in zip(priorities, pipes, strict=True)
    ]
    for worker in workers:
        worker.start()
    spans = [ours.recv() for ours, _ in pipes]
    for worker in workers:
        worker.join(10)
    return spans


def test_all_workers_together_stay_under_the_limit_and_spend_it_on_high_questions_first(url: str) -> None:
    high, other_high, low, other_low = compete(url, [HIGH, HIGH, LOW, LOW], 4.0)
    spans = sorted(high + other_high + low + other_low)
    for index, (began, _) in enumerate(spans):
        assert sum(ended > began - 1.0 for _, ended in spans[:index]) < 3
    assert len(high + other_high) >= 9, "four seconds hold three windows of three at the least"
    assert len(low + other_low) <= 2, "only before the first high question had to wait"


def test_low_questions_alone_are_served_at_their_own_share(url: str) -> None:
    low, other = compete(url, [LOW, LOW], 2.5)
    assert 2 <= len(low + other) <= 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.floats(0.0, 2.0),
            st.sampled_from(["events", "issues"]),
            st.sampled_from(Priority),
            st.builds(
                Seen,
                answered=st.booleans(),
                limit=st.none() | st.integers(1, 6),
                window=st.none() | st.sampled_from([1.0, 3.0]),
                remaining=st.none() | st.integers(0, 6),
                reset_in=st.none() | st.floats(0.0, 5.0),
                concurrent=st.none() | st.integers(1, 4),
                block_for=st.sampled_from([0.0, 0.0, 0.0, 1.5]),
            ),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_the_shared_budget_decides_as_the_local_one(
    url: str, steps: list[tuple[float, str, Priority, Seen, bool]]
) -> None:
    server = redis.Redis.from_url(url)
    server.flushall()
    acquire, report = server.register_script(ACQUIRE), server.register_script(REPORT)
    keys, local, now = ["state", "uses", "flying"], LocalBudget(), 1_000_000.0
    flying: list[tuple[str, str, str]] = []
    for number, (pause, endpoint, priority, seen, answer) in enumerate(steps):
        now = round(now + pause, 3)
        ours = local.acquire(endpoint, priority, now)
        wait, blocked = acquire(keys=keys, args=[endpoint, number, now, RANKS[priority], SHARES[priority]])
        assert (float(wait), bool(blocked)) == (pytest.approx(ours.wait, abs=1e-4), ours.blocked)
        if not ours.wait:
            flying.append((endpoint, ours.ticket, str(number)))
        if answer and flying:
            endpoint, mine, theirs = flying.pop(0)
            local.report(endpoint, mine, seen, now)
            told = (seen.limit, seen.window, seen.remaining, seen.reset_in, seen.concurrent, seen.block_for)
            values = ["" if value is None else value for value in told]
            report(keys=keys, args=[endpoint, theirs, now, int(seen.answered), *values])


def test_the_token_is_in_no_key_and_no_value(url: str) -> None:
    budget = RedisBudget(url, TOKEN)
    grant = budget.acquire("events", HIGH, 0.0)
    budget.report("events", grant.ticket, Seen(limit=3), 0.0)
    server = redis.Redis.from_url(url)
    keys = sorted(server.keys())
    assert len(keys) == 2
    stored = [*keys, *(server.dump(key) for key in keys)]
    assert all(TOKEN.encode() not in each for each in stored)
    assert all(0 < server.ttl(key) <= limits.KEPT_SECONDS for key in keys)


def test_another_token_has_a_budget_of_its_own(url: str) -> None:
    assert RedisBudget(url, TOKEN).acquire("events", HIGH, 0.0).wait == 0
    assert RedisBudget(url, TOKEN).acquire("events", HIGH, 0.0).wait > 0
    assert RedisBudget(url, TOKEN + "x").acquire("events", HIGH, 0.0).wait == 0


def test_while_redis_is_away_each_worker_counts_alone_and_says_so_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "AWAY_SECONDS", 0.0)
    caplog.set_level(logging.INFO)
    with broker() as server:
        budget = RedisBudget("redis://" + server.connection_url.partition("://")[2], TOKEN)
        grant = budget.acquire("events", HIGH, 0.0)
        budget.report("events", grant.ticket, Seen(limit=2), 0.0)
    granted = [budget.acquire("events", HIGH, 5.0) for _ in range(4)]
    assert [grant.wait == 0 for grant in granted] == [True, True, False, False], "it remembers the limit it saw"
    budget.report("events", granted[0].ticket, Seen(), 5.1)
    assert len([record for record in caplog.records if "keeps no request budget" in record.message]) == 1


def test_a_full_redis_stops_nobody(url: str) -> None:
    server = redis.Redis.from_url(url)
    server.config_set("maxmemory", "1")
    try:
        budget = RedisBudget(url, TOKEN)
        grant = budget.acquire("events", HIGH, 0.0)
        budget.report("events", grant.ticket, Seen(limit=3), 0.0)
        assert budget.acquire("events", HIGH, 0.0).wait == 0
    finally:
        server.config_set("maxmemory", "0")
