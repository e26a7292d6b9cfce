"""Whether the transactions of most projects stop at once, by what they usually send."""

from datetime import UTC, datetime, timedelta

from alerting.poll import traffic
from alerting.rules.answers import Answer, Measure, Question, Row
from alerting.rules.model import Project, Trust, Window

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RATES = {"1": 120, "2": 30, "3": 30, "4": 30}


def whole(rates: dict[str, int], now: datetime) -> Answer:
    window = Window(now - 12 * MINUTE, now - 2 * MINUTE)
    rows = {Project(key, f"app-{key}"): Row(transactions=10 * rate) for key, rate in rates.items()}
    return Answer(Question(Measure.PERFORMANCE, window, settled=True), Trust.VALUE, rows)


def after_an_hour() -> dict[str, object]:
    memory: dict[str, object] = {}
    for minute in range(60):
        memory = traffic.remember(memory, [whole(RATES, NOON + minute * MINUTE)], NOON + minute * MINUTE)
    return memory


def heard(counts: dict[str, int]) -> Answer:
    question = traffic.question(after_an_hour(), 120, NOON + 60 * MINUTE)
    assert question is not None
    rows = {Project(key, f"app-{key}"): Row(transactions=count) for key, count in counts.items()}
    return Answer(question, Trust.VALUE, rows)


def test_it_is_asked_about_the_newest_settled_minutes_of_the_projects_with_traffic() -> None:
    question = heard({}).question
    assert (question.window.end, question.window.seconds) == (NOON + 58 * MINUTE, 180)
    assert question.project_ids == ("1", "2", "3", "4")


def test_most_projects_without_any_mean_that_the_newest_are_missing() -> None:
    assert "3 of 4 projects" in traffic.stopped(RATES, [heard({"1": 118})])


def test_half_of_them_may_have_stopped_by_themselves() -> None:
    assert traffic.stopped(RATES, [heard({"1": 118, "2": 29})]) == ""


def test_less_traffic_than_usual_is_no_lag() -> None:
    assert traffic.stopped(RATES, [heard({"1": 60, "2": 15, "3": 15, "4": 16})]) == ""


def test_nothing_is_asked_where_fewer_than_three_projects_have_transactions() -> None:
    memory = traffic.remember({}, [whole({"1": 120, "2": 30, "3": 2}, NOON)], NOON)
    assert traffic.question(memory, 120, NOON) is None


def test_half_an_hour_without_transactions_does_not_become_usual() -> None:
    memory = after_an_hour()
    for minute in range(60, 90):
        memory = traffic.remember(memory, [whole({"1": 1}, NOON + minute * MINUTE)], NOON + minute * MINUTE)
    assert traffic.usual(memory)["1"] == 120


def test_an_answer_is_believed_until_rates_have_been_judged_once_more() -> None:
    memory = traffic.remember(after_an_hour(), [heard({})], NOON + 60 * MINUTE)
    later = NOON + 61 * MINUTE + timedelta(seconds=15)
    assert traffic.is_fresh(memory, later) and traffic.lately(memory, later)
    assert not traffic.is_fresh(memory, later + timedelta(seconds=1))
    assert not traffic.lately(memory, later + timedelta(seconds=1))


def test_an_end_that_found_no_room_for_the_question_waits_for_it_for_a_moment() -> None:
    memory = traffic.remember({**after_an_hour(), "wanted_at": NOON.isoformat()}, [], NOON)
    assert traffic.is_wanted(memory, NOON + MINUTE)
    assert not traffic.is_wanted(memory, NOON + 2 * MINUTE)
    assert not traffic.is_wanted(traffic.remember(memory, [heard({})], NOON + MINUTE), NOON + MINUTE)
