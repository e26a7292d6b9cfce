"""Sentry's answers, read: exact rows where they are whole, and never a zero where they are not."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.errors import SourceFault
from alerting.poll.facts import MemoryFacts
from alerting.rules.answers import Measure, Row
from alerting.rules.model import Project, Trust
from tests.poll.sentry_like import END, SentryLike, event_row, issue_row, question, source
from tests.poll.server import Reply, Request, Server


@pytest.fixture
def sentry() -> SentryLike:
    return SentryLike()


def test_errors_are_counted_per_project_with_the_time_of_the_first(sentry: SentryLike, server: Server) -> None:
    sentry.errors = [event_row(1, 42, **{"min(timestamp)": "2026-05-04T11:57:03+00:00"}), event_row(2, 7)]
    answer = source(server).ask(question(Measure.ERRORS))
    assert answer.trust is Trust.VALUE
    assert answer.rows == {
        Project("1", "p1"): Row(errors=42, first_error_at=datetime(2026, 5, 4, 11, 57, 3, tzinfo=UTC)),
        Project("2", "p2"): Row(errors=7),
    }
    assert (answer.dataset, answer.requests, answer.fault) == ("errors", 1, None)


def test_windows_are_asked_for_in_naive_utc_over_all_projects(sentry: SentryLike, server: Server) -> None:
    source(server).ask(question(Measure.ERRORS))
    request = server.requests[0]
    assert request.path == "/api/0/organizations/acme/events/"
    assert (request.one("start"), request.one("end")) == ("2026-05-04T11:55:00", "2026-05-04T12:00:00")
    assert (request.one("project"), request.one("sort"), request.one("per_page")) == ("-1", "-count()", "100")


@pytest.mark.parametrize("datasets", [{"errors"}, {"discover"}])
def test_an_error_is_asked_for_in_the_same_words_on_every_dataset(
    sentry: SentryLike, server: Server, datasets: set[str]
) -> None:
    sentry.datasets = datasets
    for levels, asked in ((("error", "fatal"), "level:[error,fatal]"), (("fatal",), "level:fatal")):
        assert source(server, levels=levels).ask(question(Measure.ERRORS)).trust is Trust.VALUE
        assert server.requests[-1].one("query") == f"event.type:[error,default] {asked}"


def test_every_page_is_read_and_costs_one_request_per_hundred_rows(sentry: SentryLike, server: Server) -> None:
    sentry.errors = [event_row(number) for number in range(250)]
    answer = source(server).ask(question(Measure.ERRORS))
    assert (len(answer.rows), answer.requests, answer.trust) == (250, 3, Trust.VALUE)
    assert [request.one("cursor") for request in server.requests] == ["", "0:100:0", "0:200:0"]


def test_a_steady_server_is_asked_once_per_question(sentry: SentryLike, server: Server) -> None:
    sentry.fields_refused = {"min(timestamp)"}
    sentry.datasets = {"errors", "discover"}
    facts = MemoryFacts()
    first = source(server, facts=facts)
    assert [first.ask(question(each)).requests for each in Measure] == [2, 3, 1, 1, 1]
    server.requests.clear()
    another_worker = source(server, facts=facts)
    assert [another_worker.ask(question(each)).requests for each in Measure] == [1] * 5
    assert len(server.requests) == 5


def test_a_server_that_is_too_old_for_one_dataset_is_not_tried_with_all_newer_ones_of_another(
    sentry: SentryLike, server: Server
) -> None:
    sentry.datasets = {"discover"}
    reader = source(server)
    assert [reader.ask(question(each)).requests for each in (Measure.ERRORS, Measure.PERFORMANCE)] == [2, 1]


def test_a_server_without_spans_is_asked_in_older_words_and_scaled(sentry: SentryLike, server: Server) -> None:
    sentry.datasets = {"errors", "transactions", "discover"}
    sentry.transactions = [event_row(1, 90, **{"p95(transaction.duration)": 412.5})]
    answer = source(server, traces_sample_rate=0.1).ask(question(Measure.PERFORMANCE))
    assert answer.rows[Project("1", "p1")] == Row(transactions=900, stored=90, p95_ms=412.5)
    assert (answer.dataset, answer.scale, answer.trust) == ("transactions", 10.0, Trust.VALUE)
    assert "SENTRY_TRACES_SAMPLE_RATE=0.1" in answer.note


def test_spans_are_extrapolated_by_the_server_and_left_as_they_are(sentry: SentryLike, server: Server) -> None:
    told = {"count_sample()": 90, "p95(span.duration)": 1.5}
    sentry.transactions = [event_row(1, 900, **told)]
    sentry.meta = {"units": {"p95(span.duration)": "second"}}
    answer = source(server, traces_sample_rate=0.1).ask(question(Measure.PERFORMANCE))
    assert answer.rows[Project("1", "p1")] == Row(transactions=900, stored=90, p95_ms=1500.0)
    assert (answer.dataset, answer.scale, answer.note) == ("spans", 1.0, "")
    assert server.requests[0].one("query") == "is_transaction:true"


def test_a_server_that_does_not_count_samples_is_asked_without_and_says_nothing_of_them(
    sentry: SentryLike, server: Server
) -> None:
    sentry.fields_refused = {"count_sample()"}
    sentry.transactions = [event_row(1, 900, **{"p95(span.duration)": 12})]
    reader = source(server)
    answers = [reader.ask(question(Measure.PERFORMANCE)) for _ in range(2)]
    assert [answer.requests for answer in answers] == [2, 1]
    assert answers[1].rows == {Project("1", "p1"): Row(transactions=900, p95_ms=12.0)}
    assert answers[1].dataset == "spans"


def closed_to_us(request: Request, may_read: set[str]) -> Reply | None:
    refused = request.path.endswith("/events/") and request.one("project") not in may_read
    return Reply({"detail": "You do not have permission to perform this action."}, 403) if refused else None


def test_only_what_is_listed_and_may_be_read_is_visible(sentry: SentryLike, server: Server) -> None:
    sentry.projects = [{"id": "1", "slug": "open"}, {"id": "2", "slug": "closed", "hasAccess": False}]
    reader = source(server)
    for may_read, seen in (({"2"}, {"1", "2"}), (set(), {"1"})):
        sentry.hook = lambda request, may_read=may_read: closed_to_us(request, may_read)
        answer = reader.ask(question(Measure.PROJECTS, project_ids=("1", "2", "3")))
        assert {project.id for project in answer.rows} == seen
        assert (answer.covered, answer.requests) == ({"1", "2", "3"}, 2)


def test_of_many_closed_projects_one_is_tried_at_a_time(sentry: SentryLike, server: Server) -> None:
    sentry.projects = [{"id": str(number), "slug": f"p{number}", "hasAccess": False} for number in range(5)]
    answer = source(server).ask(question(Measure.PROJECTS, project_ids=("0", "1", "2")))
    assert ({project.id for project in answer.rows}, answer.covered, answer.requests) == ({"0"}, {"0"}, 2)


def test_a_dataset_that_went_away_is_looked_for_anew(sentry: SentryLike, server: Server) -> None:
    reader = source(server)
    assert reader.ask(question(Measure.PERFORMANCE)).dataset == "spans"
    sentry.datasets = {"errors", "discover"}
    assert reader.ask(question(Measure.PERFORMANCE)).dataset == "discover"


def test_empty_spans_are_doubted_without_extra_requests(sentry: SentryLike, server: Server) -> None:
    def spans_are_empty(request: Request) -> Reply | None:
        return Reply({"data": []}) if request.one("dataset") == "spans" else None

    sentry.hook = spans_are_empty
    sentry.transactions = [event_row(1, 90, **{"p95(transaction.duration)": 12})]
    reader = source(server)
    answers = [reader.ask(question(Measure.PERFORMANCE)) for _ in range(13)]
    assert {answer.requests for answer in answers} == {1}
    assert [answer.dataset for answer in answers[-2:]] == ["transactions", "transactions"]
    assert answers[-1].rows


@pytest.mark.parametrize("count", [None, "7", True, -1, 1e400, [], {}])
def test_a_count_that_is_no_count_is_never_read_as_zero(sentry: SentryLike, server: Server, count: object) -> None:
    body = {"data": [event_row(1, 5), event_row(2, count)]}
    sentry.hook = lambda request: Reply(body)
    answer = source(server).ask(question(Measure.ERRORS))
    if count == 1e400:
        assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.GARBLED)
    else:
        assert (answer.trust, answer.fault) == (Trust.PARTIAL, SourceFault.GARBLED)
        assert list(answer.rows) == [Project("1", "p1")]
        assert "p2" in answer.note


@pytest.mark.parametrize("body", [{}, [], {"data": None}, {"data": {}}, {"data": [1]}, "text", None, 3])
def test_another_shape_is_a_garbled_answer(sentry: SentryLike, server: Server, body: object) -> None:
    sentry.hook = lambda request: Reply(body if body != [] else {"data": "x"})
    for measure in Measure:
        answer = source(server).ask(question(measure))
        assert (answer.trust, answer.fault, answer.rows) == (Trust.SOURCE_ERROR, SourceFault.GARBLED, {}), measure


def test_a_part_of_the_data_is_a_part_for_counts_and_a_note_for_estimates(sentry: SentryLike, server: Server) -> None:
    sentry.meta = {"dataScanned": "partial"}
    sentry.errors = [event_row(1)]
    reader = source(server)
    errors, performance = reader.ask(question(Measure.ERRORS)), reader.ask(question(Measure.PERFORMANCE))
    assert (errors.trust, performance.trust) == (Trust.PARTIAL, Trust.VALUE)
    assert "only a part" in errors.note
    assert "only a part" in performance.note


def test_half_read_pages_are_kept_and_called_partial(sentry: SentryLike, server: Server) -> None:
    sentry.errors = [event_row(number) for number in range(250)]
    sentry.hook = lambda request: Reply({"detail": "Internal Error"}, 500) if request.one("cursor") else None
    answer = source(server).ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault) == (Trust.PARTIAL, SourceFault.SERVER)
    assert (len(answer.rows), answer.requests) == (100, 2)
    assert "first page" in answer.note
    assert "Internal Error" in answer.note


def test_new_issues_are_dated_by_their_lifetime_on_all_pages(sentry: SentryLike, server: Server) -> None:
    fresh = [issue_row(number, END - timedelta(seconds=number)) for number in range(150)]
    old = END - timedelta(days=30)
    returned = issue_row(900, END, lifetime={"firstSeen": old.isoformat()})
    no_errors = [
        issue_row(901, END, issueCategory="performance"),
        issue_row(902, END, type="csp"),
    ]
    sentry.issues = [*no_errors, *fresh, returned]
    answer = source(server).ask(question(Measure.NEW_ISSUES))
    assert answer.trust is Trust.VALUE
    assert [issue.id for issue in answer.issues] == [str(number) for number in range(150)]
    assert answer.requests == 2
    first = answer.issues[0]
    assert (first.short_id, first.project, first.first_seen) == ("API-0", Project("1", "api"), END)
    assert server.requests[0].one("query") == "firstSeen:>=2026-05-04T11:55:00"


def test_issue_pages_end_where_the_window_begins(sentry: SentryLike, server: Server) -> None:
    sentry.issues = [issue_row(number, END - timedelta(minutes=number)) for number in range(900)]
    answer = source(server).ask(question(Measure.NEW_ISSUES))
    assert ([issue.id for issue in answer.issues], answer.requests) == (["0", "1", "2", "3", "4", "5"], 1)


def test_old_issues_that_are_active_again_do_not_hide_the_new_ones_behind_them(
    sentry: SentryLike, server: Server
) -> None:
    long_ago = {"firstSeen": "2026-01-01T00:00:00Z"}
    sentry.issues = [issue_row(number, END, lifetime=long_ago) for number in range(120)] + [issue_row(900, END)]
    answer = source(server).ask(question(Measure.NEW_ISSUES))
    assert ([issue.id for issue in answer.issues], answer.requests) == (["900"], 2)


def test_a_gap_of_days_is_searched_in_full(sentry: SentryLike, server: Server) -> None:
    reader = source(server, clock=lambda: END.timestamp())
    reader.ask(question(Measure.NEW_ISSUES))
    reader.ask(question(Measure.NEW_ISSUES, seconds=3 * 86_400))
    assert [request.one("statsPeriod") for request in server.requests] == ["24h", "73h"]


def test_outcomes_tell_what_quotas_dropped_and_nothing_else(sentry: SentryLike, server: Server) -> None:
    def group(project: int, outcome: str, reason: str | None, count: int, kind: str = "error") -> dict[str, object]:
        by = {"project": project, "outcome": outcome, "reason": reason, "category": kind}
        return {"by": by, "totals": {"sum(quantity)": count}}

    sentry.groups = [
        group(1, "accepted", "none", 500),
        group(1, "rate_limited", "smart_rate_limit", 40),
        group(1, "abuse", "none", 2),
        group(1, "client_discard", "ratelimit_backoff", 5),
        group(1, "client_discard", "before_send", 900),
        group(2, "filtered", "legacy-browser", 80),
        group(2, "rate_limited", None, 0),
        group(3, "cardinality_limited", None, 1),
        group(4, "rate_limited", "project_quota", 30, "transaction"),
        group(4, "rate_limited", "project_quota", 70, "span"),
    ]
    answer = source(server).ask(question(Measure.OUTCOMES))
    assert answer.rows == {
        Project("1", ""): Row(
            accepted=500, dropped=40, dropped_reasons={"smart_rate_limit": 40}, dropped_transactions=0
        ),
        Project("4", ""): Row(accepted=0, dropped=0, dropped_transactions=70),
    }
    request = server.requests[0]
    assert request.all("category") == ["error", "transaction", "transaction_indexed", "span"]
    assert (request.all("groupBy")[-1], request.all("environment")) == ("project", [])


@pytest.mark.parametrize("status", [400, 404])
def test_a_server_without_outcomes_says_so_and_is_no_failure(sentry: SentryLike, server: Server, status: int) -> None:
    refusal = Reply({"detail": "The requested resource does not exist"}, status)
    sentry.hook = lambda request: refusal if request.path.endswith("/stats_v2/") else None
    answer = source(server).ask(question(Measure.OUTCOMES))
    assert (answer.trust, answer.is_complete, dict(answer.rows)) == (Trust.NO_DATA, True, {})
    assert "cannot be told here" in answer.note
    sentry.hook = lambda request: Reply(b"", 500) if request.path.endswith("/stats_v2/") else None
    assert source(server).ask(question(Measure.OUTCOMES)).trust is Trust.SOURCE_ERROR


def test_slugs_become_ids_through_every_page_once(sentry: SentryLike, server: Server) -> None:
    sentry.projects = [{"id": str(number), "slug": f"p{number}"} for number in range(230)]
    facts = MemoryFacts()
    reader = source(server, projects=("p229", "17"), facts=facts)
    assert reader.ask(question(Measure.ERRORS)).requests == 4
    assert source(server, projects=("p229", "17"), facts=facts).ask(question(Measure.ERRORS)).requests == 1
    assert server.requests[-1].all("project") == ["229", "17"]


def test_numeric_filters_need_no_list_of_projects(sentry: SentryLike, server: Server) -> None:
    answer = source(server, projects=("17", "18")).ask(question(Measure.ERRORS))
    assert (answer.requests, answer.covered) == (1, {"17", "18"})
    assert source(server).ask(question(Measure.ERRORS)).covered is None
    assert server.requests[0].all("project") == ["17", "18"]


def test_an_unknown_slug_is_named_with_what_it_may_mean(sentry: SentryLike, server: Server) -> None:
    sentry.projects = [{"id": "1", "slug": "checkout"}, {"id": "2", "slug": "search"}]
    reader = source(server, projects=("chekout", "search"))
    answer = reader.ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.NOT_FOUND)
    assert "SENTRY_PROJECT" in answer.note
    assert "'chekout' (did you mean checkout?)" in answer.note
    assert "search'" not in answer.note
    assert reader.ask(question(Measure.ERRORS)).requests == 0, "the list is not read again every tick"


def test_more_projects_than_a_url_holds_are_picked_from_all(sentry: SentryLike, server: Server) -> None:
    sentry.errors = [event_row(number) for number in range(200)]
    suspects = tuple(str(number) for number in range(50, 170))
    answer = source(server).ask(question(Measure.ERRORS, project_ids=suspects))
    assert {project.id for project in answer.rows} == set(suspects)
    assert server.requests[0].all("project") == ["-1"]


def test_an_unknown_environment_is_told_from_an_unknown_organisation(sentry: SentryLike, server: Server) -> None:
    sentry.projects = [{"id": "1", "slug": "api", "environments": ["production", "staging"]}]
    reader = source(server, environments=("production", "prod"))
    answer = reader.ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.NOT_FOUND)
    assert "SENTRY_ALERT_ENVIRONMENTS" in answer.note
    assert "most likely 'prod'" in answer.note
    assert "It knows: production, staging." in answer.note
    assert (answer.requests, reader.ask(question(Measure.ERRORS)).requests) == (3, 1)

    other = source(server, org="acne", environments=("production",)).ask(question(Measure.ERRORS))
    assert other.fault is SourceFault.NOT_FOUND
    assert "SENTRY_ORG" in other.note
    assert "'acne'" in other.note


def test_a_server_that_only_resembles_sentry_is_named_as_such(sentry: SentryLike, server: Server) -> None:
    page = Reply(b"<html></html>", 404, content_type="text/html")
    sentry.hook = lambda request: page if request.path.endswith("/events/") else None
    answer = source(server).ask(question(Measure.ERRORS))
    assert answer.fault is SourceFault.NO_ENDPOINT
    assert "no events endpoint" in answer.note


@pytest.mark.parametrize("measure", [Measure.ERRORS, Measure.PERFORMANCE])
def test_a_bare_list_is_no_answer_and_no_silence(sentry: SentryLike, server: Server, measure: Measure) -> None:
    sentry.hook = lambda _: Reply([])
    answer = source(server).ask(question(measure))
    assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.GARBLED)


def test_a_token_that_sees_no_project_is_not_a_quiet_organisation(sentry: SentryLike, server: Server) -> None:
    tip = {"data": [], "meta": {"tips": {"query": "Need at least one valid project to query."}}}
    none = Reply({"detail": "No projects available"}, 400)
    sentry.hook = lambda request: none if request.path.endswith("/stats_v2/") else Reply(tip)
    for measure in (Measure.ERRORS, Measure.PERFORMANCE, Measure.OUTCOMES):
        answer = source(server).ask(question(measure))
        assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.FORBIDDEN)
        assert "sees no project" in answer.note


def test_a_refusal_of_listed_projects_has_them_looked_up_again(sentry: SentryLike, server: Server) -> None:
    sentry.projects = [{"id": "1", "slug": "api"}]
    now = [1_000_000.0]
    reader = source(server, projects=("api",), clock=lambda: now[0])
    reader.ask(question(Measure.ERRORS))
    sentry.projects = [{"id": "2", "slug": "api"}]
    refusal = Reply({"detail": "You do not have permission to perform this action."}, 403)
    sentry.hook = lambda request: refusal if request.one("project") == "1" else None
    now[0] += 700
    answer = reader.ask(question(Measure.ERRORS))
    assert answer.fault is SourceFault.FORBIDDEN
    assert "SENTRY_PROJECT" in answer.note
    assert reader.ask(question(Measure.ERRORS)).trust is Trust.VALUE
