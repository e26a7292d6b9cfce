"""What `alerting check` says about Sentry: everything that would keep us blind, named with its remedy."""

from typing import Any

import pytest

from alerting.poll.inspection import Level, Observation, inspect
from tests.poll.sentry_like import END, TOKEN, SentryLike, event_row, source
from tests.poll.server import Reply, Server


@pytest.fixture
def sentry() -> SentryLike:
    projects = [{"id": str(number), "slug": f"p{number}", "environments": ["production"]} for number in (1, 2)]
    transactions = [event_row(1, 900, **{"p95(span.duration)": 80})]
    return SentryLike(projects=projects, errors=[event_row(1)], transactions=transactions)


def look(server: Server, **more: Any) -> dict[Level, str]:
    observed: list[Observation] = inspect(source(server, **more), END)
    assert TOKEN not in repr(observed)
    return {
        level: "\n".join(f"{each.said} {each.advice}" for each in observed if each.level is level) for level in Level
    }


def test_a_healthy_sentry_is_described(server: Server) -> None:
    found = look(server, projects=("p1",), environments=("production",))
    assert (found[Level.BROKEN], found[Level.DOUBTFUL]) == ("", "")
    for text in (
        "The token (user) has the scopes org:read, event:read",
        "Organisation Acme (acme)",
        "Watching 1 of 2 projects",
        "Environments: production",
        "Error counts (level error or fatal) from the dataset errors: 1 project in 24 h",
        "Transactions and latency from the dataset spans: 1 project in 24 h",
        "New issues from the dataset issues: 0 issues in 24 h",
        "Events dropped by quota from the dataset outcomes",
    ):
        assert text in found[Level.GOOD]


def test_missing_scopes_are_named_with_what_they_cost(sentry: SentryLike, server: Server) -> None:
    sentry.scopes = ["org:ci", "project:read"]
    broken = look(server)[Level.BROKEN]
    assert "lacks the scope org:read: no error counts" in broken
    assert "lacks the scope event:read: no new issues" in broken
    assert "Developer Settings" in broken


def test_wider_scopes_are_enough(sentry: SentryLike, server: Server) -> None:
    sentry.scopes = ["org:admin", "event:write"]
    assert look(server)[Level.BROKEN] == ""


def test_a_project_without_transactions_is_said_to_have_no_error_rate(server: Server) -> None:
    assert "no error rate and no latency: p2" in look(server)[Level.DOUBTFUL]


def test_an_older_server_is_said_to_be_scaled(sentry: SentryLike, server: Server) -> None:
    sentry.datasets = {"errors", "transactions"}
    doubtful = look(server, traces_sample_rate=0.1)[Level.DOUBTFUL]
    assert "from the dataset transactions" in doubtful
    assert "multiplied by 10" in doubtful


def test_unknown_environments_and_projects_are_named_with_the_known_ones(server: Server) -> None:
    broken = look(server, environments=("prod",))[Level.BROKEN]
    assert "SENTRY_ALERT_ENVIRONMENTS names prod" in broken
    assert "Known are: production" in broken
    assert broken.count("not the environments") == 1, "three measures fail for one reason"
    assert "did you mean p2" in look(server, projects=("p22",))[Level.BROKEN]


def test_a_token_that_sees_no_project_is_broken(sentry: SentryLike, server: Server) -> None:
    sentry.projects = []
    assert "sees no project" in look(server)[Level.BROKEN]


@pytest.mark.parametrize(
    ("org", "reply", "told"),
    [
        ("acme", Reply({"detail": "Invalid token"}, 401), "does not accept the token"),
        ("acme", Reply(b"<html></html>", 200, content_type="text/html"), "is SENTRY_URL the address of a Sentry?"),
        ("acne", None, "SENTRY_ORG"),
    ],
)
def test_what_makes_everything_else_impossible_ends_the_look(
    sentry: SentryLike, server: Server, org: str, reply: Reply | None, told: str
) -> None:
    sentry.hook = lambda request: reply
    assert told in look(server, org=org)[Level.BROKEN]
    assert all(not request.path.endswith("/events/") for request in server.requests)


def test_a_server_that_does_not_name_scopes_is_doubted_and_looked_at_further(
    sentry: SentryLike, server: Server
) -> None:
    sentry.hook = lambda request: Reply({"version": "0"}) if request.path == "/api/0/" else None
    found = look(server)
    assert "does not say what the token (user) may do" in found[Level.DOUBTFUL]
    assert "Organisation Acme" in found[Level.GOOD]
