"""Which questions this tick asks. Pure: rules, clock and memory in, questions out.

At most five requests for up to 100 active projects: the freshest count window is asked every tick, everything else when
its window has moved on its grid; what does not fit waits for the next tick, longest waiting first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alerting.rules import windows
from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.model import Judgement, Rule, Window

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
ISSUE_OVERLAP = timedelta(minutes=10)
# Every so many seconds; of every so many turns one reaches so many hours back.
LATE_ISSUES_EVERY = 120
LATE_ISSUES_HOURS = ((15, 24), (5, 6), (1, 1))
NEVER = datetime.fromtimestamp(0, UTC)
READ_FROM: Mapping[Judgement, frozenset[Measure]] = {
    Judgement.CRITICAL_ERRORS: frozenset({Measure.ERRORS}),
    Judgement.ERROR_RATE: frozenset({Measure.ERRORS, Measure.PERFORMANCE}),
    Judgement.P95_LATENCY: frozenset({Measure.PERFORMANCE}),
    Judgement.NEW_ISSUE: frozenset({Measure.NEW_ISSUES}),
}
PRIORITY_ORDER = (Priority.HIGH, Priority.NORMAL, Priority.LOW)


@dataclass(frozen=True, slots=True)
class Asked:
    """The end of the last window that was answered in full, and when a question was last put, at what cost."""

    end: datetime
    at: datetime
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered between ticks, by question key. `active` is the largest number of projects in an answer.

    `turns` is how many ticks at the usual interval one tick stands for.
    """

    asked: Mapping[str, Asked] = field(default_factory=dict)
    active: int = 0
    turns: int = 1

    def to_json(self) -> dict[str, Any]:
        asked = {key: [each.end.isoformat(), each.at.isoformat(), each.requests] for key, each in self.asked.items()}
        return {"asked": asked, "active": self.active, "turns": self.turns}

    def every(self, interval_seconds: int) -> "Memory":
        """For ticks at this interval."""
        return replace(self, turns=max(1, interval_seconds // USUAL_INTERVAL_SECONDS))

    def until(self, now: datetime) -> "Memory":
        """With nothing of a future that did not happen because the clock was set back; else it would be waited for."""
        asked = {key: replace(each, end=min(each.end, now), at=min(each.at, now)) for key, each in self.asked.items()}
        return replace(self, asked=asked)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Memory":
        asked = {
            key: Asked(datetime.fromisoformat(end), datetime.fromisoformat(at), int(requests))
            for key, (end, at, requests) in data.get("asked", {}).items()
        }
        return cls(asked, int(data.get("active", 0)), int(data.get("turns", 1)))


@dataclass(frozen=True, slots=True)
class Situation:
    """What the plan depends on besides the rules.

    `started_at` is the very first start: the past is not told. `dropping` says that quota drops errors that count.
    """

    now: datetime
    settle_seconds: int
    started_at: datetime
    dropping: bool = False


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
    return sorted(chosen, key=lambda question: PRIORITY_ORDER.index(question.priority))


def measures(rules: Sequence[Rule]) -> frozenset[Measure]:
    """Everything that is asked for the sake of these rules."""
    return frozenset({Measure.OUTCOMES}).union(*(READ_FROM[rule.judgement] for rule in rules))


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


def _drops_beside(rule: Rule, now: datetime) -> tuple[Question, Question]:
    """What was dropped in one window, and what was kept in the very same. Outcomes are told in whole minutes."""
    window = Window.ending(windows.floor(now, 60), max(1, rule.window_seconds // 60) * 60)
    kept = Question(Measure.ERRORS, window, Priority.HIGH, beside_drops=True)
    return Question(Measure.OUTCOMES, window, Priority.HIGH, settled=True), kept


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
    """Groups of questions that only make sense together; the first is never left out."""
    by_kind = {rule.judgement: rule for rule in rules}
    groups: list[tuple[Question, ...]] = []
    if (rule := by_kind.get(Judgement.CRITICAL_ERRORS)) is not None:
        window = windows.fresh(situation.now, rule.window_seconds)
        groups.append((Question(Measure.ERRORS, window, Priority.HIGH),))
        # With a steady lag the freshest window never holds a window's worth of errors; its settled twin does.
        groups.append((_settled(Measure.ERRORS, rule, situation, Priority.HIGH),))
    if Judgement.NEW_ISSUE in by_kind:
        groups.append((_new_issues(situation, memory),))
        groups.append((_late_issues(situation),))
    if (rule := by_kind.get(Judgement.ERROR_RATE)) is not None:
        errors = _settled(Measure.ERRORS, rule, situation, Priority.HIGH)
        # First what may have to be found out: what it costs then is taken off the rest.
        groups.append((_settled(Measure.PERFORMANCE, rule, situation, Priority.HIGH), errors))
    if (rule := by_kind.get(Judgement.P95_LATENCY)) is not None:
        performance = _settled(Measure.PERFORMANCE, rule, situation, Priority.NORMAL)
        if not any(each.window == performance.window for group in groups for each in group if len(group) > 1):
            groups.append((performance,))
    if (rule := by_kind.get(Judgement.CRITICAL_ERRORS)) is not None and situation.dropping:
        groups.append(_drops_beside(rule, situation.now))
    if not knows_outcomes(memory, situation.now, OUTCOMES_EVERY):
        groups.append((outcomes(situation.now),))
    return [group for group in groups if any(_has_moved(question, memory) for question in group)]


def _settled(measure: Measure, rule: Rule, situation: Situation, priority: Priority) -> Question:
    window = windows.settled(situation.now, rule.window_seconds, situation.settle_seconds)
    return Question(measure, window, priority, settled=True)


def _new_issues(situation: Situation, memory: Memory) -> Question:
    last = memory.asked.get(f"{Measure.NEW_ISSUES}:fresh")
    since = max(situation.started_at, (last.end if last else situation.started_at) - ISSUE_OVERLAP)
    return Question(Measure.NEW_ISSUES, Window(since, windows.floor(situation.now, 1)), Priority.NORMAL)


def _late_issues(situation: Situation) -> Question:
    """Issues whose first event came late: the last hour again and again, the whole last day now and then."""
    end = windows.floor(situation.now, LATE_ISSUES_EVERY)
    turn = int(end.timestamp()) // LATE_ISSUES_EVERY
    hours = next(reach for turns, reach in LATE_ISSUES_HOURS if turn % turns == 0)
    start = max(situation.started_at, end - timedelta(hours=hours))
    return Question(Measure.NEW_ISSUES, Window(min(start, end), end), Priority.LOW, settled=True)


def _has_moved(question: Question, memory: Memory) -> bool:
    asked = memory.asked.get(key(question))
    steady = not question.settled and not question.beside_drops
    return steady or asked is None or question.window.end > asked.end


def _waiting_since(group: tuple[Question, ...], memory: Memory) -> tuple[bool, float, int]:
    times = [memory.asked[key(question)].at.timestamp() for question in group if key(question) in memory.asked]
    never_asked = len(times) < len(group)
    return not never_asked, min(times, default=0.0), PRIORITY_ORDER.index(group[0].priority)


def _cost(question: Question, memory: Memory) -> int:
    asked = memory.asked.get(key(question))
    return asked.requests if asked else 1
