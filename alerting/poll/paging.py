"""Reading page after page until Sentry says that was the last, and not one longer."""

from collections.abc import Callable

from alerting.poll.replies import Page, garbled

PAGE_SIZE = 100
MOST_PAGES = 200
MOST_IDLE_PAGES = 3


def read_all(endpoint: str, fetch: Callable[[str], Page], take: Callable[[Page], tuple[int, bool]]) -> None:
    """Fetch by cursor and hand each page to `take`, which says how many rows were new and whether to go on.

    Raises SourceError as `fetch` does, and GARBLED where the chain of pages does not end or cannot be trusted to have.
    """
    cursor, asked, idle = "", {""}, 0
    while True:
        page = fetch(cursor)
        new, more = take(page)
        idle = 0 if new else idle + 1
        if not page.cursor or not more:
            break
        if page.cursor in asked or idle > MOST_IDLE_PAGES or len(asked) >= MOST_PAGES:
            raise garbled(endpoint, f"its pages do not come to an end ({len(asked)} read).")
        cursor = page.cursor
        asked.add(cursor)
    if more and not page.linked and new >= PAGE_SIZE:
        # A proxy may have taken the Link header away: a full page then proves nothing about being the last.
        raise garbled(endpoint, "a full page came without saying whether another follows.")
