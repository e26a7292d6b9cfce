"""Ratios and percentiles found afterwards: what has to be read is kept between ticks, what was found is told once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerting.incidents import gaps, late
from alerting.incidents.desk import Desk
from alerting.incidents.evaluator_state import EvaluatorState, Sight
from alerting.poll import rate_review, traffic
from alerting.poll.blocks import Told
from alerting.poll.past import Breach
from alerting.poll.rate_review import Review
from alerting.rules.answers import Measure, Source
from alerting.rules.model import Rule, Verdict, Window

# Windows of ratios move once a minute at most; what is a few minutes late has not been missed.
SHORTEST_GAP = timedelta(minutes=3)
# Ticks that are as far apart have requests enough for both.
TURN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Turn:
    """What is left to do after some reading, and what was found, by rule."""

    left: Sequence[Review]
    found: Sequence[Mapping[str, Sequence[Breach]]]
    requests: int

    def tell(self, rules: Sequence[Rule], desk: Desk, now: datetime) -> int:
        """Within the caller's transaction; returns how many notices are now owed."""
        owed = 0
        for by_rule in self.found:
            for rule in rules:
                found = by_rule.get(rule.name, ())
                told = late.told(rule, desk, min(each.stretch.start for each in found)) if found else {}
                news = [
                    each
                    for each in found
                    if not any(_is_same(one, each.stretch, rule) for one in told.get(each.project.id, ()))
                ]
                owed += late.tell(rule, news, desk, now) if news else 0
        return owed


def wanted(
    state: EvaluatorState, sight: Sight, rules: Sequence[Rule], verdicts: Sequence[Verdict], desk: Desk, now: datetime
) -> tuple[list[Review], Window | None]:
    """What has to be read afterwards, this tick's news included, and what of it is too long ago, None mostly."""
    reviews = list(state.rates)
    if desk.catch_up_seconds:
        reviews = rate_review.with_held(reviews, verdicts, now)
    name = Measure.PERFORMANCE.value
    last = state.sight.good.get(name)
    longest = max(SHORTEST_GAP, timedelta(seconds=4 * desk.interval_seconds))
    left_out = None
    if last is not None and desk.catch_up_seconds and sight.good.get(name) == now and now - last > longest:
        earliest = max(state.started_at, now - timedelta(seconds=desk.catch_up_seconds))
        left_out = Window(last, earliest) if earliest - last >= gaps.WORTH_SAYING else None
        reviews += rate_review.after_a_gap(rules, max(last, earliest), desk.settle_seconds, now)
    return reviews, left_out


def kept_for_them(state: EvaluatorState, now: datetime) -> int:
    """How many requests counts leave to rates that can be read now: a window's worth in every other two minutes.

    Without it rates get what counts leave over, which is nothing for as long as late errors keep coming.
    """
    is_their_turn = int(now.timestamp()) // TURN_SECONDS % 2 == 1
    return rate_review.REQUESTS_PER_WINDOW if is_their_turn and any(each.is_due(now) for each in state.rates) else 0


def go_on(
    source: Source, rules: Sequence[Rule], state: EvaluatorState, environment: str, limit: int, now: datetime
) -> Turn:
    """Read what is to be read, as far as the limit goes."""
    left: list[Review] = []
    found: list[Mapping[str, Sequence[Breach]]] = []
    requests = 0
    usual = traffic.usual(state.traffic)
    for asked in state.rates:
        review, cost = rate_review.go_on(source, rules, asked, environment, limit - requests, now, usual)
        requests += cost
        review, ready = rate_review.take_told(review)
        found += [ready] if ready else []
        left += [] if review.is_over else [review]
    return Turn(left, found, requests)


def _is_same(told: Told, stretch: Window, rule: Rule) -> bool:
    """Windows overlap, so where a stretch began or ended is known to the length of one."""
    near = timedelta(seconds=rule.window_seconds)
    return told.start <= stretch.end + near and (told.end is None or stretch.start <= told.end)
