"""What was learned about a server and is remembered: region host, datasets, projects. Other workers ask it too."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

RELOAD_SECONDS = 60.0


class FactsStore(Protocol):
    """Where facts outlive the process. Values are plain JSON; keys are at most 64 characters."""

    def load(self, key: str) -> dict[str, Any]: ...

    def save(self, key: str, facts: Mapping[str, Any]) -> None: ...


@dataclass(slots=True)
class MemoryFacts:
    """Facts of one process."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def load(self, key: str) -> dict[str, Any]:
        return dict(self.kept.get(key, {}))

    def save(self, key: str, facts: Mapping[str, Any]) -> None:
        self.kept[key] = dict(facts)


def key(base_url: str, org: str) -> str:
    """The name under which an organisation's facts are stored."""
    return hashlib.sha256(f"{base_url} {org}".encode()).hexdigest()[:40]


class Facts:
    """One organisation's facts, each with the time it was learned (epoch seconds)."""

    def __init__(self, store: FactsStore, name: str, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._name = name
        self._clock = clock
        self._facts: dict[str, Any] = {}
        self._loaded_at = float("-inf")

    def get(self, what: str, max_age: float) -> Any:
        """The fact, or None where it is unknown or older than `max_age` seconds."""
        now = self._clock()
        if not 0 <= now - self._loaded_at < RELOAD_SECONDS:
            self._load(now)
        learned = self._facts.get(what)
        return learned["value"] if learned and 0 <= now - learned["at"] < max_age else None

    def put(self, what: str, value: Any) -> None:
        self._load(self._clock())
        self._facts[what] = {"at": self._clock(), "value": value}
        self._store.save(self._name, self._facts)

    def forget(self, what: str) -> None:
        self._load(self._clock())
        if self._facts.pop(what, None) is not None:
            self._store.save(self._name, self._facts)

    def _load(self, now: float) -> None:
        loaded = self._store.load(self._name)
        self._facts = {
            what: learned
            for what, learned in loaded.items()
            if isinstance(learned, dict) and "value" in learned and isinstance(learned.get("at"), int | float)
        }
        self._loaded_at = now
