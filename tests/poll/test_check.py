"""What `alerting check` says about Sentry: everything that would keep us blind, named with its remedy."""

from datetime import timedelta
from typing import Any

import pytest

from alerting.poll.inspection import Level, Observation, inspect
from tests.poll.asking import END, TOKEN, source
from tests.sandbox.prepared import Reply
from tests.sandbox.sentry import SentryPart


@pytest.fixture
def sentry(empty: SentryPart) -> SentryPart:
    """Two projects with errors, one of them with transactions."""
    for number in (1, 2):
        empty.add_project(f"p{number}", id=number)
    empty.add_errors("p1", 7, at=END - timedelta(minutes=1), issue=False)
    empty.add_transactions("p1", 900, p95_ms=80, at=END - timedelta(minutes=1))
    return empty


def look(sentry: SentryPart, **more: Any) -> dict[Level, str]:
    observed: list[Observation] = inspect(source(sentry, **more), END)
    assert TOKEN not in repr(observed)
    return {
        level: "\n".join(f"{each.said} {each.advice}" for each in observed if each.level is level) for level in Level
    }


def test_a_healthy_sentry_is_described(sentry: SentryPart) -> None:
    found = look(sentry, projects=("p1",), environments=("production",))
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


@pytest.mark.parametrize(
    ("projects", "said"),
    [((), "Watching 1 project, all there is"), (("p1",), "Watching 1 of 1 project (SENTRY_PROJECT)")],
)
def test_the_only_project_is_told_as_one(empty: SentryPart, projects: tuple[str, ...], said: str) -> None:
    empty.add_project("p1", id=1)
    assert said in look(empty, projects=projects)[Level.GOOD]


def test_missing_scopes_are_named_with_what_they_cost(sentry: SentryPart) -> None:
    sentry.scopes = {"org:ci", "project:read"}
    broken = look(sentry)[Level.BROKEN]
    assert "lacks the scope org:read: no error counts" in broken
    assert "lacks the scope event:read: no new issues" in broken
    assert "Developer Settings" in broken


def test_wider_scopes_are_enough(sentry: SentryPart) -> None:
    sentry.scopes = {"org:admin", "event:write"}
    assert look(sentry)[Level.BROKEN] == ""


def test_a_project_without_transactions_is_said_to_have_no_error_rate(sentry: SentryPart) -> None:
    assert "no error rate and no latency: p2" in look(sentry)[Level.DOUBTFUL]


def test_an_older_server_is_said_to_be_scaled(sentry: SentryPart) -> None:
    sentry.datasets = {"errors", "transactions"}
    doubtful = look(sentry, traces_sample_rate=0.1)[Level.DOUBTFUL]
    assert "from the dataset transactions" in doubtful
    assert "multiplied by 10" in doubtful


def test_unknown_environments_and_projects_are_named_with_the_known_ones(sentry: SentryPart) -> None:
    broken = look(sentry, environments=("prod",))[Level.BROKEN]
    assert "SENTRY_ALERT_ENVIRONMENTS names prod" in broken
    assert "Known are: production" in broken
    assert broken.count("not the environments") == 1, "three measures fail for one reason"
    assert "did you mean p2" in look(sentry, projects=("p22",))[Level.BROKEN]


def test_a_token_that_sees_no_project_is_broken(sentry: SentryPart) -> None:
    for slug in ("p1", "p2"):
        sentry.remove_project(slug)
    assert "sees no project" in look(sentry)[Level.BROKEN]


@pytest.mark.parametrize(
    ("org", "reply", "told"),
    [
        ("acme", Reply({"detail": "Invalid token"}, 401), "does not accept the token"),
        ("acme", Reply(b"<html></html>", 200, content_type="text/html"), "is SENTRY_URL the address of a Sentry?"),
        ("acne", None, "SENTRY_ORG"),
    ],
)
def test_what_makes_everything_else_impossible_ends_the_look(
    sentry: SentryPart, org: str, reply: Reply | None, told: str
) -> None:
    sentry.prepare = lambda request: reply
    assert told in look(sentry, org=org)[Level.BROKEN]
    assert all(not request.path.endswith("/events/") for request in sentry.requests)


def test_a_server_that_does_not_name_scopes_is_doubted_and_looked_at_further(sentry: SentryPart) -> None:
    sentry.prepare = lambda request: Reply({"version": "0"}) if request.path == "/api/0/" else None
    found = look(sentry)
    assert "does not say what the token (user) may do" in found[Level.DOUBTFUL]
    assert "Organisation Acme" in found[Level.GOOD]
