"""Which questions this tick asks. Pure: rules, clock and memory in, questions out.

At most five requests for up to 100 active projects: the freshest count window is asked every tick, everything else when
its window has moved on its grid; what does not fit waits for the next tick, longest waiting first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from alerting.poll.as_json import AsJson
from alerting.rules import windows
from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.kind import Situation
from alerting.rules.model import Rule, Window

REQUESTS_PER_TICK = 5
# Ticks that are further apart do the same work in fewer turns: each may cost as much as the ones it stands for.
USUAL_INTERVAL_SECONDS = 15
# Looking back may use what quiet ticks left over, up to this much in one tick.
MOST_REQUESTS_PER_TICK = 7
SAVED_FOR = timedelta(hours=1)
PROJECTS_PER_PAGE = 100
OUTCOMES_EVERY = timedelta(seconds=60)
# Longer than any usual window and its settle delay: drops anywhere in it keep it from being judged.
OUTCOMES_WINDOW_SECONDS = 900
NEVER = datetime.fromtimestamp(0, UTC)
PRIORITY_ORDER = (Priority.HIGH, Priority.NORMAL, Priority.LOW)


class Asked(NamedTuple):
    """The end of the last window that was answered in full, and when a question was last put, at what cost."""

    end: datetime
    at: datetime
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Memory(AsJson):
    """What is remembered between ticks, by question key. `active` is the largest number of projects in an answer.

    `turns` is how many ticks at the usual interval one tick stands for.
    """

    asked: Mapping[str, Asked] = field(default_factory=dict)
    active: int = 0
    turns: int = 1

    def every(self, interval_seconds: int) -> "Memory":
        """For ticks at this interval."""
        return replace(self, turns=max(1, interval_seconds // USUAL_INTERVAL_SECONDS))

    def until(self, now: datetime) -> "Memory":
        """With nothing of a future that did not happen because the clock was set back; else it would be waited for."""
        asked = {key: Asked(min(each.end, now), min(each.at, now), each.requests) for key, each in self.asked.items()}
        return replace(self, asked=asked)


def key(question: Question) -> str:
    """The name a question is remembered by, whatever its window's position."""
    kind = "settled" if question.settled else "fresh"
    without_length = {Measure.NEW_ISSUES, Measure.OUTCOMES, Measure.PROJECTS}
    length = "" if question.measure in without_length else f":{question.window.seconds:.0f}"
    special = ":beside_drops" if question.beside_drops else ":unfiltered" if question.unfiltered else ""
    if question.project_ids and question.measure is not Measure.PROJECTS:
        special += ":some"
    return f"{question.measure}:{kind}{length}{special}"


def questions(rules: Sequence[Rule], situation: Situation, memory: Memory) -> list[Question]:
    """This tick's questions, most urgent first, cut to the requests a tick may cost.

    The group that has waited longest goes whatever it cost last time: what is never asked again is never seen to have
    become cheap.
    """
    groups = _wanted(rules, situation, memory)
    budget = allowed(memory)
    chosen: list[Question] = []
    spent = 0
    first, rest = groups[:1], groups[1:]
    for place, group in enumerate([*first, *sorted(rest, key=lambda each: _waiting_since(each, memory))]):
        new = [question for question in group if question not in chosen]
        cost = sum(_cost(question, memory) for question in new)
        if place < len(first) + 1 or spent + cost <= budget:
            chosen += new
            spent += cost
    return sorted(chosen, key=_rank)


def measures(rules: Sequence[Rule]) -> frozenset[Measure]:
    """Everything that is asked for the sake of these rules."""
    return frozenset({Measure.OUTCOMES}).union(*(rule.kind.measures for rule in rules))


def allowed(memory: Memory, answers: Sequence[Answer] = ()) -> int:
    """How many requests a tick may cost with as many active projects as are known."""
    return REQUESTS_PER_TICK * memory.turns * pages(active(memory, answers))


def has_room(memory: Memory, answers: Sequence[Answer]) -> bool:
    """Whether a tick that got these answers may ask further."""
    return spent(answers) < allowed(memory, answers)


def active(memory: Memory, answers: Sequence[Answer]) -> int:
    """How many projects are active, as far as is known."""
    return max((memory.active, *(len(answer.rows) for answer in answers)))


