"""The truth, by brute force from what happened and by nothing that is under test: when each rule was truly broken."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from tests.signal.history import ERROR_LEVELS, Error, History, ProjectHistory, Stretch

RULES = ("critical_errors", "error_rate", "p95_latency")
# The defaults, written down once more on purpose.
COUNT, COUNT_WINDOW = 10, 300
WINDOW, RATE, TAIL = 600, 0.01, 0.05
SAMPLE = {"error_rate": 100, "p95_latency": 50}
STEP = 30
# Breaches this short fall between the windows that are read; they may be told and need not be.
SURE = {"critical_errors": 30, "error_rate": 180, "p95_latency": 180}
# What is judged by a sample is certain only so many standard errors away from the threshold.
NOISE = 3.0


@dataclass(frozen=True, slots=True)
class Breach:
    """One stretch in which a rule was broken. `readable` is when the answers first held enough to see it."""

    rule: str
    project: str
    start: float
    end: float
    readable: float
    sure: bool


def breaches(history: History, facts: "Facts", rule: str) -> list[Breach]:
    """Every breach of one rule in one project, in the order of time."""
    return list(_counts(facts, history) if rule == "critical_errors" else _samples(facts, history, rule))


class Facts:
    """The true numbers of one project in any window."""

    def __init__(self, project: ProjectHistory) -> None:
        self.project = project
        self.errors: list[Error] = [each for each in project.errors if each.level in ERROR_LEVELS]
        self.error_times = [each.at for each in self.errors]
        self.traffic_times = [each.at for each in project.traffic]
        self._dropped_errors = [0, *accumulate(each.dropped for each in self.errors)]
        self._traffic = {
            name: [0, *accumulate(getattr(each, name) for each in project.traffic)]
            for name in ("total", "slow", "stored", "dropped")
        }

    def count(self, start: float, end: float) -> int:
        return bisect_left(self.error_times, end) - bisect_left(self.error_times, start)

    def transactions(self, name: str, start: float, end: float) -> int:
        sums = self._traffic[name]
        return sums[bisect_left(self.traffic_times, end)] - sums[bisect_left(self.traffic_times, start)]

    def readable(self, rule: str, end: float) -> float:
        """When the answers first held the errors that carry the window that ends then over the threshold."""
        if rule != "error_rate":
            return 0.0
        start = end - WINDOW
        inside = self.errors[bisect_left(self.error_times, start) : bisect_left(self.error_times, end)]
        needed = int(RATE * self.transactions("total", start, end)) + 1
        return sorted(each.readable for each in inside)[:needed][-1] if inside else 0.0

    def is_whole(self, start: float, end: float) -> bool:
        """Whether quota dropped nothing of this window."""
        first, last = bisect_left(self.error_times, start), bisect_left(self.error_times, end)
        return not (
            self._dropped_errors[last] - self._dropped_errors[first] or self.transactions("dropped", start, end)
        )

    def is_enough(self, rule: str, start: float, end: float) -> bool:
        """Whether as many transactions are stored as the rule wants to judge by."""
        return rule == "critical_errors" or self.transactions("stored", start, end) >= SAMPLE[rule]

    def is_over(self, rule: str, start: float, end: float, errors: float = 0.0) -> bool:
        """Whether the true value is over the threshold, by so many standard errors of the sample it is judged by."""
        if rule == "critical_errors":
            return self.count(start, end) > COUNT
        total, stored = self.transactions("total", start, end), self.transactions("stored", start, end)
        if not total or not stored:
            return False
        deviation = stored**-0.5 if self.project.sampled < 1 else 0.0
        if rule == "error_rate":
            return self.count(start, end) / total > RATE * (1 + errors * deviation)
        tail = (TAIL * (1 - TAIL)) ** 0.5
        return self.transactions("slow", start, end) / total > TAIL + errors * deviation * tail


def _counts(facts: Facts, history: History) -> Iterator[Breach]:
    """From the eleventh error within the window to the moment at which only ten are left in one."""
    times = facts.error_times
    last = [number for number in range(COUNT, len(times)) if times[number] - times[number - COUNT] < COUNT_WINDOW]
    for start, end in _union(Stretch(times[number], times[number - COUNT] + COUNT_WINDOW) for number in last):
        inside = last[bisect_left(last, start, key=times.__getitem__) : bisect_right(last, end, key=times.__getitem__)]
        readable = min(max(each.readable for each in facts.errors[at - COUNT : at + 1]) for at in inside)
        sure = end - start >= SURE["critical_errors"]
        yield Breach("critical_errors", facts.project.id, start, end, history.up_again(readable), sure)


def _samples(facts: Facts, history: History, rule: str) -> Iterator[Breach]:
    """Every half minute: enough transactions in the window that ends then, and a value over the threshold."""
    if not facts.traffic_times:
        return
    ends = range(STEP, int(facts.traffic_times[-1]) + WINDOW, STEP)
    over = [end for end in ends if facts.is_enough(rule, end - WINDOW, end) and facts.is_over(rule, end - WINDOW, end)]
    certain = {
        end for end in over if facts.is_over(rule, end - WINDOW, end, NOISE) and facts.is_whole(end - WINDOW, end)
    }
    for start, end in _union(Stretch(each, each + STEP) for each in over):
        runs = _union(Stretch(each, each + STEP) for each in over if start <= each < end and each in certain)
        sure = any(run.end - run.start >= SURE[rule] for run in runs)
        first = bisect_left(facts.traffic_times, start - WINDOW)
        window = facts.project.traffic[first : bisect_left(facts.traffic_times, start)]
        readable = history.up_again(max(facts.readable(rule, start), *(each.readable for each in window)))
        yield Breach(rule, facts.project.id, start, end, readable, sure)


def _union(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for each in stretches:
        if merged and each.start <= merged[-1].end:
            merged[-1] = Stretch(merged[-1].start, max(merged[-1].end, each.end))
        else:
            merged.append(each)
    return merged
