"""A list of what arrived that tests and the terminal can wait on."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
SHOWN = 50


class Arrivals(list[Item]):
    """A list another thread adds to. Only the newest `most` are kept; `listeners` are called with each new item."""

    def __init__(self, most: int = 20_000) -> None:
        super().__init__()
        self.listeners: list[Callable[[Item], None]] = []
        self._most = most
        self._changed = threading.Condition()

    def add(self, item: Item) -> None:
        with self._changed:
            self.append(item)
            if len(self) > self._most:
                del self[: len(self) - self._most]
            self._changed.notify_all()
        for listener in list(self.listeners):
            try:
                listener(item)
            except Exception:
                logger.exception("a listener failed")

    def clear(self) -> None:
        with self._changed:
            super().clear()

    def wait_for(self, predicate: Callable[[list[Item]], object], timeout: float = 30.0) -> list[Item]:
        """A copy of the list once the predicate holds of it; AssertionError listing what arrived after `timeout` s."""
        with self._changed:
            if not self._changed.wait_for(lambda: predicate(self), timeout):
                listed = "\n".join(f"  {item!r}" for item in self[-SHOWN:]) or "  nothing"
                raise AssertionError(f"not within {timeout:g} s; the {len(self)} that arrived:\n{listed}")
            return list(self)
