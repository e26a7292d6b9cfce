"""The scrubbing corpus: nothing that must go stays, nothing that must stay goes."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from alerting.sentry.scrub import scrub_event
from tests.sentry.corpus import Row, at, rows, texts
from tests.support.cases import failing

MARKER = "[Filtered]"
ROWS = rows()
GIVEN_UP = json.loads((Path(__file__).parent / "given_up.json").read_text(encoding="utf-8"))
"""Rows whose secrets are left, or that lose a harmless word, by the reason: what is worth the code it would take."""
_GIVEN_UP = {name for names in GIVEN_UP.values() for name in names}
# Where people's secrets travel by their names, none is given up.
NEVER_GIVEN_UP = {"request headers", "cookies", "query string", "URL", "request body", "request env", "tags", "user"}
MOST_GIVEN_UP = 60


def is_given_up(row: Row) -> bool:
    """Whether this row is known to come out wrong."""
    return row.name in _GIVEN_UP


def scrubbed(event: dict[str, Any]) -> Any:
    """The scrubbed event without the remarks about what is gone."""
    after = scrub_event(event, {})
    if "_meta" in event:
        return {**after, "_meta": event["_meta"]}
    return {name: held for name, held in after.items() if name != "_meta"}


REDACT = [row for row in ROWS if row.secrets]
KEEP = [row for row in ROWS if not row.secrets]


@pytest.mark.parametrize("place", sorted({row.place for row in REDACT}))
def test_no_secret_is_left_and_the_rest_is(place: str) -> None:
    assert failing(assert_redacted, [row for row in REDACT if row.place == place]) == {}


@pytest.mark.parametrize("place", sorted({row.place for row in KEEP}))
def test_a_harmless_event_comes_out_as_it_went_in(place: str) -> None:
    assert failing(assert_left_alone, [row for row in KEEP if row.place == place]) == {}


def assert_redacted(row: Row) -> None:
    before = copy.deepcopy(row.event)
    after = scrubbed(row.event)
    assert row.event == before, "the event given was changed"
    if is_given_up(row):
        assert is_wrong(row, before, after), "this row is no longer given up: take it out of given_up.json"
        return
    assert_right(row, before, after)


def assert_right(row: Row, before: Any, after: Any) -> None:
    written = [json.dumps(after, ensure_ascii=False, default=repr), json.dumps(after, default=repr), *texts(after)]
    left = {secret for secret in row.secrets for text in written if secret in text}
    assert not left, f"left in {after}"
    assert MARKER in written[0]
    assert_kept(row, after)
    assert_same_around(before, after, row)


def is_wrong(row: Row, before: Any, after: Any) -> bool:
    try:
        assert_right(row, before, after)
    except AssertionError:
        return True
    return False


def assert_left_alone(row: Row) -> None:
    before = copy.deepcopy(row.event)
    after = scrubbed(row.event)
    assert row.event == before, "the event given was changed"
    if is_given_up(row):
        assert after != before, "this row is no longer given up: take it out of given_up.json"
        return
    assert_kept(row, after)
    assert_same_around(before, after, row)


def test_what_is_given_up_only_shrinks_and_is_nothing_that_travels_by_name() -> None:
    by_name = {row.name: row for row in ROWS}
    assert len(_GIVEN_UP) <= MOST_GIVEN_UP
    assert by_name.keys() >= _GIVEN_UP
    assert not [row.name for row in map(by_name.get, _GIVEN_UP) if row and row.place in NEVER_GIVEN_UP]


def test_the_corpus_is_large_enough_to_judge_by() -> None:
    assert len(REDACT) >= 220
    assert len(KEEP) >= 130


def assert_kept(row: Row, after: Any) -> None:
    written = "\n".join(texts(after))
    for kept in row.keep:
        if isinstance(kept, str):
            assert kept in written, f"lost {kept!r} in {after}"
        else:
            path, value = kept
            assert at(after, path) == value


def assert_same_around(before: Any, after: Any, row: Row, path: tuple[Any, ...] = ()) -> None:
    """The same keys, the same lengths, and the same leaves wherever no secret was."""
    if any(path[: len(free)] == free for free in row.free):
        return
    if isinstance(before, dict):
        assert isinstance(after, dict), f"{path}: {after!r} instead of {before!r}"
        assert list(after) == list(before), f"{path}: other keys"
        for key, held in before.items():
            assert_same_around(held, after[key], row, (*path, key))
    elif isinstance(before, list | tuple):
        assert isinstance(after, list | tuple), f"{path}: {after!r} instead of {before!r}"
        assert len(after) == len(before), f"{path}: another length"
        for index, held in enumerate(before):
            assert_same_around(held, after[index], row, (*path, index))
    elif not any(secret in text for secret in row.secrets for text in texts(before)):
        assert after == before, f"{path}: {after!r} instead of {before!r}"
        assert isinstance(after, type(before)), f"{path}: {after!r} instead of {before!r}"
    elif isinstance(before, str):
        assert isinstance(after, str), f"{path}: {after!r} instead of {before!r}"
