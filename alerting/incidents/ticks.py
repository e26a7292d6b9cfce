"""Who may judge which tick: slots claimed by insertion, a fence against latecomers, and the clock set back."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum

from alerting import owner, written_later
from alerting.incidents import evaluator_state
from alerting.incidents.evaluator_state import EvaluatorState
from alerting.incidents.models import Evaluator, Tick
from alerting.outbox import channels, repairs
from alerting.rules.windows import floor

# A tick is over by then: its questions have deadlines and Celery's hard limit ends it.
LONGEST_TICK = timedelta(seconds=90)
CLOCK_TOLERANCE = timedelta(seconds=60)
KEPT = timedelta(hours=48)


def claim(now: datetime, interval_seconds: int, configuration: str = "") -> tuple[Tick, EvaluatorState] | None:
    """This slot's tick if nobody has claimed it and no other tick is running, and what the last one left for it.

    `configuration` is a hash of the settings it is judged with, kept for `alerting check`.
    """
    slot = floor(now, interval_seconds)
    state = evaluator_state.load(now)
    if state.judged_until > now + max(CLOCK_TOLERANCE, 2 * timedelta(seconds=interval_seconds)):
        _clock_went_back(slot, now)
        state = evaluator_state.load(now)
    state.plan = state.plan.every(interval_seconds)
    # By the slot as well, which has an index: two days of ticks are kept.
    earliest = now - LONGEST_TICK - evaluator_state.LONGEST_INTERVAL
    running = Tick.objects.filter(finished_at=None, claimed_at__gt=now - LONGEST_TICK, window_end__gt=earliest)
    if any(tick.window_end != slot and _goes_on(tick.detail.get("owner", "")) for tick in running):
        return None
    try:
        with transaction.atomic():
            detail = {"owner": owner.me(), "configuration": configuration}
            return Tick.objects.create(window_end=slot, claimed_at=now, detail=detail), state
    except IntegrityError:
        return None


def pass_fence(tick: Tick) -> bool:
    """Within the tick's transaction: true for the newest tick only, and it locks out every other until commit."""
    return Evaluator.objects.filter(pk=1, judged_until__lt=tick.window_end).update(judged_until=tick.window_end) == 1


def is_newest(tick: Tick) -> bool:
    """Within a later transaction of the same tick: whether it is still the newest, locked as in `pass_fence`."""
    return Evaluator.objects.select_for_update().filter(pk=1, judged_until=tick.window_end).exists()


def requests_before(tick: Tick, within: timedelta) -> tuple[int, int]:
    """How many ticks there were before this one within that time, and what they cost, everything included."""
    since = tick.window_end - within
    earlier = Tick.objects.filter(window_end__lt=tick.window_end, window_end__gte=since)
    found = earlier.order_by().aggregate(count=Count("pk"), spent=Sum("requests"))
    return found["count"], found["spent"] or 0


def finish(tick: Tick, now: datetime, outcome: str, requests: int) -> None:
    """Close the tick's row, for which every other process waits."""
    tick.finished_at, tick.outcome, tick.requests = now, outcome, requests
    written_later.write(lambda: tick.save(update_fields=("finished_at", "outcome", "requests", "detail")))


def prune(now: datetime, history: timedelta = KEPT) -> int:
    """Delete ticks nobody will ask about any more; returns how many."""
    return Tick.objects.filter(window_end__lt=now - min(KEPT, history)).delete()[0]


def _goes_on(name: str) -> bool:
    """False for one of our own: it can only be a leftover of a task that ended where it could not even say so."""
    return name != owner.me() and not owner.is_dead(name)


def _clock_went_back(slot: datetime, now: datetime) -> None:
    """Forget slots of a future that did not happen, or every tick until then would find its slot taken."""
    with transaction.atomic():
        Tick.objects.filter(window_end__gte=slot).delete()
        Evaluator.objects.filter(pk=1).update(judged_until=slot - timedelta(seconds=1), good_until=slot)
        Evaluator.objects.filter(pk=1, started_at__gt=now).update(started_at=slot)
        channels.clock_went_back(now)
        repairs.clock_went_back(now)
