"""Sentry's answers, read: exact rows where they are whole, and never a zero where they are not."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.errors import SourceFault
from alerting.poll.server_facts import MemoryFacts
from alerting.rules.answers import Measure, Row
from alerting.rules.model import Project, Trust
from tests.poll.asking import END, event_row, happened, question, refusing, source
from tests.sandbox.prepared import Reply
from tests.sandbox.records import RecordedRequest
from tests.sandbox.sentry import SentryPart


def test_errors_are_counted_per_project_with_the_time_of_the_first(sentry: SentryPart) -> None:
    rows = [event_row(1, 42, **{"min(timestamp)": "2026-05-04T11:57:03+00:00"}), event_row(2, 7)]
    sentry.prepare = lambda _: Reply({"data": rows})
    answer = source(sentry).ask(question(Measure.ERRORS))
    assert answer.trust is Trust.VALUE
    assert answer.rows == {
        Project("1", "p1"): Row(errors=42, first_error_at=datetime(2026, 5, 4, 11, 57, 3, tzinfo=UTC)),
        Project("2", "p2"): Row(errors=7),
    }
    assert (answer.dataset, answer.requests, answer.fault) == ("errors", 1, None)


def test_windows_are_asked_for_in_naive_utc_over_all_projects(sentry: SentryPart) -> None:
    source(sentry).ask(question(Measure.ERRORS))
    request = sentry.requests[0]
    assert request.path == "/api/0/organizations/acme/events/"
    assert (request.one("start"), request.one("end")) == ("2026-05-04T11:55:00", "2026-05-04T12:00:00")
    assert (request.one("project"), request.one("sort"), request.one("per_page")) == ("-1", "-count()", "100")


@pytest.mark.parametrize("datasets", [{"errors"}, {"discover"}])
def test_an_error_is_asked_for_in_the_same_words_on_every_dataset(sentry: SentryPart, datasets: set[str]) -> None:
    sentry.datasets = datasets
    for levels, asked in ((("error", "fatal"), "level:[error,fatal]"), (("fatal",), "level:fatal")):
        assert source(sentry, levels=levels).ask(question(Measure.ERRORS)).trust is Trust.VALUE
        assert sentry.requests[-1].one("query") == f"event.type:[error,default] {asked}"


def test_every_page_is_read_and_costs_one_request_per_hundred_rows(sentry: SentryPart) -> None:
    happened(sentry, 250)
    answer = source(sentry).ask(question(Measure.ERRORS))
    assert (len(answer.rows), answer.requests, answer.trust) == (250, 3, Trust.VALUE)
    assert [request.one("cursor") for request in sentry.requests] == ["", "0:100:0", "0:200:0"]


def test_a_steady_server_is_asked_once_per_question(sentry: SentryPart) -> None:
    sentry.prepare = refusing("min(timestamp)")
    sentry.datasets = {"errors", "discover"}
    facts = MemoryFacts()
    first = source(sentry, facts=facts)
    assert [first.ask(question(each)).requests for each in Measure] == [2, 3, 1, 1, 1]
    sentry.requests.clear()
    another_worker = source(sentry, facts=facts)
    assert [another_worker.ask(question(each)).requests for each in Measure] == [1] * 5
    assert len(sentry.requests) == 5


def test_a_server_that_is_too_old_for_one_dataset_is_not_tried_with_all_newer_ones_of_another(
    sentry: SentryPart,
) -> None:
    sentry.datasets = {"discover"}
    reader = source(sentry)
    assert [reader.ask(question(each)).requests for each in (Measure.ERRORS, Measure.PERFORMANCE)] == [2, 1]


def test_a_server_without_spans_is_asked_in_older_words_and_scaled(sentry: SentryPart) -> None:
    sentry.datasets = {"errors", "transactions", "discover"}
    sentry.add_transactions("p1", 900, p95_ms=412.5, at=END - timedelta(minutes=1), sample_rate=0.1)
    answer = source(sentry, traces_sample_rate=0.1).ask(question(Measure.PERFORMANCE))
    assert answer.rows[Project("1", "p1")] == Row(transactions=900, stored=90, p95_ms=412.5)
    assert (answer.dataset, answer.trust) == ("transactions", Trust.VALUE)
    assert "SENTRY_TRACES_SAMPLE_RATE=0.1" in answer.note


def test_spans_are_extrapolated_by_the_server_and_left_as_they_are(sentry: SentryPart) -> None:
    told = {"count_sample()": 90, "p95(span.duration)": 1.5}
    meta = {"units": {"p95(span.duration)": "second"}}
    sentry.prepare = lambda _: Reply({"data": [event_row(1, 900, **told)], "meta": meta})
    answer = source(sentry, traces_sample_rate=0.1).ask(question(Measure.PERFORMANCE))
    assert answer.rows[Project("1", "p1")] == Row(transactions=900, stored=90, p95_ms=1500.0)
    assert (answer.dataset, answer.note) == ("spans", "")
    assert sentry.requests[0].one("query") == "is_transaction:true"


def test_a_server_that_does_not_count_samples_is_asked_without_and_says_nothing_of_them(sentry: SentryPart) -> None:
    sentry.prepare = refusing("count_sample()")
    sentry.add_transactions("p1", 900, p95_ms=12, at=END - timedelta(minutes=1))
    reader = source(sentry)
    answers = [reader.ask(question(Measure.PERFORMANCE)) for _ in range(2)]
    assert [answer.requests for answer in answers] == [2, 1]
    assert answers[1].rows == {Project("1", "p1"): Row(transactions=900, p95_ms=12.0)}
    assert answers[1].dataset == "spans"


def test_a_dataset_that_went_away_is_looked_for_anew(sentry: SentryPart) -> None:
    reader = source(sentry)
    assert reader.ask(question(Measure.PERFORMANCE)).dataset == "spans"
    sentry.datasets = {"errors", "discover"}
    assert reader.ask(question(Measure.PERFORMANCE)).dataset == "discover"


def test_empty_spans_are_doubted_without_extra_requests(sentry: SentryPart) -> None:
    def spans_are_empty(request: RecordedRequest) -> Reply | None:
        return Reply({"data": []}) if request.one("dataset") == "spans" else None

    sentry.prepare = spans_are_empty
    sentry.add_transactions("p1", 90, p95_ms=12, at=END - timedelta(minutes=1))
    reader = source(sentry)
    answers = [reader.ask(question(Measure.PERFORMANCE)) for _ in range(13)]
    assert {answer.requests for answer in answers} == {1}
    assert [answer.dataset for answer in answers[-2:]] == ["transactions", "transactions"]
    assert answers[-1].rows


@pytest.mark.parametrize("count", [None, "7", True, -1, 1e400, [], {}])
def test_a_count_that_is_no_count_is_never_read_as_zero(sentry: SentryPart, count: object) -> None:
    body = {"data": [event_row(1, 5), event_row(2, count)]}
    sentry.prepare = lambda request: Reply(body)
    answer = source(sentry).ask(question(Measure.ERRORS))
    if count == 1e400:
        assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.GARBLED)
    else:
        assert (answer.trust, answer.fault) == (Trust.PARTIAL, SourceFault.GARBLED)
        assert list(answer.rows) == [Project("1", "p1")]
        assert "p2" in answer.note


@pytest.mark.parametrize("body", [{}, [], {"data": None}, {"data": {}}, {"data": [1]}, "text", None, 3])
def test_another_shape_is_a_garbled_answer(sentry: SentryPart, body: object) -> None:
    sentry.prepare = lambda request: Reply(body if body != [] else {"data": "x"})
    for measure in Measure:
        answer = source(sentry).ask(question(measure))
        assert (answer.trust, answer.fault, answer.rows) == (Trust.SOURCE_ERROR, SourceFault.GARBLED, {}), measure


def test_a_part_of_the_data_is_a_part_for_counts_and_a_note_for_estimates(sentry: SentryPart) -> None:
    def scanned_in_part(request: RecordedRequest) -> Reply:
        rows = [event_row(1)] if request.one("dataset") == "errors" else []
        return Reply({"data": rows, "meta": {"dataScanned": "partial"}})

    sentry.prepare = scanned_in_part
    reader = source(sentry)
    errors, performance = reader.ask(question(Measure.ERRORS)), reader.ask(question(Measure.PERFORMANCE))
    assert (errors.trust, performance.trust) == (Trust.PARTIAL, Trust.VALUE)
    assert "only a part" in errors.note
    assert "only a part" in performance.note


def test_half_read_pages_are_kept_and_called_partial(sentry: SentryPart) -> None:
    happened(sentry, 250)
    sentry.prepare = lambda request: Reply({"detail": "Internal Error"}, 500) if request.one("cursor") else None
    answer = source(sentry).ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault) == (Trust.PARTIAL, SourceFault.SERVER)
    assert (len(answer.rows), answer.requests) == (100, 2)
    assert "first page" in answer.note
    assert "Internal Error" in answer.note


def test_a_server_that_only_resembles_sentry_is_named_as_such(sentry: SentryPart) -> None:
    page = Reply(b"<html></html>", 404, content_type="text/html")
    sentry.prepare = lambda request: page if request.path.endswith("/events/") else None
    answer = source(sentry).ask(question(Measure.ERRORS))
    assert answer.fault is SourceFault.NO_ENDPOINT
    assert "no events endpoint" in answer.note


@pytest.mark.parametrize("measure", [Measure.ERRORS, Measure.PERFORMANCE])
def test_a_bare_list_is_no_answer_and_no_silence(sentry: SentryPart, measure: Measure) -> None:
    sentry.prepare = lambda _: Reply([])
    answer = source(sentry).ask(question(measure))
    assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.GARBLED)
