"""Sentry's three ways of paging, and the Link header that goes with them. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.sandbox.params import Cursor

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and how to ask for those before and after; the flags say whether there are any."""

    items: Sequence[Item]
    before: Cursor
    after: Cursor
    has_before: bool
    has_after: bool

    def link(self, url: str, query: str) -> str:
        """Both relations are always there; only `results` tells. `query` is the caller's own, without its cursor."""
        parts = []
        for rel, cursor, results in (("previous", self.before, self.has_before), ("next", self.after, self.has_after)):
            results_text = "true" if results else "false"
            parts.append(f'<{url}?{query}&cursor={cursor}>; rel="{rel}"; results="{results_text}"; cursor="{cursor}"')
        return ", ".join(parts)


def by_offset(items: Sequence[Item], size: int, cursor: Cursor | None) -> Page[Item]:
    """`0:offset:…`, as events/ pages."""
    offset = max(0, cursor.offset) if cursor else 0
    before, after = Cursor(0, max(0, offset - size), True), Cursor(0, offset + size)
    return Page(items[offset : offset + size], before, after, offset > 0, len(items) > offset + size)


def by_number(items: Sequence[Item], size: int, cursor: Cursor | None) -> Page[Item]:
    """`size:page:…`, as projects/ pages; the page before the first is -1."""
    number = cursor.offset if cursor else 0
    offset = max(0, number) * (cursor.value if cursor and cursor.value else size)
    before, after = Cursor(size, number - 1, True), Cursor(size, number + 1)
    return Page(items[offset : offset + size], before, after, number > 0, len(items) > offset + size)


def by_score(items: Sequence[Item], scores: Sequence[int], size: int, cursor: Cursor | None) -> Page[Item]:
    """`score:offset:…`, as issues/ pages: `items` in descending order of `scores`, the offset counts among equals."""
    if not items:
        return Page([], Cursor(is_prev=True), Cursor(), False, False)
    falling = [-score for score in scores]

    def place(score: int) -> int:
        return bisect_left(falling, -score)

    low = (place(cursor.value) if cursor.value else 0) + cursor.offset if cursor else 0
    high = min(low + size, len(items))
    first, last = scores[min(low, len(items) - 1)], scores[min(high, len(items) - 1)]
    before, after = Cursor(first, low - place(first), True), Cursor(last, high - place(last))
    return Page(items[low:high], before, after, low > 0, high < len(items))
