"""New issues on all pages, each once and dated by its whole life; and what quotas dropped."""

from datetime import timedelta

import pytest

from alerting.rules.answers import Measure, Row
from alerting.rules.model import Project, Trust
from tests.poll.asking import END, issue_row, listing, question, source
from tests.sandbox.prepared import Reply
from tests.sandbox.sentry import SentryPart


def test_new_issues_are_dated_by_their_lifetime_on_all_pages(sentry: SentryPart) -> None:
    fresh = [issue_row(number, END - timedelta(seconds=number)) for number in range(150)]
    old = END - timedelta(days=30)
    returned = issue_row(900, END, lifetime={"firstSeen": old.isoformat()})
    no_errors = [
        issue_row(901, END, issueCategory="performance"),
        issue_row(902, END, type="csp"),
    ]
    sentry.prepare = listing("issues", [*no_errors, *fresh, returned])
    answer = source(sentry).ask(question(Measure.NEW_ISSUES))
    assert answer.trust is Trust.VALUE
    assert [issue.id for issue in answer.issues] == [str(number) for number in range(150)]
    assert answer.requests == 2
    first = answer.issues[0]
    assert (first.short_id, first.project, first.first_seen) == ("API-0", Project("1", "api"), END)
    assert sentry.requests[0].one("query") == "firstSeen:>=2026-05-04T11:55:00"


def test_issue_pages_end_where_the_window_begins(sentry: SentryPart) -> None:
    rows = [issue_row(number, END - timedelta(minutes=number)) for number in range(900)]
    sentry.prepare = listing("issues", rows)
    answer = source(sentry).ask(question(Measure.NEW_ISSUES))
    assert ([issue.id for issue in answer.issues], answer.requests) == (["0", "1", "2", "3", "4", "5"], 1)


def test_old_issues_that_are_active_again_do_not_hide_the_new_ones_behind_them(sentry: SentryPart) -> None:
    long_ago = {"firstSeen": "2026-01-01T00:00:00Z"}
    rows = [issue_row(number, END, lifetime=long_ago) for number in range(120)]
    sentry.prepare = listing("issues", [*rows, issue_row(900, END)])
    answer = source(sentry).ask(question(Measure.NEW_ISSUES))
    assert ([issue.id for issue in answer.issues], answer.requests) == (["900"], 2)


def test_a_gap_of_days_is_searched_in_full(sentry: SentryPart) -> None:
    reader = source(sentry, clock=lambda: END.timestamp())
    reader.ask(question(Measure.NEW_ISSUES))
    reader.ask(question(Measure.NEW_ISSUES, seconds=3 * 86_400))
    assert [request.one("statsPeriod") for request in sentry.requests] == ["24h", "73h"]


def test_outcomes_tell_what_quotas_dropped_and_nothing_else(sentry: SentryPart) -> None:
    def group(project: int, outcome: str, reason: str | None, count: int, kind: str = "error") -> dict[str, object]:
        by = {"project": project, "outcome": outcome, "reason": reason, "category": kind}
        return {"by": by, "totals": {"sum(quantity)": count}}

    groups = [
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
    sentry.prepare = lambda _: Reply({"start": "", "end": "", "groups": groups})
    answer = source(sentry).ask(question(Measure.OUTCOMES))
    assert answer.rows == {
        Project("1", ""): Row(
            accepted=500, dropped=40, dropped_reasons={"smart_rate_limit": 40}, dropped_transactions=0
        ),
        Project("4", ""): Row(accepted=0, dropped=0, dropped_transactions=70),
    }
    request = sentry.requests[0]
    assert request.all("category") == ["error", "transaction", "transaction_indexed", "span"]
    assert (request.all("groupBy")[-1], request.all("environment")) == ("project", [])


@pytest.mark.parametrize("status", [400, 404])
def test_a_server_without_outcomes_says_so_and_is_no_failure(sentry: SentryPart, status: int) -> None:
    refusal = Reply({"detail": "The requested resource does not exist"}, status)
    sentry.prepare = lambda request: refusal if request.path.endswith("/stats_v2/") else None
    answer = source(sentry).ask(question(Measure.OUTCOMES))
    assert (answer.trust, answer.is_complete, dict(answer.rows)) == (Trust.NO_DATA, True, {})
    assert "cannot be told here" in answer.note
    sentry.prepare = lambda request: Reply(b"", 500) if request.path.endswith("/stats_v2/") else None
    assert source(sentry).ask(question(Measure.OUTCOMES)).trust is Trust.SOURCE_ERROR
