"""What a tick asks: within its requests, and nothing waits for ever because it was dear once."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from alerting.poll.plan import Memory, allowed, key, most, questions, remember
from alerting.rules.answers import Answer, Measure, Question, Row
from alerting.rules.kind import Situation
from alerting.rules.model import Project, Trust
from tests.rules.test_evaluate import RULES

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
STEP = timedelta(seconds=15)


def run(
    ticks: int, answer: Callable[[Question], Answer], memory: Memory | None = None
) -> tuple[list[dict[str, int]], Memory]:
    """The requests of each tick by question, and the memory after the last."""
    memory, asked = memory or Memory(), []
    for number in range(ticks):
        now = NOON + number * STEP
        situation = Situation(now, 120, NOON)
        answers = [answer(question) for question in questions(tuple(RULES.values()), situation, memory)]
        asked.append({key(each.question): each.requests for each in answers})
        memory = Memory.from_json(remember(memory, answers, now).to_json())
    return asked, memory


def costing(costs: Mapping[Measure, int], broken: frozenset[Measure] = frozenset()) -> Callable[[Question], Answer]:
    def answer(question: Question) -> Answer:
        trust = Trust.SOURCE_ERROR if question.measure in broken else Trust.VALUE
        rows = {Project("1", "shop"): Row(errors=1)} if trust is Trust.VALUE else {}
        return Answer(question, trust, rows, requests=costs.get(question.measure, 1))

    return answer


def test_a_litter_of_new_issues_does_not_end_the_asking_for_new_issues() -> None:
    _, memory = run(1, costing({Measure.NEW_ISSUES: 7}))
    asked, _ = run(8, costing({}), memory)
    assert sum("new_issues:fresh" in tick for tick in asked) >= 6


def test_what_fails_and_is_dear_leaves_room_for_the_others() -> None:
    """Performance that no dataset answers costs three requests a try; the rest is asked all the same."""
    costs = {Measure.PERFORMANCE: 3}
    asked, _ = run(20, costing(costs, broken=frozenset({Measure.PERFORMANCE})))
    assert max(sum(tick.values()) for tick in asked[1:]) <= 5
    for name in ("new_issues:fresh", "performance:settled:600"):
        assert sum(name in tick for tick in asked) >= 7
    assert sum("outcomes:fresh" in tick for tick in asked) >= 4
    assert all("errors:fresh:300" in tick for tick in asked)


def test_outcomes_are_asked_once_a_minute_and_at_once_where_they_failed() -> None:
    asked, memory = run(10, costing({}))
    assert sum("outcomes:fresh" in tick for tick in asked) == 3
    asked, _ = run(4, costing({}, broken=frozenset({Measure.OUTCOMES})))
    assert sum("outcomes:fresh" in tick for tick in asked) >= 3
    assert memory.asked["outcomes:fresh"].end >= NOON + 8 * STEP


@pytest.mark.parametrize(("interval", "usual", "most_of_all"), [(1, 5, 7), (15, 5, 7), (30, 10, 14), (300, 100, 140)])
def test_a_tick_may_cost_what_the_ticks_it_stands_for_would(interval: int, usual: int, most_of_all: int) -> None:
    memory = Memory.from_json(Memory().every(interval).to_json())
    assert (allowed(memory), most(memory)) == (usual, most_of_all)


def test_a_failed_question_does_not_count_as_answered() -> None:
    _, memory = run(1, costing({}, broken=frozenset({Measure.NEW_ISSUES, Measure.PERFORMANCE})))
    window = questions(tuple(RULES.values()), Situation(NOON + STEP, 120, NOON), memory)
    kinds = {question.measure: question for question in window}
    assert Measure.PERFORMANCE in kinds
    assert kinds[Measure.NEW_ISSUES].window.start == NOON
