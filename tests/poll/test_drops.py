"""What quota dropped is known from the last answer that could be read, for half an hour."""

from datetime import UTC, datetime, timedelta

from alerting.poll import drops
from alerting.rules.answers import Answer, Measure, Question, Row
from alerting.rules.model import Project, Trust, Window
from alerting.rules.readings import Dropped

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP = Project("1", "shop")
WINDOW = Window(NOON - timedelta(minutes=6), NOON)
OF_NOW = Question(Measure.OUTCOMES, WINDOW)
DROPPED = Answer(OF_NOW, Trust.VALUE, {SHOP: Row(dropped=900, dropped_reasons={"smart_rate_limit": 900})})


def test_an_answer_that_could_not_be_read_tells_nothing_new() -> None:
    failed = Answer(OF_NOW, Trust.SOURCE_ERROR)
    assert drops.newest([failed]) is None
    assert drops.newest([failed, DROPPED]) == drops.told_by(DROPPED)


def test_a_window_beside_what_was_kept_in_it_is_not_about_now() -> None:
    beside = Answer(Question(Measure.OUTCOMES, WINDOW, settled=True), Trust.VALUE, DROPPED.rows)
    assert drops.newest([beside]) is None


def test_what_was_told_is_forgotten_half_an_hour_later() -> None:
    told = drops.told_by(DROPPED)
    memory = told.to_json(NOON)
    assert drops.lately(memory, [], NOON + timedelta(minutes=30)) == told
    assert drops.lately(memory, [], NOON + timedelta(minutes=31)) == Dropped()
