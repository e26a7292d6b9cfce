"""How many transactions projects usually send, and whether those of most have stopped at once. Pure.

Where the transactions of most projects end at the same time, Sentry has not shown the newest yet: then errors that
seem to be over may only be late as well.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median_high
from typing import Any

from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.model import Outcome, Trust, Verdict, Window
from alerting.rules.windows import floor

SAMPLE_EVERY = timedelta(minutes=10)
# Long enough for half an hour of lag to be the exception.
REMEMBERED = timedelta(minutes=75)
MOST_PROJECTS = 20
# As long as a rare count needs to fall to its threshold: jobs that run every few minutes are heard in most of them.
TAIL = timedelta(minutes=3)
# A project with fewer a minute may have none by chance; fewer projects may have stopped by themselves.
FEWEST_A_MINUTE = 6.0
FEWEST_PROJECTS = 3
EMPTY = 0.1
# With so much of the usual traffic a rate is right; with less than that a percentile of it may not be.
ENOUGH, HALF = 0.9, 0.5
# The place of all projects among those whose transactions were late.
EVERYWHERE = ""
# For so long an answer holds: while all is late it is not asked again every tick.
BELIEVED = timedelta(seconds=75)


def remember(memory: Mapping[str, Any], answers: Sequence[Answer], now: datetime) -> dict[str, Any]:
    """The memory after this tick: a sample of every project's transactions a minute now and then, and what stopped."""
    samples = [[at, rates] for at, rates in memory.get("samples", []) if _age(at, now) <= REMEMBERED]
    result: dict[str, Any] = {"samples": samples}
    result |= {name: memory[name] for name in ("stopped", "asked_at", "wanted_at", "late") if name in memory}
    known = usual(memory)
    if any(_is_tail(each) and len(_expected(known, each.question)) >= FEWEST_PROJECTS for each in answers):
        result |= {"stopped": stopped(known, answers), "asked_at": now.isoformat()}
        result.pop("wanted_at", None)
    is_due = not samples or _age(samples[-1][0], now) >= SAMPLE_EVERY
    whole = next((each for each in answers if _is_whole(each)), None)
    if whole is not None and is_due:
        minutes = whole.question.window.seconds / 60
        rates = {project.id: row.held / minutes for project, row in whole.rows.items()}
        busiest = sorted((each for each in rates if rates[each] >= FEWEST_A_MINUTE), key=lambda each: -rates[each])
        samples.append([now.isoformat(), {each: round(rates[each], 2) for each in busiest[:MOST_PROJECTS]}])
    return result


def usual(memory: Mapping[str, Any]) -> dict[str, float]:
    """Stored transactions a minute by project id, of projects that have some at most times."""
    samples = [rates for _, rates in memory.get("samples", [])]
    projects = {project for rates in samples for project in rates}
    found = {project: median_high(rates.get(project, 0.0) for rates in samples) for project in projects}
    return {project: rate for project, rate in found.items() if rate >= FEWEST_A_MINUTE}


def late(memory: Mapping[str, Any]) -> dict[str, datetime]:
    """Until when a project's transactions were found to be late, by its id; all projects' under `EVERYWHERE`."""
    return {project: datetime.fromisoformat(at) for project, at in memory.get("late", {}).items()}


def note_late(memory: Mapping[str, Any], found: Mapping[str, datetime], now: datetime) -> dict[str, Any]:
    """The memory with what was found, and without what no window reaches any more."""
    kept = {project: at for project, at in memory.get("late", {}).items() if _age(at, now) <= REMEMBERED}
    return {**memory, "late": kept | {project: at.isoformat() for project, at in found.items()}}


def is_full(verdict: Verdict, usual_rates: Mapping[str, float]) -> bool:
    """Whether its window holds as many transactions as usual; unknown is not full."""
    reading = verdict.reading
    expected = usual_rates.get(reading.project.id, 0.0) * reading.window.seconds / 60
    return 0 < ENOUGH * expected <= reading.held


def is_fresh(memory: Mapping[str, Any], now: datetime) -> bool:
    """Whether it was asked a moment ago whether transactions still come in."""
    return "asked_at" in memory and _age(memory["asked_at"], now) <= BELIEVED


def is_wanted(memory: Mapping[str, Any], now: datetime) -> bool:
    """Whether an end waits for that question since a moment ago."""
    return "wanted_at" in memory and _age(memory["wanted_at"], now) <= BELIEVED


def lately(memory: Mapping[str, Any], now: datetime) -> str:
    """Why ingestion was found to be behind a moment ago; empty where it was not."""
    return str(memory.get("stopped", "")) if is_fresh(memory, now) else ""


def question(memory: Mapping[str, Any], settle_seconds: int, now: datetime) -> Question | None:
    """What asks whether transactions still come in; None where too few projects have any."""
    projects = usual(memory)
    if len(projects) < FEWEST_PROJECTS:
        return None
    end = floor(now - timedelta(seconds=settle_seconds), 1)
    window = Window(end - TAIL, end)
    return Question(Measure.PERFORMANCE, window, Priority.HIGH, settled=True, project_ids=tuple(sorted(projects)))


def stopped(usual_rates: Mapping[str, float], answers: Sequence[Answer]) -> str:
    """Why it seems that ingestion is behind, by answers to such a question; empty where most projects are heard of."""
    for answer in answers:
        asked = answer.question
        if not _is_tail(answer):
            continue
        expected = _expected(usual_rates, asked)
        counts = {project.id: row.held for project, row in answer.rows.items()}
        empty = [each for each, count in expected.items() if counts.get(each, 0) <= EMPTY * count]
        if len(expected) >= FEWEST_PROJECTS and 2 * len(empty) > len(expected):
            return f"the newest transactions of {len(empty)} of {len(expected)} projects are missing"
    return ""


def _expected(usual_rates: Mapping[str, float], asked: Question) -> dict[str, float]:
    minutes = asked.window.seconds / 60
    return {each: usual_rates[each] * minutes for each in asked.project_ids if each in usual_rates}


def _is_tail(answer: Answer) -> bool:
    asked = answer.question
    return asked.measure is Measure.PERFORMANCE and bool(asked.project_ids) and answer.trust is Trust.VALUE


def may_be_incomplete(verdict: Verdict, usual_rates: Mapping[str, float], enough: float = ENOUGH) -> bool:
    """Whether it is over the threshold only because transactions are missing that usually come: they may be late.

    With `enough` of them, as a share, none are thought to be missing.
    """
    reading, rule = verdict.reading, verdict.rule
    held = reading.held
    expected = usual_rates.get(reading.project.id, 0.0) * reading.window.seconds / 60
    if verdict.outcome is not Outcome.BREACHED or held >= enough * expected:
        return False
    if rule.kind.is_ratio:
        return (reading.value or 0.0) * held / expected <= rule.threshold
    return held < HALF * expected


def _is_whole(answer: Answer) -> bool:
    """A window of all projects, as rates are judged by."""
    asked = answer.question
    return (
        asked.measure is Measure.PERFORMANCE
        and asked.settled
        and not asked.project_ids
        and answer.trust is Trust.VALUE
        and bool(answer.rows)
    )


def _age(at: str, now: datetime) -> timedelta:
    """A moment still to come was noted before the clock was set back, and is of no use."""
    age = now - datetime.fromisoformat(at)
    return age if age >= timedelta() else REMEMBERED * 2
