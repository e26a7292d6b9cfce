"""Ratios and percentiles that nobody judged when they were fresh: read afterwards, window by window, a few per tick.

No total over a longer time says anything about the windows in it, so each has to be read; they lie half their length
apart, and a tenth around what comes near the threshold without being part of a breach that was found. That is two
requests a window; one where no project has transactions enough, three where a rate is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from alerting.poll import drops, traffic
from alerting.poll.as_json import AsJson
from alerting.poll.past import Breach
from alerting.rules.answers import Answer, Measure, Priority, Question, Source
from alerting.rules.evaluate import judge_all
from alerting.rules.model import Key, Outcome, Project, Reason, Rule, Trust, Verdict, Window
from alerting.rules.readings import Watched, assemble

STEPS_PER_WINDOW = 2
FINE_STEPS_PER_WINDOW = 10
# Half of a window over the threshold is in the next window that is read.
NEAR = 0.5
# The third asks what quotas dropped, where a rate is over the threshold.
REQUESTS_PER_WINDOW = 3
# Windows that could not be judged because events were late, or that have grown since, are read when no more come for
# a while, or after the longer wait.
SETTLED_AFTER, LONGEST_WAIT = timedelta(minutes=4), timedelta(minutes=30)
# What would not be over the threshold with the usual transactions is put off, for so many tries so long apart.
TRIES, TRY_AGAIN = 2, timedelta(minutes=8)
MOST_REVIEWS = 20


def _flat(found: Breach) -> list[Any]:
    moments = (found.stretch.start, found.stretch.end, found.worst.start, found.worst.end)
    return [found.project.id, found.project.slug, *(each.isoformat() for each in moments), found.value]


def _found(stored: Sequence[Any]) -> Breach:
    key, slug, *moments, value = stored
    begin, end, first, last = (datetime.fromisoformat(each) for each in moments)
    return Breach(Project(key, slug), Window(begin, end), Window(first, last), value, first_error_at=begin)


# What is kept of a stretch over a rule's threshold, with the worst window in it.
Kept = Annotated[Breach, PlainSerializer(_flat), BeforeValidator(_found)]


@dataclass(frozen=True, slots=True)
class Review(AsJson):
    """Windows of one length that end from `next` to `until` have to be read, not before a time.

    `found` is not told yet, by rule. `near` are the rules and projects that came near their threshold in the window
    before the next, with no breach before it: if there is none after it either, the two are read in small steps.
    `since` is when this was first wanted, `tries` how often it was put off because transactions were missing.
    """

    seconds: int
    next: datetime
    until: datetime
    not_before: datetime
    fine_until: datetime | None = None
    held: bool = False
    found: Mapping[str, tuple[Kept, ...]] = field(default_factory=dict)
    near: frozenset[Key] = frozenset()
    since: datetime | None = None
    tries: int = 0

    @property
    def is_over(self) -> bool:
        return self.next > self.until

    def is_due(self, now: datetime) -> bool:
        return not self.is_over and now >= self.not_before


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
        if verdict.rule.kind.needs_transactions and _is_put_off(verdict):
            window = verdict.reading.window
            wanted = Review(verdict.rule.window_seconds, window.end, window.end, now + SETTLED_AFTER, held=True)
            _want(result, wanted, now)
    return result


def with_grown(
    reviews: Sequence[Review], rules: Sequence[Rule], grown: Sequence[Window], settled: datetime, now: datetime
) -> list[Review]:
    """And windows that were judged before more errors came into them: those that had `settled` by then."""
    result = list(reviews)
    for stretch in grown:
        for seconds in _lengths(rules):
            step = timedelta(seconds=seconds // STEPS_PER_WINDOW)
            last = min(stretch.end + timedelta(seconds=seconds), settled.replace(microsecond=0))
            _want(result, Review(seconds, stretch.start + step, last, now + SETTLED_AFTER, held=True), now)
    return result


def _want(reviews: list[Review], wanted: Review, now: datetime) -> None:
    """Together with one that waits for its time and lies near, which waits the longer, up to a limit."""
    near = timedelta(seconds=wanted.seconds)
    for place, each in enumerate(reviews):
        same = each.held and each.seconds == wanted.seconds and each.fine_until is None and not each.found
        if same and each.next <= wanted.until + near and wanted.next <= each.until + near:
            since = each.since or now
            latest = max(each.not_before, min(wanted.not_before, since + LONGEST_WAIT))
            reviews[place] = replace(
                each, next=min(each.next, wanted.next), until=max(each.until, wanted.until), not_before=latest
            )
            return
    if len(reviews) < MOST_REVIEWS:
        reviews.append(replace(wanted, since=now))


def _is_put_off(verdict: Verdict) -> bool:
    """Not judged though it was read. What is only put off until something else is asked is asked again by itself."""
    over = (verdict.reading.value or 0.0) > verdict.rule.threshold
    return verdict.reason is Reason.INGESTION_BEHIND or (verdict.reason is Reason.INGESTION_UNKNOWN and over)


def go_on(
    source: Source,
    rules: Sequence[Rule],
    review: Review,
    environment: str,
    limit: int,
    now: datetime,
    usual: Mapping[str, float],
) -> tuple[Review, int]:
    """Read and judge as many windows as the limit allows; returns what is left to do and the requests made.

    `usual` is how many stored transactions a minute projects have.
    """
    mine = [rule for rule in rules if rule.kind.needs_transactions and rule.window_seconds == review.seconds]
    requests = 0
    while requests + REQUESTS_PER_WINDOW <= limit and review.is_due(now):
        window = Window.ending(review.next, review.seconds)
        answers, cost = _read(source, mine, window)
        requests += cost
        if answers is None:
            break
        watched = Watched(environment=environment)
        verdicts = judge_all(assemble(mine, answers, watched), now)
        if review.tries < TRIES and any(traffic.may_be_incomplete(each, usual) for each in verdicts):
            return replace(review, not_before=now + TRY_AGAIN, tries=review.tries + 1), requests
        if any(each.outcome is Outcome.BREACHED and each.rule.kind.is_ratio for each in verdicts):
            outcomes = source.ask(Question(Measure.OUTCOMES, window, Priority.LOW, settled=True))
            requests += outcomes.requests
            if outcomes.trust not in {Trust.VALUE, Trust.NO_DATA}:
                break
            verdicts = judge_all(assemble(mine, answers, replace(watched, dropped=drops.told_by(outcomes))), now)
        review = _next(replace(review, found=_noted(review.found, verdicts)), verdicts)
    return review, requests


def take_told(review: Review) -> tuple[Review, dict[str, tuple[Breach, ...]]]:
    """The review without what can be told: a window after it is under the threshold, or nothing is left to read."""
    half = timedelta(seconds=max(1, review.seconds // STEPS_PER_WINDOW))
    ready: dict[str, tuple[Breach, ...]] = {}
    rest: dict[str, tuple[Breach, ...]] = {}
    for rule, listed in review.found.items():
        over = [each for each in listed if review.is_over or each.stretch.end + half < review.next]
        ready |= {rule: tuple(over)} if over else {}
        kept = tuple(each for each in listed if each not in over)
        rest |= {rule: kept} if kept else {}
    return replace(review, found=rest), ready


def _next(review: Review, verdicts: Sequence[Verdict]) -> Review:
    """One step further; two steps back, and on in small ones, where a value was near the threshold and no neighbour
    over it."""
    half = timedelta(seconds=max(1, review.seconds // STEPS_PER_WINDOW))
    small = timedelta(seconds=max(1, review.seconds // FINE_STEPS_PER_WINDOW))
    fine_until = review.fine_until or datetime.min.replace(tzinfo=UTC)
    if review.next < fine_until:
        return replace(review, next=min(review.next + small, fine_until))
    over = {each.key for each in verdicts if each.outcome is Outcome.BREACHED}
    # What a breach that was found reaches into needs no closer look.
    known = {(rule, each.project.id) for rule, listed in review.found.items() for each in listed}
    near = frozenset(each.key for each in verdicts if _is_near(each)) - known
    is_last = review.next >= review.until
    if review.next > fine_until and (review.near - over or (near and is_last)):
        back = max(review.next - 2 * half, fine_until)
        return replace(review, next=back + small, fine_until=review.next, near=frozenset())
    following = review.next + half
    return replace(review, next=review.until if not is_last and following > review.until else following, near=near)


def _is_near(verdict: Verdict) -> bool:
    value = verdict.reading.value
    return verdict.outcome is Outcome.CLEAR and value is not None and value > NEAR * verdict.rule.threshold


def _read(source: Source, rules: Sequence[Rule], window: Window) -> tuple[list[Answer] | None, int]:
    performance = source.ask(Question(Measure.PERFORMANCE, window, Priority.LOW, settled=True))
    if performance.trust is not Trust.VALUE:
        return None, performance.requests
    needed = min((rule.min_sample for rule in rules if rule.kind.is_ratio), default=None)
    if needed is None or not any((row.transactions or 0) >= needed for row in performance.rows.values()):
        return [performance], performance.requests
    errors = source.ask(Question(Measure.ERRORS, window, Priority.LOW, settled=True))
    cost = performance.requests + errors.requests
    return ([performance, errors] if errors.trust is Trust.VALUE else None), cost


def _noted(found: Mapping[str, tuple[Breach, ...]], verdicts: Sequence[Verdict]) -> dict[str, tuple[Breach, ...]]:
    """With what these verdicts found; a window that touches the newest stretch of its project prolongs it."""
    result = dict(found)
    for verdict in verdicts:
        if verdict.outcome is not Outcome.BREACHED:
            continue
        name, project, window = verdict.rule.name, verdict.reading.project, verdict.reading.window
        new = Breach(project, window, window, verdict.reading.value or 0.0, window.start)
        listed = result.get(name, ())
        near = [each for each in listed if each.project.id == project.id and window.start <= each.stretch.end]
        if near:
            last = near[-1]
            stretch = Window(last.stretch.start, max(last.stretch.end, window.end))
            worst = max(last, new, key=lambda each: each.value)
            joined = Breach(project, stretch, worst.worst, worst.value, stretch.start)
            result[name] = tuple(joined if each is last else each for each in listed)
        else:
            result[name] = (*listed, new)
    return result


def _lengths(rules: Sequence[Rule]) -> list[int]:
    return sorted({rule.window_seconds for rule in rules if rule.kind.needs_transactions})
