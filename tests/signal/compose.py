"""A seed and a length → a history of twenty projects: scenes one after another in each, and what befalls all."""

import random
from collections.abc import Collection, Mapping
from typing import NamedTuple

from tests.signal.history import HOUR, MINUTE, History, ProjectHistory, Stretch
from tests.signal.scenes import PLAYS, burst, deleted, flat, rate
from tests.signal.stage import Behind, Stage, anyhow, evenly


class ProjectKind(NamedTuple):
    """How many projects of a kind there are, their transactions a minute, and the share their clients send."""

    count: int
    per_minute: int = 0
    sampled: float = 1.0


KINDS: Mapping[str, ProjectKind] = {
    "quiet": ProjectKind(6),
    "busy": ProjectKind(5, 120),
    "small": ProjectKind(5, 30),
    "tiny": ProjectKind(2, 6, 0.1),
    "sampled": ProjectKind(2, 300, 0.1),
}
DAY = 24 * HOUR
# Rare enough that chance alone opens nothing, often enough that every project is alive.
BACKGROUND = 1 / 1200


def compose(
    seed: int,
    days: float = 7.0,
    only: Collection[str] = (),
    pause_hours: float = 5.0,
    kinds: Mapping[str, ProjectKind] = KINDS,
) -> History:
    """The history of this seed; `only` names the scenes to play, none meaning all, outages included."""
    rng = random.Random(seed)
    stage = Stage(rng, days * DAY, [])
    kind_of: dict[str, str] = {}
    for name, (count, per_minute, sampled) in kinds.items():
        for _ in range(count):
            number = len(stage.projects) + 1
            project = ProjectHistory(str(1000 + number), f"{name}-{number}", per_minute, sampled)
            stage.projects.append(project)
            kind_of[project.id] = name
    for project in stage.projects:
        _background(stage, project)
        _live(stage, project, kind_of[project.id], set(only) or set(PLAYS), pause_hours)
    if not only:
        _befall(stage)
    return stage.finish()


def side_by_side(*scenes: tuple[str, str], seed: int = 0, hours: float = 3.0, at: float = 30 * MINUTE) -> History:
    """A short history: each scene (its name, the kind of project) in a project of its own, beside one just alive."""
    alive = ProjectHistory("1000", "alive", 60)
    stage = Stage(random.Random(seed), hours * HOUR, [alive])
    stage.errors(alive, evenly(0, stage.length, int(stage.length // 240)))
    for number, (name, kind) in enumerate(scenes, 1):
        _count, per_minute, sampled = KINDS[kind]
        project = ProjectHistory(str(1000 + number), f"{kind}-{number}", per_minute, sampled)
        stage.projects.append(project)
        stage.label(name, project, at, PLAYS[name].play(stage, project, at))
    return stage.finish()


def _background(stage: Stage, project: ProjectHistory) -> None:
    if project.per_minute == 0:
        stage.errors(project, anyhow(stage.rng, 0, stage.length, BACKGROUND))
    elif project.per_minute >= 100:
        stage.errors(project, anyhow(stage.rng, 0, stage.length, project.per_minute / 60 * 0.0005))


def _live(stage: Stage, project: ProjectHistory, kind: str, names: set[str], pause_hours: float) -> None:
    suited = {name: each for name, each in PLAYS.items() if name in names and kind in each.kinds}
    if not suited:
        return
    at = stage.rng.uniform(0.5, 1 + pause_hours) * HOUR
    while at < stage.length - HOUR:
        name = stage.rng.choices(list(suited), [each.weight for each in suited.values()])[0]
        end = stage.label(name, project, at, suited[name].play(stage, project, at))
        at = end + stage.rng.uniform(0.4, 2 * pause_hours) * HOUR


def _befall(stage: Stage) -> None:
    """Outages of Sentry's API and of our own processes, ingestion that falls behind, a storm, a deletion."""
    rng, days = stage.rng, max(1, round(stage.length / DAY))
    hours = iter(rng.sample(range(3, max(12, int(stage.length / HOUR) - 2)), min(9, 2 + days)))
    for number, hour in enumerate(hours):
        start = hour * HOUR + rng.uniform(0, HOUR / 2)
        match number % 4:
            case 0:
                end = start + rng.uniform(2, 45) * MINUTE
                stage.api_down.append(Stretch(start, end))
                _meanwhile(stage, start, end)
                # What is sent while it is down is ingested over the ten minutes after it.
                stage.behind.append(Behind(start, end, end - start + rng.uniform(0, 10) * MINUTE))
                stage.label("API down", None, start, end)
            case 1:
                end = start + rng.uniform(3, 90) * MINUTE
                stage.ours_down.append(Stretch(start, end))
                _meanwhile(stage, start, end)
                stage.label("ours down", None, start, end)
            case 2:
                flat(stage, rng.choice(stage.projects), start - 20 * MINUTE)
                stage.behind.append(Behind(start, start + 30 * MINUTE, 15 * MINUTE))
                stage.label("ingestion behind", None, start, start + 45 * MINUTE)
            case _:
                for project in rng.sample(stage.projects, 8):
                    burst(stage, project, start)
                stage.label("storm", None, start, start + 10)
    if days >= 2:
        at = stage.length - 20 * HOUR
        stage.label("deleted", stage.projects[0], at, deleted(stage, stage.projects[0], at))


def _meanwhile(stage: Stage, start: float, end: float) -> None:
    """Something breaks and is over, something goes on, and a rate rises, while nobody looks."""
    one, two, three = stage.rng.sample([each for each in stage.projects if each.per_minute != 6], 3)
    burst(stage, one, start + (end - start) * stage.rng.uniform(0.05, 0.6))
    flat(stage, two, start + (end - start) * 0.5)
    if three.per_minute:
        rate(stage, three, start)
