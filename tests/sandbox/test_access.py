"""Tokens, scopes, limits and the errors that go with them."""

import time
from datetime import timedelta

import httpx
import pytest

from tests.sandbox import Sandbox
from tests.sandbox.conftest import ORG

FORBIDDEN = {"detail": "You do not have permission to perform this action."}
NOT_FOUND = {"detail": "The requested resource does not exist"}
QUESTIONS = {
    "org:read": f"{ORG}events/?dataset=errors&field=count()&project=-1",
    "event:read": f"{ORG}issues/?project=-1",
}


@pytest.mark.parametrize(
    ("header", "detail"),
    [(None, "Authentication credentials were not provided."), ("Bearer sntryu_wrong", "Invalid token")],
)
def test_strangers_get_a_401_with_a_challenge(sandbox: Sandbox, header: str | None, detail: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = httpx.get(f"{sandbox.sentry.url}{ORG}", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})
    assert answer.headers["www-authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(("scope", "question"), QUESTIONS.items())
def test_a_missing_scope_is_a_403_and_told_by_the_root(
    sandbox: Sandbox, api: httpx.Client, scope: str, question: str
) -> None:
    assert api.get(question).status_code == 200
    sandbox.sentry.scopes.discard(scope)
    answer = api.get(question)
    assert (answer.status_code, answer.json()) == (403, FORBIDDEN)
    assert scope not in api.get("/api/0/").json()["auth"]["scopes"]


def test_an_unknown_organisation_is_a_404_and_its_number_is_as_good_as_its_slug(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    answer = api.get("/api/0/organizations/nobody/")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert api.get("/api/0/organizations/1/").json()["slug"] == "acme"


def test_a_project_out_of_reach_is_a_403_for_the_whole_question(sandbox: Sandbox, api: httpx.Client) -> None:
    number = sandbox.sentry.add_project("checkout")
    assert api.get(f"{ORG}issues/?project={number}").status_code == 200
    assert api.get(f"{ORG}issues/?project={number}&project=999").status_code == 403


def test_who_is_in_no_team_must_ask_for_all_projects(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_errors("checkout", 1)
    question = f"{ORG}events/?dataset=errors&field=count()"
    assert api.get(question).json()["meta"] == {"tips": {"query": "Need at least one valid project to query."}}
    assert api.get(f"{question}&project=-1").json()["data"] != []


def test_a_forgotten_slash_leads_nowhere(api: httpx.Client) -> None:
    assert api.get("/api/0/organizations/acme/events").status_code == 404


def test_too_many_questions_get_a_429_that_calls_its_json_html(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.rate_limit = 3
    question = QUESTIONS["org:read"]
    answers = [api.get(question) for _ in range(9)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    limit = "Limit is 3 requests in 1 seconds"
    assert refused.json() == {"detail": f"You are attempting to use this endpoint too frequently. {limit}"}
    assert refused.headers["content-type"].startswith("text/html")
    assert "retry-after" not in refused.headers
    assert refused.headers["x-sentry-rate-limit-remaining"] == "0"
    assert 0 <= int(refused.headers["x-sentry-rate-limit-reset"]) - time.time() + 1 <= 2
    assert answers[0].headers["x-sentry-rate-limit-limit"] == "3"
    # Each endpoint has a bucket of its own.
    assert api.get(QUESTIONS["event:read"]).status_code == 200


def test_a_server_without_limits_sends_no_such_headers(sandbox: Sandbox, api: httpx.Client) -> None:
    assert not [name for name in api.get(ORG).headers if name.startswith("x-sentry-rate-limit")]


def test_a_small_answer_does_not_wait_for_an_acknowledgement(api: httpx.Client) -> None:
    # Without TCP_NODELAY each would take 40 ms, and every measurement made against the sandbox with it.
    assert min(api.get(ORG).elapsed for _ in range(10)) < timedelta(milliseconds=20)


def test_projects_page_by_number(sandbox: Sandbox, api: httpx.Client) -> None:
    for number in range(101):
        sandbox.sentry.add_project(f"app-{number:03}")
    first = api.get(f"{ORG}projects/?per_page=100")
    assert 'rel="next"; results="true"; cursor="100:1:0"' in first.headers["link"]
    assert 'rel="previous"; results="false"; cursor="100:-1:1"' in first.headers["link"]
    second = api.get(f"{ORG}projects/?per_page=100&cursor=100:1:0")
    assert [project["slug"] for project in second.json()] == ["app-100"]
    assert 'rel="next"; results="false"' in second.headers["link"]


def test_every_question_is_recorded_with_what_it_got(sandbox: Sandbox, api: httpx.Client) -> None:
    api.get(f"{ORG}issues/?project=-1&query=level:error")
    (asked,) = sandbox.sentry.requests
    assert (asked.method, asked.path, asked.status) == ("GET", f"{ORG}issues/", 200)
    assert asked.query == [("project", "-1"), ("query", "level:error")]
    assert asked.host == sandbox.sentry.url.removeprefix("http://")
    sandbox.sentry.requests.clear()
    assert sandbox.sentry.requests == []
