"""Ratios and percentiles that nobody judged when they were fresh: read afterwards, window by window, a few per tick.

No total over a longer time says anything about the windows in it, so each has to be read; they lie half their length
apart, and a tenth around what comes near the threshold. That is two requests a window; one where no project has
transactions enough, three where a rate is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from alerting.poll import drops
from alerting.poll.ingestion import ON_SETTLED_DATA
from alerting.poll.model import Answer, Measure, Priority, Question, Source
from alerting.poll.readings import Watched, assemble
from alerting.rules.evaluate import judge_all
from alerting.rules.model import Judgement, Outcome, Project, Reason, Rule, Trust, Verdict, Window

STEPS_PER_WINDOW = 2
FINE_STEPS_PER_WINDOW = 10
# Half of a window over the threshold is in the next window that is read.
NEAR = 0.5
# The third asks what quotas dropped, where a rate is over the threshold.
REQUESTS_PER_WINDOW = 3
# Windows that could not be judged because events were late are read when they have come.
SETTLED_AFTER = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Found:
    """One project's stretch over a rule's threshold, and the worst window in it."""

    project: Project
    stretch: Window
    worst: Window
    value: float

    def to_json(self) -> list[Any]:
        return [self.project.id, self.project.slug, *_pair(self.stretch), *_pair(self.worst), self.value]


@dataclass(frozen=True, slots=True)
class Review:
    """Windows of one length that end from `next` to `until` have to be read, not before a time."""

    seconds: int
    next: datetime
    until: datetime
    not_before: datetime
    fine_until: datetime | None = None
    held: bool = False
    found: Mapping[str, tuple[Found, ...]] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return self.next > self.until

    def to_json(self) -> dict[str, Any]:
        found = {
            rule: [
                [each.project.id, each.project.slug, *_pair(each.stretch), *_pair(each.worst), each.value]
                for each in listed
            ]
            for rule, listed in self.found.items()
        }
        return {
            "seconds": self.seconds,
            "next": self.next.isoformat(),
            "until": self.until.isoformat(),
            "not_before": self.not_before.isoformat(),
            "fine_until": self.fine_until.isoformat() if self.fine_until else None,
            "held": self.held,
            "found": found,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Review":
        moment = datetime.fromisoformat
        found = {
            rule: tuple(
                Found(Project(key, slug), Window(moment(a), moment(b)), Window(moment(c), moment(d)), value)
                for key, slug, a, b, c, d, value in listed
            )
            for rule, listed in data["found"].items()
        }
        following, until, not_before = (moment(data[name]) for name in ("next", "until", "not_before"))
        fine_until = moment(data["fine_until"]) if data["fine_until"] else None
        return cls(data["seconds"], following, until, not_before, fine_until, data["held"], found)


def after_a_gap(rules: Sequence[Rule], last_good: datetime, settle_seconds: int, now: datetime) -> list[Review]:
    """Every window that should have been read since then."""
    settle = timedelta(seconds=settle_seconds)
    return [
        Review(seconds, (last_good - settle).replace(microsecond=0), now - settle, now) for seconds in _lengths(rules)
    ]


def with_held(reviews: Sequence[Review], verdicts: Sequence[Verdict], now: datetime) -> list[Review]:
    """And windows that could not be judged now because ingestion is behind."""
    result = list(reviews)
    for verdict in verdicts:
        window = verdict.reading.window
        if not _is_put_off(verdict) or verdict.rule.judgement not in ON_SETTLED_DATA:
            continue
        seconds, later = verdict.rule.window_seconds, now + SETTLED_AFTER
        places = [place for place, each in enumerate(result) if each.held and each.seconds == seconds]
        if places:
            before = result[places[0]]
            result[places[0]] = replace(before, until=max(before.until, window.end), not_before=later)
        else:
            result.append(Review(seconds, window.end, window.end, later, held=True))
    return result


def _is_put_off(verdict: Verdict) -> bool:
    """Not judged though it was read. What is only put off until something else is asked is asked again by itself."""
    over = (verdict.reading.value or 0.0) > verdict.rule.threshold
    return verdict.reason is Reason.INGESTION_BEHIND or (verdict.reason is Reason.INGESTION_UNKNOWN and over)


def go_on(
    source: Source, rules: Sequence[Rule], review: Review, environment: str, limit: int, now: datetime
) -> tuple[Review, int]:
    """Read and judge as many windows as the limit allows; returns what is left to do and the requests made."""
    mine = [rule for rule in rules if rule.judgement in ON_SETTLED_DATA and rule.window_seconds == review.seconds]
    requests = 0
    while requests + REQUESTS_PER_WINDOW <= limit and not review.is_over and now >= review.not_before:
        window = Window.ending(review.next, review.seconds)
        answers, cost = _read(source, mine, window)
        requests += cost
        if answers is None:
            break
        watched = Watched(environment=environment)
        verdicts = judge_all(assemble(mine, answers, watched), now)
        if any(_is_rate_over(each) for each in verdicts):
            outcomes = source.ask(Question(Measure.OUTCOMES, window, Priority.LOW, settled=True))
            requests += outcomes.requests
            if outcomes.trust not in {Trust.VALUE, Trust.NO_DATA}:
                break
            verdicts = judge_all(assemble(mine, answers, replace(watched, dropped=drops.told_by(outcomes))), now)
        review = _next(replace(review, found=_noted(review.found, verdicts)), verdicts)
    return review, requests


def _next(review: Review, verdicts: Sequence[Verdict]) -> Review:
    """One step further; a step back, and on in small ones, where a value was near the threshold without being over."""
    half = timedelta(seconds=max(1, review.seconds // STEPS_PER_WINDOW))
    small = timedelta(seconds=max(1, review.seconds // FINE_STEPS_PER_WINDOW))
    is_fine = review.fine_until is not None and review.next < review.fine_until
    if not is_fine and any(_is_near(each) for each in verdicts):
        return replace(review, next=review.next - half + small, fine_until=review.next + half)
    following = review.next + (small if is_fine else half)
    return replace(review, next=review.until if review.next < review.until < following else following)


def _is_near(verdict: Verdict) -> bool:
    value = verdict.reading.value
    return verdict.outcome is Outcome.CLEAR and value is not None and value > NEAR * verdict.rule.threshold


def _read(source: Source, rules: Sequence[Rule], window: Window) -> tuple[list[Answer] | None, int]:
    performance = source.ask(Question(Measure.PERFORMANCE, window, Priority.LOW, settled=True))
    if performance.trust is not Trust.VALUE:
        return None, performance.requests
    needed = min((rule.min_sample for rule in rules if rule.judgement is Judgement.ERROR_RATE), default=None)
    if needed is None or not any((row.transactions or 0) >= needed for row in performance.rows.values()):
        return [performance], performance.requests
    errors = source.ask(Question(Measure.ERRORS, window, Priority.LOW, settled=True))
    cost = performance.requests + errors.requests
    return ([performance, errors] if errors.trust is Trust.VALUE else None), cost


def _is_rate_over(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.BREACHED and verdict.rule.judgement is Judgement.ERROR_RATE


def _noted(found: Mapping[str, tuple[Found, ...]], verdicts: Sequence[Verdict]) -> dict[str, tuple[Found, ...]]:
    result = dict(found)
    for verdict in verdicts:
        if verdict.outcome is not Outcome.BREACHED:
            continue
        reading, value = verdict.reading, verdict.reading.value or 0.0
        listed = list(result.get(verdict.rule.name, ()))
        new = Found(reading.project, reading.window, reading.window, value)
        places = [
            place
            for place, each in enumerate(listed)
            if each.project.id == reading.project.id and reading.window.start <= each.stretch.end
        ]
        if places:
            before = listed[places[-1]]
            worst, most = (new.worst, value) if value > before.value else (before.worst, before.value)
            stretch = Window(before.stretch.start, max(before.stretch.end, reading.window.end))
            listed[places[-1]] = Found(reading.project, stretch, worst, most)
        else:
            listed.append(new)
        result[verdict.rule.name] = tuple(listed)
    return result


def _lengths(rules: Sequence[Rule]) -> list[int]:
    return sorted({rule.window_seconds for rule in rules if rule.judgement in ON_SETTLED_DATA})


def _pair(window: Window) -> tuple[str, str]:
    return window.start.isoformat(), window.end.isoformat()
