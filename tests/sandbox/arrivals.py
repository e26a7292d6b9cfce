"""A list of what arrived that tests and the terminal can wait on."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
SHOWN = 50


class Arrivals(list[Item]):
    """A list another thread adds to. Only the newest `most` are kept; `listeners` are called with each new item.

    `forgotten` counts those that are gone from its beginning, so that `forgotten + index` names an item for good.
    """

    def __init__(self, most: int = 20_000) -> None:
        super().__init__()
        self.listeners: list[Callable[[Item], None]] = []
        self.forgotten = 0
        self._most = most
        self._changed = threading.Condition()

    def add(self, item: Item) -> None:
        with self._changed:
            self.append(item)
            if len(self) > self._most:
                self._forget(len(self) - self._most)
            self._changed.notify_all()
        for listener in list(self.listeners):
            try:
                listener(item)
            except Exception:
                logger.exception("a listener failed")

    def clear(self) -> None:
        with self._changed:
            self._forget(len(self))

    def newest(self, most: int) -> list[tuple[int, Item]]:
        """The last `most` items, oldest first, each with its number."""
        with self._changed:
            first = max(0, len(self) - most)
            return [(self.forgotten + first + offset, item) for offset, item in enumerate(self[first:])]

    def wait_for(self, predicate: Callable[[list[Item]], object], timeout: float = 30.0) -> list[Item]:
        """A copy of the list once the predicate holds of it; AssertionError listing what arrived after `timeout` s."""
        with self._changed:
            if not self._changed.wait_for(lambda: predicate(self), timeout):
                listed = "\n".join(f"  {item!r}" for item in self[-SHOWN:]) or "  nothing"
                raise AssertionError(f"not within {timeout:g} s; the {len(self)} that arrived:\n{listed}")
            return list(self)

    def _forget(self, count: int) -> None:
        del self[:count]
        self.forgotten += count
