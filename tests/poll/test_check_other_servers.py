"""What `alerting check` says where SENTRY_URL leads to something else: GlitchTip, Bugsink, a web page, an old name."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from alerting.poll.inspection import Level, Observation, inspect
from tests.poll.asking import END, source
from tests.sandbox.prepared import Reply
from tests.sandbox.records import RecordedRequest
from tests.sandbox.sentry import SentryPart

PAGE = Reply(b"<!doctype html><title>not here</title>", 404, content_type="text/html")
FRONT = Reply(b"<!doctype html><div id=app></div>", 200, content_type="text/html")
PYDANTIC = {
    "detail": [
        {"type": "literal_error", "loc": ["query", "sort"], "msg": "Input should be 'last_seen'", "input": "new"},
    ]
}


@pytest.fixture
def sentry(empty: SentryPart) -> SentryPart:
    """Two projects, one of them with errors."""
    for number, slug in enumerate(("shop", "blog"), start=1):
        empty.add_project(slug, id=number, environments=())
    empty.add_errors("shop", 7, at=END - timedelta(minutes=1), environment="", issue=False)
    return empty


def broken(sentry: SentryPart, **more: object) -> list[Observation]:
    return [each for each in inspect(source(sentry, **more), END) if each.level is Level.BROKEN]


def glitchtip(request: RecordedRequest) -> Reply | None:
    """Recorded: unknown paths are pages (some of status 200), wrong parameters a list, project=-1 is not found."""
    match request.path.strip("/").split("/")[4:]:
        case ["events"]:
            return PAGE
        case ["stats_v2"]:
            return Reply({"detail": "Not Found"}, 404)
        case ["issues"]:
            return Reply(PYDANTIC, 422)
    return None


def bugsink(request: RecordedRequest) -> Reply | None:
    if request.path == "/api/0/":
        return Reply({"version": "0", "auth": {"scopes": ["org:ci"]}, "user": None})
    said = f"Unimplemented API endpoint: {request.path}".encode()
    return Reply(said, 404, content_type="text/html; charset=utf-8")


def test_glitchtip_is_one_sentence_about_what_it_lacks(sentry: SentryPart) -> None:
    sentry.prepare = glitchtip
    (found,) = broken(sentry)
    assert "no Sentry that can be polled: its API has no events endpoint" in found.said and "GlitchTip" in found.said
    assert "SENTRY_URL" in found.advice
    assert "stats_v2" not in found.said and "literal_error" not in found.said


def test_a_server_without_outcomes_for_all_projects_at_once_is_said_to_lack_just_that(sentry: SentryPart) -> None:
    sentry.prepare = lambda request: glitchtip(request) if request.path.endswith("/stats_v2/") else None
    said = " ".join(f"{each.said} {each.advice}" for each in inspect(source(sentry), END))
    assert "does not answer stats_v2 for all projects at once (project=-1)" in said
    assert "has no stats_v2" not in said


def test_a_list_of_complaints_is_told_in_words(sentry: SentryPart) -> None:
    sentry.prepare = lambda request: glitchtip(request) if request.path.endswith("/issues/") else None
    (found,) = broken(sentry)
    assert "sort: Input should be 'last_seen'" in found.said and "literal_error" not in found.said


def test_bugsink_is_not_said_to_lack_a_scope(sentry: SentryPart) -> None:
    sentry.prepare = bugsink
    (found,) = broken(sentry)
    assert "has no organizations endpoint" in found.said and "Bugsink" in found.said
    assert "scope" not in found.said + found.advice


def test_a_path_too_much_leads_to_the_address_that_answers(sentry: SentryPart) -> None:
    sentry.prepare = lambda request: PAGE if request.path.startswith("/sentry/") else None
    looked = source(sentry)
    looked.organisation.client.base_url = f"{sentry.url}/sentry"
    (found,) = [each for each in inspect(looked, END) if each.level is Level.BROKEN]
    assert found.advice == f"Set SENTRY_URL={sentry.url}."


@pytest.mark.parametrize("page", [PAGE, FRONT])
def test_an_address_with_web_pages_only_is_told_how_the_right_one_looks(sentry: SentryPart, page: Reply) -> None:
    sentry.prepare = lambda _: page
    (found,) = broken(sentry)
    assert found.said.startswith(f"No Sentry's API answers under {sentry.url}, only web pages")
    assert "SENTRY_URL" in found.advice and "path" in found.advice


def moved(new: str) -> Callable[[RecordedRequest], Reply | None]:
    body = {"slug": new, "detail": {"code": "resource-moved", "message": "Resource has been moved", "extra": {}}}

    def hook(request: RecordedRequest) -> Reply | None:
        where = {"Location": f"/api/0/projects/acme/{new}/"}
        return Reply(body, 302, where) if request.path == "/api/0/projects/acme/store/" else None

    return hook


def test_a_renamed_project_is_named_with_its_new_slug_and_what_still_works(sentry: SentryPart) -> None:
    sentry.prepare = moved("shop")
    (found,) = broken(sentry, projects=("blog", "store"))
    assert "SENTRY_PROJECT names store, which was renamed to shop" in found.said
    assert "Nothing is read" not in found.said and "Set SENTRY_PROJECT=blog,shop " in found.advice


def test_a_slug_nobody_knows_is_still_compared_with_the_known_ones(sentry: SentryPart) -> None:
    (found,) = broken(sentry, projects=("shpo",))
    assert "did you mean shop?" in found.said


def test_a_new_name_that_is_none_is_not_repeated(sentry: SentryPart) -> None:
    sentry.prepare = moved("shop\x1b[31m")
    assert "\x1b" not in repr(broken(sentry, projects=("store",)))
