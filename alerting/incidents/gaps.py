"""Gaps between good readings: noticed by a tick, judged by looking back, over when every window in them is judged."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerting.incidents.desk import Desk
from alerting.incidents.evaluator_state import EvaluatorState
from alerting.incidents.models import Gap
from alerting.poll.blocks import Block
from alerting.rules.answers import Measure
from alerting.rules.model import Rule, Window

SHORTEST = timedelta(seconds=60)
# What was sent to Sentry while it was away is ingested within that time.
RECENT = timedelta(minutes=30)
# A few minutes less than were wanted are judged in part, by the windows that reach into them.
WORTH_SAYING = timedelta(minutes=5)


def notice_gap(state: EvaluatorState, rule: Rule | None, desk: Desk, now: datetime) -> Window | None:
    """On a good count: remember the gap since the last one if ticks were missed. Windows that began before are in it.

    But for `gap_ended_at`, which is set, `state` is as it was before this tick. Returned is what of the gap is too long
    ago to be judged, None mostly.
    """
    last = state.sight.good.get(Measure.ERRORS.value, state.started_at)
    longest = max(SHORTEST, 4 * timedelta(seconds=desk.interval_seconds))
    if rule is None or desk.catch_up_seconds == 0 or now - last <= longest:
        return None
    earliest = now - timedelta(seconds=desk.catch_up_seconds)
    wanted = last - timedelta(seconds=rule.window_seconds)
    state.gap_ended_at = now.replace(microsecond=0)
    Gap.objects.create(start=max(earliest, wanted).replace(microsecond=0), end=state.gap_ended_at, noticed_at=now)
    return Window(last, earliest) if earliest - last >= WORTH_SAYING else None


def last_end(state: EvaluatorState, now: datetime) -> datetime | None:
    """When the newest gap was over, if that is not long ago."""
    ended = state.gap_ended_at
    return ended if ended is not None and ended > now - RECENT else None


def give_up(lost: Sequence[Gap], now: datetime) -> list[Window]:
    """End gaps that have left the past we look at before there were requests enough to judge them."""
    for gap in lost:
        gap.finished_at, gap.outcome = now, "too long ago"
        gap.save(update_fields=("finished_at", "outcome"))
    return [gap.window for gap in lost]


def mark(blocks: Iterable[Block], found: Sequence[Gap], now: datetime) -> None:
    """What had been read of a gap that was only just noticed has to be judged again."""
    for gap in found:
        if gap.outcome:
            continue
        gap.outcome = "being judged"
        for block in blocks:
            if block.start < gap.end and gap.start < block.end:
                block.unjudged = dict.fromkeys(block.counts, now.timestamp())


def progress(found: Sequence[Gap], blocks: Sequence[Block], requests: int, told: int, now: datetime) -> None:
    """Note what was done for the gaps, and that a gap is over when all of it has been read and judged."""
    for gap in found:
        gap.requests += requests
        gap.found += told
        inside = [block for block in blocks if block.start < gap.end and gap.start < block.end]
        if blocks and blocks[-1].end >= gap.end and not any(block.unjudged for block in inside):
            gap.finished_at, gap.outcome = now, "judged"
        gap.save(update_fields=("requests", "found", "finished_at", "outcome"))
