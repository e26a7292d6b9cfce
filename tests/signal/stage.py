"""Where scenes are played: events with their lag go in, a finished history comes out."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.signal.history import (
    OUTCOMES_LAG,
    Error,
    History,
    NewType,
    ProjectHistory,
    Scene,
    Stretch,
    Traffic,
)

BATCH_SECONDS = 30
MEAN_LAG = 25.0


class Change(NamedTuple):
    """A stretch in which a project's traffic is another: how much of it, slow, late or dropped."""

    start: float
    end: float
    volume: float = 1.0
    slow: float = 0.01
    late: float = 0.0
    dropped: float = 0.0


class Behind(NamedTuple):
    """A stretch whose events, of all projects, are readable only so much later, and accepted no sooner."""

    start: float
    end: float
    late: float


@dataclass(slots=True)
class Stage:
    """Gathers what scenes make happen."""

    rng: random.Random
    length: float
    projects: list[ProjectHistory]
    changes: dict[str, list[Change]] = field(default_factory=dict)
    behind: list[Behind] = field(default_factory=list)
    api_down: list[Stretch] = field(default_factory=list)
    ours_down: list[Stretch] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    _types: int = 0

    def lag(self) -> float:
        """A usual one: 25 s on average."""
        return self.rng.uniform(MEAN_LAG - 10, MEAN_LAG + 10)

    def errors(
        self,
        project: ProjectHistory,
        times: Iterable[float],
        lag: Callable[[float], float] | None = None,
        level: str = "error",
        *,
        dropped: bool = False,
        sent_late: bool = False,
    ) -> None:
        for at in times:
            late = OUTCOMES_LAG if dropped else lag(at) if lag else self.lag()
            accepted = at + (late if sent_late else OUTCOMES_LAG)
            project.errors.append(Error(at, at + late, level, dropped, accepted))

    def new_type(self, project: ProjectHistory, at: float, level: str = "error", late: float | None = None) -> None:
        self._types += 1
        project.types.append(
            NewType(f"{100_000 + self._types}", at, at + (self.lag() if late is None else late), level)
        )

    def change(self, project: ProjectHistory, change: Change) -> None:
        self.changes.setdefault(project.id, []).append(change)

    def label(self, name: str, project: ProjectHistory | None, start: float, end: float) -> float:
        self.scenes.append(Scene(name, project.id if project else "", start, end))
        return end

    def finish(self) -> History:
        """The history: traffic made, lag of a whole ingestion added, everything in the order of time."""
        for project in self.projects:
            if project.per_minute:
                self._make_traffic(project)
            project.errors = sorted(self._late(each) for each in project.errors if self._happens(project, each.at))
            project.traffic = sorted(self._late(each) for each in project.traffic)
            project.types = sorted(
                (self._late(each) for each in project.types if self._happens(project, each.at)),
                key=lambda each: each.at,
            )
        return History(
            self.length, self.projects, sorted(self.api_down), sorted(self.ours_down), sorted(self.scenes, key=_start)
        )

    def _happens(self, project: ProjectHistory, at: float) -> bool:
        return at < self.length and project.exists(at)

    def _late(self, event: Any) -> Any:
        for each in self.behind:
            if each.start <= event.at < each.end:
                readable = event.readable + each.late
                accepted = {"accepted": readable} if isinstance(event, Error) else {}
                return event._replace(readable=readable, **accepted)
        return event

    def _make_traffic(self, project: ProjectHistory) -> None:
        usual = Change(0, self.length)
        changes = sorted(self.changes.get(project.id, ()))
        for start in range(0, int(self.length), BATCH_SECONDS):
            at = float(start + self.rng.randrange(BATCH_SECONDS))
            if not project.exists(at):
                break
            now = next((each for each in changes if each.start <= at < each.end), usual)
            wanted = project.per_minute * BATCH_SECONDS / 60 * now.volume
            total = int(wanted) + (self.rng.random() < wanted % 1)
            if not total:
                continue
            slow = self._share(total, now.slow)
            stored_slow = self._share(slow, project.sampled)
            stored = stored_slow + self._share(total - slow, project.sampled)
            dropped = self._share(stored, now.dropped)
            lost_slow = min(stored_slow, self._share(stored_slow, now.dropped))
            late = self.lag() + now.late
            project.traffic.append(
                Traffic(at, at + late, total, slow, stored - dropped, stored_slow - lost_slow, dropped)
            )

    def _share(self, count: int, share: float) -> int:
        """How many of `count` it hits, each by itself with this probability."""
        if share <= 0 or count == 0:
            return 0
        if share >= 1:
            return count
        if count * share < 12:
            return sum(self.rng.random() < share for _ in range(count))
        return max(0, min(count, round(self.rng.gauss(count * share, (count * share * (1 - share)) ** 0.5))))


def _start(scene: Scene) -> float:
    return scene.start


def evenly(start: float, length: float, count: int) -> list[float]:
    """`count` moments at equal distances, the first at `start`."""
    return [start + length * number / count for number in range(count)]


def anyhow(rng: random.Random, start: float, length: float, per_second: float) -> list[float]:
    """Moments that have nothing to do with one another, so many a second on average."""
    found: list[float] = []
    at = start + rng.expovariate(per_second)
    while at < start + length:
        found.append(at)
        at += rng.expovariate(per_second)
    return found
