"""The scrubbing corpus: nothing that must go stays, nothing that must stay goes."""

import copy
import json
from typing import Any

import pytest

from alerting.sentry.scrub import scrub_event
from tests.sentry.corpus import Row, at, rows, texts

MARKER = "[Filtered]"
ROWS = rows()
REDACT = [row for row in ROWS if row.secrets]
KEEP = [row for row in ROWS if not row.secrets]


@pytest.mark.parametrize("row", REDACT, ids=str)
def test_no_secret_is_left_and_the_rest_is(row: Row) -> None:
    before = copy.deepcopy(row.event)
    after = scrub_event(row.event, {})
    assert row.event == before, "the event given was changed"
    written = [json.dumps(after, ensure_ascii=False, default=repr), json.dumps(after, default=repr), *texts(after)]
    left = {secret for secret in row.secrets for text in written if secret in text}
    assert not left, f"left in {after}"
    assert MARKER in written[0]
    assert_kept(row, after)
    assert_same_around(before, after, row)


@pytest.mark.parametrize("row", KEEP, ids=str)
def test_a_harmless_event_comes_out_as_it_went_in(row: Row) -> None:
    before = copy.deepcopy(row.event)
    after = scrub_event(row.event, {})
    assert row.event == before, "the event given was changed"
    assert_kept(row, after)
    assert_same_around(before, after, row)


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
