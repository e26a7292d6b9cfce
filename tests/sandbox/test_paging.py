"""The ways of paging, over any number of items."""

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.paging import Page, by_number, by_offset, by_score
from tests.sandbox.params import Cursor

sizes = st.integers(1, 7)


def walked(ask: Callable[[Cursor | None], Page[int]]) -> list[Sequence[int]]:
    pages, cursor = [], None
    for _ in range(100):
        page = ask(cursor)
        pages.append(page.items)
        if not page.has_after:
            return pages
        cursor = page.after
    raise AssertionError("the pages do not end")


@given(st.integers(0, 40), sizes)
def test_offsets_and_numbers_give_every_item_once(count: int, size: int) -> None:
    items = list(range(count))
    for way in (by_offset, by_number):
        pages = walked(lambda cursor, way=way: way(items, size, cursor))
        assert [item for page in pages for item in page] == items


@given(st.lists(st.integers(1, 5), max_size=40), sizes)
def test_scores_give_every_item_once_however_many_are_equal(found: list[int], size: int) -> None:
    scores = sorted(found, reverse=True)
    items = list(range(len(scores)))
    pages = walked(lambda cursor: by_score(items, scores, size, cursor))
    assert [item for page in pages for item in page] == items


def test_a_link_without_a_query_keeps_its_odd_ampersand() -> None:
    link = by_offset([1], 100, None).link("http://h/p/", "")
    assert link.startswith('<http://h/p/?&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", ')