def spent(answers: Sequence[Answer]) -> int:
    """The requests these answers took."""
    return sum(answer.requests for answer in answers)


def most(memory: Memory, answers: Sequence[Answer] = ()) -> int:
    """How many requests a tick may cost at most: where something is about to end, and for looking back."""
    return MOST_REQUESTS_PER_TICK * memory.turns * pages(active(memory, answers))


def spare(memory: Memory, spent: int, before: tuple[int, int]) -> int:
    """How many requests a tick that has made so many may still make for the past: what those before it left over.

    `before` is how many they were and what they cost. What this tick itself has left it may use whatever they cost:
    while Sentry refuses, its ticks cost more than their share, and then what was missed has to be read.
    """
    ticks, cost = before
    own = allowed(memory) - spent
    left_over = allowed(memory) * ticks - cost + own
    return max(0, min(max(own, left_over), most(memory) - spent))


def outcomes(now: datetime) -> Question:
    """What quotas dropped lately, the minute that has only begun included: Sentry rounds outwards."""
    start = windows.floor(now, 60) - timedelta(seconds=OUTCOMES_WINDOW_SECONDS)
    return Question(Measure.OUTCOMES, Window(start, windows.floor(now, 1)), Priority.LOW)


def knows_outcomes(memory: Memory, now: datetime, age: timedelta) -> bool:
    """Whether outcomes were told less than `age` ago; a try that failed is repeated at once."""
    asked = memory.asked.get(f"{Measure.OUTCOMES}:fresh")
    return asked is not None and now - asked.end < age


def remember(memory: Memory, answers: Sequence[Answer], now: datetime) -> Memory:
    """The memory after these answers: only complete ones move a window's end, so the rest is asked again."""
    asked = dict(memory.asked)
    active = [0]
    for answer in answers:
        name = key(answer.question)
        end = asked[name].end if name in asked else NEVER
        if answer.is_complete:
            end = answer.question.window.end
            active.append(len(answer.rows))
        asked[name] = Asked(end, now, max(1, answer.requests))
    good = any(answer.is_complete for answer in answers)
    return replace(memory, asked=asked, active=max(active) if good else memory.active)


def pages(active: int) -> int:
    """How many requests an answer about so many projects takes."""
    return max(1, math.ceil(active / PROJECTS_PER_PAGE))


def _wanted(rules: Sequence[Rule], situation: Situation, memory: Memory) -> list[tuple[Question, ...]]:
    """Groups of questions that only make sense together; the first is never left out.

    Of those that have waited equally long the freshest windows go first, and what is asked beside drops last.
    """
    issues = memory.asked.get(f"{Measure.NEW_ISSUES}:fresh")
    situation = replace(situation, issues_until=issues.end if issues else None)
    groups = [group for rule in rules for group in rule.kind.ask(rule, situation)]
    groups.sort(key=lambda group: (group[0].settled, group[-1].beside_drops))
    groups = [group for group in groups if not _is_asked_anyway(group, groups)]
    if not knows_outcomes(memory, situation.now, OUTCOMES_EVERY):
        groups.append((outcomes(situation.now),))
    return [group for group in groups if any(_has_moved(question, memory) for question in group)]


def _is_asked_anyway(group: tuple[Question, ...], groups: Sequence[tuple[Question, ...]]) -> bool:
    """Whether another group asks for the same, and is more urgent."""
    mine = group[0]
    urgent = (each for other in groups for each in other if _rank(each) < _rank(mine))
    return {replace(each, priority=mine.priority) for each in urgent}.issuperset(group)


def _rank(question: Question) -> int:
    return PRIORITY_ORDER.index(question.priority)


def _has_moved(question: Question, memory: Memory) -> bool:
    asked = memory.asked.get(key(question))
    steady = not question.settled and not question.beside_drops
    return steady or asked is None or question.window.end > asked.end


def _waiting_since(group: tuple[Question, ...], memory: Memory) -> tuple[bool, float, int]:
    times = [memory.asked[key(question)].at.timestamp() for question in group if key(question) in memory.asked]
    never_asked = len(times) < len(group)
    return not never_asked, min(times, default=0.0), _rank(group[0])


def _cost(question: Question, memory: Memory) -> int:
    asked = memory.asked.get(key(question))
    return asked.requests if asked else 1
