"""The sandbox's search finds what Sentry's would."""

import pytest

from tests.sandbox.params import ApiError
from tests.sandbox.searching import matcher

EVENTS = [(kind, level) for kind in ("error", "default", "csp") for level in ("fatal", "error", "info")]


def found(query: str) -> set[tuple[str, str]]:
    columns = {"event.type": lambda one: one[0], "level": lambda one: one[1]}
    matches = matcher(query, columns.__getitem__)
    return {event for event in EVENTS if matches(event)}


ERRORS = {("error", "fatal"), ("error", "error"), ("default", "fatal"), ("default", "error")}


@pytest.mark.parametrize(
    "query",
    [
        "event.type:[error,default] level:[error,fatal]",
        "event.type:[error, default] AND level:[error, fatal]",
        "(event.type:error OR event.type:default) level:[error,fatal]",
        "(event.type:error or event.type:default) AND (level:error OR level:fatal)",
        "!event.type:csp !level:info",
        'event.type:error !level:info OR (event.type:"default" level:[error,fatal])',
    ],
)
def test_one_question_may_be_put_in_many_words(query: str) -> None:
    assert found(query) == ERRORS


def test_and_binds_more_strongly_than_or() -> None:
    assert found("level:fatal event.type:error OR event.type:csp level:info") == {("error", "fatal"), ("csp", "info")}


def test_no_search_finds_everything() -> None:
    assert found("") == set(EVENTS)


@pytest.mark.parametrize("query", ["(level:error", "level:error)", "level:error OR", "()", "level"])
def test_what_sentry_cannot_parse_is_refused(query: str) -> None:
    with pytest.raises(ApiError):
        found(query)
