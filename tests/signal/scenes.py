"""What can happen to one project, each a short story with a name; `PLAYS` says which projects it suits."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.signal.history import HOUR, MINUTE, ProjectHistory
from tests.signal.stage import Change, Stage, anyhow, evenly

Play = Callable[[Stage, ProjectHistory, float], float]


class Suits(NamedTuple):
    """`kinds` of projects, and how often it is played beside others."""

    play: Play
    kinds: frozenset[str]
    weight: int = 2


def burst(stage: Stage, project: ProjectHistory, at: float) -> float:
    stage.errors(project, evenly(at, 10, stage.rng.randint(12, 60)))
    return at + 10


def barely(stage: Stage, project: ProjectHistory, at: float) -> float:
    stage.errors(project, evenly(at, 240, 11))
    return at + 240


def blip(stage: Stage, project: ProjectHistory, at: float) -> float:
    """Over the threshold for ten seconds only, since 11 errors are spread over 290."""
    stage.errors(project, [at + 29 * number for number in range(11)])
    return at + 290


def flat(stage: Stage, project: ProjectHistory, at: float) -> float:
    length = stage.rng.randint(30, 150) * MINUTE
    stage.errors(project, evenly(at, length, length // 5))
    return at + length


def steady_over(stage: Stage, project: ProjectHistory, at: float) -> float:
    """Twelve errors in every five minutes, readable a minute late."""
    stage.errors(project, evenly(at, 90 * MINUTE, 216), lag=lambda _: 60)
    return at + 90 * MINUTE


def steady_under(stage: Stage, project: ProjectHistory, at: float) -> float:
    """Ten errors in every five minutes at most."""
    stage.errors(project, evenly(at, 120 * MINUTE, 235))
    return at + 120 * MINUTE


def chatty(stage: Stage, project: ProjectHistory, at: float) -> float:
    """So many a minute on average as the threshold has room for twice over, as they come."""
    length = stage.rng.randint(15, 60) * MINUTE
    stage.errors(project, anyhow(stage.rng, at, length, stage.rng.uniform(20, 200) / 300))
    return at + length


def growing(stage: Stage, project: ProjectHistory, at: float) -> float:
    for step in range(4):
        stage.errors(project, evenly(at + step * 20 * MINUTE, 20 * MINUTE, 80 * 2**step))
    return at + 80 * MINUTE


def flapping_count(stage: Stage, project: ProjectHistory, at: float) -> float:
    for turn in range(10):
        stage.errors(project, evenly(at + turn * 12 * MINUTE, 10, 12))
    return at + 2 * HOUR


def flapping_anyhow(stage: Stage, project: ProjectHistory, at: float) -> float:
    end, turn = at + stage.rng.randint(2, 4) * HOUR, at
    while turn < end:
        stage.errors(project, evenly(turn, stage.rng.uniform(5, 90), stage.rng.randint(12, 25)))
        turn += stage.rng.uniform(9, 25) * MINUTE
    return end


def flapping_rate(stage: Stage, project: ProjectHistory, at: float) -> float:
    for turn in range(6):
        stage.errors(project, evenly(at + turn * 20 * MINUTE, 6 * MINUTE, project.per_minute * 6 // 20))
    return at + 2 * HOUR


def rate(stage: Stage, project: ProjectHistory, at: float) -> float:
    """Five percent for a while."""
    minutes = stage.rng.randint(15, 60)
    stage.errors(project, evenly(at, minutes * MINUTE, project.per_minute * minutes // 20))
    return at + minutes * MINUTE


def rate_then_silence(stage: Stage, project: ProjectHistory, at: float) -> float:
    stage.errors(project, evenly(at, 20 * MINUTE, project.per_minute))
    end = at + 20 * MINUTE + stage.rng.randint(2, 6) * HOUR
    stage.change(project, Change(at + 20 * MINUTE, end, volume=stage.rng.choice((0.0, 0.15))))
    return end


def slow(stage: Stage, project: ProjectHistory, at: float) -> float:
    end = at + stage.rng.randint(15, 60) * MINUTE
    stage.change(project, Change(at, end, slow=0.25))
    return end


def flapping_latency(stage: Stage, project: ProjectHistory, at: float) -> float:
    for turn in range(6):
        stage.change(project, Change(at + turn * 20 * MINUTE, at + (turn * 20 + 6) * MINUTE, slow=0.4))
    return at + 2 * HOUR


def too_few(stage: Stage, project: ProjectHistory, at: float) -> float:
    """One transaction in ten fails, and there are too few of them to judge by."""
    stage.errors(project, evenly(at, HOUR, 36))
    stage.change(project, Change(at, at + HOUR, slow=0.03))
    return at + HOUR


def mobile(stage: Stage, project: ProjectHistory, at: float) -> float:
    """Phones that were offline send a burst much later."""
    late = stage.rng.uniform(6, 90) * MINUTE
    stage.errors(project, evenly(at, 10, 40), lag=lambda _: late, sent_late=True)
    return at + late


def mobile_type(stage: Stage, project: ProjectHistory, at: float) -> float:
    stage.new_type(project, at, late=stage.rng.uniform(0.2, 18) * HOUR)
    return at


def partly_late(stage: Stage, project: ProjectHistory, at: float) -> float:
    """An error every five seconds for two hours, of which half an hour is readable fifteen minutes late."""
    behind = (at + 45 * MINUTE, at + 75 * MINUTE)
    stage.errors(
        project,
        evenly(at, 2 * HOUR, 1440),
        lag=lambda when: 15 * MINUTE if behind[0] <= when < behind[1] else stage.lag(),
    )
    return at + 2 * HOUR


def late_traffic(stage: Stage, project: ProjectHistory, at: float) -> float:
    """Transactions alone are late, at a true 0.8 %."""
    stage.errors(project, evenly(at, 40 * MINUTE, int(project.per_minute * 40 * 0.0083)))
    stage.change(project, Change(at, at + 40 * MINUTE, late=5 * MINUTE))
    return at + 40 * MINUTE


def dropped(stage: Stage, project: ProjectHistory, at: float) -> float:
    stage.errors(project, evenly(at, 20 * MINUTE, 600), dropped=True)
    return at + 20 * MINUTE


def partly_dropped(stage: Stage, project: ProjectHistory, at: float) -> float:
    """An error every other second; from the third minute on quota drops all but every tenth."""
    times = evenly(at, 40 * MINUTE, 1200)
    kept = [when for number, when in enumerate(times) if when < at + 3 * MINUTE or number % 10 == 0]
    stage.errors(project, kept)
    stage.errors(project, sorted(set(times) - set(kept)), dropped=True)
    return at + 40 * MINUTE


def dropped_traffic(stage: Stage, project: ProjectHistory, at: float) -> float:
    """Three of four transactions are dropped, at a true 0.4 %."""
    stage.errors(project, evenly(at, 40 * MINUTE, int(project.per_minute * 40 * 0.004)))
    stage.change(project, Change(at, at + 40 * MINUTE, dropped=0.75))
    return at + 40 * MINUTE


def messages(stage: Stage, project: ProjectHistory, at: float) -> float:
    level = stage.rng.choice(("info", "warning", "debug"))
    stage.errors(project, evenly(at, 4 * MINUTE, stage.rng.randint(11, 80)), level=level)
    stage.new_type(project, at, level)
    return at + 4 * MINUTE


def release(stage: Stage, project: ProjectHistory, at: float) -> float:
    for number in range(30):
        stage.new_type(project, at + number * 0.5)
    stage.errors(project, evenly(at, 15, 30))
    return at + 15


def new_type(stage: Stage, project: ProjectHistory, at: float) -> float:
    stage.new_type(project, at, stage.rng.choice(("error", "fatal")))
    stage.errors(project, [at])
    return at


def renamed(stage: Stage, project: ProjectHistory, at: float) -> float:
    project.renamed = project.renamed or (at + 20 * MINUTE, f"{project.slug}-renamed")
    return flat(stage, project, at)


def deleted(stage: Stage, project: ProjectHistory, at: float) -> float:
    project.deleted = at + 30 * MINUTE
    stage.errors(project, evenly(at, HOUR, 720))
    return at + HOUR


ALL = frozenset({"quiet", "tiny", "small", "busy", "sampled"})
WITH_TRAFFIC = frozenset({"small", "busy", "sampled"})
PLAYS: Mapping[str, Suits] = {
    "burst": Suits(burst, ALL, 6),
    "barely": Suits(barely, ALL, 3),
    "blip": Suits(blip, ALL, 1),
    "flat": Suits(flat, ALL, 4),
    "steady over": Suits(steady_over, frozenset({"quiet"})),
    "steady under": Suits(steady_under, frozenset({"quiet", "busy"}), 3),
    "chatty": Suits(chatty, ALL, 4),
    "growing": Suits(growing, ALL),
    "flapping count": Suits(flapping_count, frozenset({"quiet", "busy"})),
    "flapping anyhow": Suits(flapping_anyhow, frozenset({"quiet"})),
    "flapping rate": Suits(flapping_rate, frozenset({"small"})),
    "flapping latency": Suits(flapping_latency, WITH_TRAFFIC, 1),
    "rate": Suits(rate, WITH_TRAFFIC, 6),
    "rate, then silence": Suits(rate_then_silence, frozenset({"small"}), 3),
    "slow": Suits(slow, WITH_TRAFFIC, 5),
    "too few": Suits(too_few, frozenset({"tiny"}), 8),
    "mobile": Suits(mobile, frozenset({"quiet", "busy"})),
    "mobile type": Suits(mobile_type, ALL),
    "partly late": Suits(partly_late, frozenset({"quiet", "busy"}), 1),
    "late traffic": Suits(late_traffic, frozenset({"small", "busy"})),
    "dropped": Suits(dropped, frozenset({"quiet", "busy"}), 1),
    "partly dropped": Suits(partly_dropped, frozenset({"quiet", "busy"}), 1),
    "dropped traffic": Suits(dropped_traffic, frozenset({"busy"})),
    "messages": Suits(messages, ALL, 3),
    "release": Suits(release, ALL, 1),
    "new type": Suits(new_type, ALL, 6),
    "renamed": Suits(renamed, frozenset({"quiet"}), 1),
}
