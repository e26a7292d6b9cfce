"""An incident's chart comes from Sentry: asked once a minute, never waited for long, and the page does without it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerting.errors import SourceError, SourceFault
from alerting.incidents.models import Incident
from alerting.poll.background import Points
from alerting.poll.client import Errand
from alerting.rules.answers import Priority
from alerting.rules.kind import Axis
from alerting.rules.model import Window
from alerting.status import incident_rows, sentry_chart
from tests.support.incidents import closed, evaluator, incident

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


class Sentry:
    """Answers with three errors in every minute asked about, or refuses."""

    def __init__(self) -> None:
        self.asked: list[tuple[Axis, Window, int]] = []
        self.seconds: list[float] = []
        self.error: SourceError | None = None
        self.rate = 3.0
        self.name = "shop"

    def errand(self, seconds: float) -> Errand:
        self.seconds.append(seconds)
        return Errand(Priority.LOW, seconds)

    def series(
        self, axis: Axis, window: Window, seconds: int, project_ids: Sequence[str], errand: Errand
    ) -> Mapping[str, Points]:
        self.asked.append((axis, window, seconds))
        if self.error:
            raise self.error
        begin = int(window.start.timestamp())
        points = [(float(at), self.rate) for at in range(begin, int(window.end.timestamp()), seconds)]
        return {self.name: points} if self.rate else {}


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    made = Sentry()
    sentry_chart.ask_through(lambda: made)
    yield made
    sentry_chart.ask_through(None)


@pytest.fixture
def client() -> Client:
    evaluator()
    return Client(SERVER_NAME="localhost")


def page(client: Client, made: Incident) -> str:
    return client.get(f"/incidents/{made.pk}/").content.decode()


def test_each_point_is_what_the_rule_would_have_counted_over_its_whole_window(sentry: Sentry) -> None:
    made = incident("shop", opened_at=NOON - timedelta(minutes=10))
    answer = sentry_chart.ask(made, NOON)
    assert {value for _, value in answer.points} == {15.0}
    assert answer.points[0][0] <= NOON - timedelta(minutes=69) and answer.points[-1][0] == NOON.replace(second=0)


def test_a_page_opened_often_asks_once_a_minute(client: Client, sentry: Sentry) -> None:
    made = incident("shop")
    for _ in range(3):
        assert "From Sentry just now" in page(client, made)
    assert len(sentry.asked) == 1


def test_when_the_minute_is_over_it_is_asked_again(sentry: Sentry, monkeypatch: pytest.MonkeyPatch) -> None:
    made = incident("shop")
    sentry_chart.ask(made, datetime.now(UTC))
    monkeypatch.setattr(sentry_chart, "KEPT_SECONDS", 0.0)
    sentry_chart.ask(made, datetime.now(UTC))
    assert len(sentry.asked) == 2


def test_without_an_answer_the_page_draws_what_was_judged_and_says_so(client: Client, sentry: Sentry) -> None:
    sentry.error = SourceError(SourceFault.TIMEOUT, "Sentry did not answer within 2.5 s.")
    made = incident("shop")
    shown = page(client, made)
    assert "Sentry did not answer in time" in shown and '<svg class="chart"' in shown
    page(client, made)
    assert len(sentry.asked) == 1 and max(sentry.seconds) <= 3


def test_what_sentry_has_forgotten_is_drawn_from_what_was_judged(client: Client, sentry: Sentry) -> None:
    sentry.rate = 0
    assert "Sentry has nothing for this time any more" in page(client, closed("shop"))


def test_a_project_that_was_renamed_keeps_its_chart(sentry: Sentry) -> None:
    sentry.name = "store"
    assert sentry_chart.ask(incident("shop"), datetime.now(UTC)).points


def test_a_rate_is_asked_for_in_two_questions_and_a_percentile_in_steps_of_five_minutes(sentry: Sentry) -> None:
    rate = sentry_chart.ask(incident("shop", rule="error_rate", threshold=0.01), datetime.now(UTC))
    assert [axis for axis, _, _ in sentry.asked] == [Axis.ERRORS, Axis.TRANSACTIONS]
    assert {value for _, value in rate.points} == {1.0}
    slow = sentry_chart.ask(incident("shop", rule="p95_latency", threshold=1000), datetime.now(UTC))
    assert sentry.asked[-1][0] is Axis.P95_MS and sentry.asked[-1][2] == 300
    assert slow.points


@pytest.mark.parametrize(
    "changes",
    [{"subject": "1", "rule": "new_issue"}, {"rule": "blind"}, {"rule": "unknown"}, {"environment": "of other days"}],
)
def test_what_has_no_series_that_compares_is_not_asked_for(sentry: Sentry, changes: dict[str, str]) -> None:
    assert sentry_chart.ask(incident("shop", **changes), NOON) == sentry_chart.NOT_ASKED
    assert sentry.asked == []


def test_a_long_incident_is_asked_for_in_coarser_steps_and_at_most_a_day_of_it() -> None:
    rule = incident_rows.rules()["critical_errors"]
    window, step = sentry_chart.stretch(incident("shop", opened_at=NOON - timedelta(days=3)), rule, NOON)
    assert step == 300 and timedelta(hours=24) <= window.end - window.start <= timedelta(hours=24, minutes=15)
    window, step = sentry_chart.stretch(incident("pay", opened_at=NOON - timedelta(hours=2)), rule, NOON)
    assert step == 60


def test_the_first_asking_keeps_the_page_within_its_queries(
    client: Client, sentry: Sentry, django_assert_max_num_queries: type[CaptureQueriesContext]
) -> None:
    made = incident("shop")
    with django_assert_max_num_queries(10):
        page(client, made)
    assert len(sentry.asked) == 1
