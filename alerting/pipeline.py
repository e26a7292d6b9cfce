"""The map: a tick is poll → evaluate → incident → outbox, a delivery is outbox → notifier. Nothing else happens."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction

from alerting.complete_notices import HELD, INCOMPLETE, Completion
from alerting.errors import DeliveryError
from alerting.incidents import (
    blindness,
    dropping,
    escalation,
    gaps,
    hindsight,
    lagging,
    late_rates,
    latest,
    record,
    ticks,
    unwatched,
)
from alerting.incidents.blindness import Sight
from alerting.incidents.models import Evaluator, Incident, Tick
from alerting.notifiers.base import Notifier
from alerting.outbox import channels, queue, repairs, taken, trouble
from alerting.outbox.message import Notice
from alerting.outbox.models import Message
from alerting.poll import drops, traffic
from alerting.poll.model import Answer, Measure, Source
from alerting.poll.plan import SAVED_TICKS, Memory, Situation, has_room, measures, questions, remember, spare
from alerting.rules.model import Judgement, Rule, Verdict
from alerting.verdicts import judge

logger = logging.getLogger(__name__)

# A turn and its last sending end within the 30 s that a deploy grants.
DELIVERY_TURN_SECONDS = 15.0
# Longer pauses, which a provider asks for or which refusals have grown to, are left to beat's next hint.
SHORT_PAUSE_SECONDS = 5.0
SUPERVISION_SLACK = timedelta(minutes=1)
_sending: Mapping[str, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline runs on; made once per process by `alerting.wiring`."""

    rules: tuple[Rule, ...]
    source: Source
    notifiers: Mapping[str, Notifier]
    desk: record.Desk
    interval_seconds: int
    settle_seconds: int
    catch_up_seconds: int = 0
    watched: str = ""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    configuration: str = ""
    completion: Completion | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class TickReport:
    """What a tick did.

    `good` says that every question was answered in full; `heartbeat` that the dead man's switch is due because of it.
    """

    window_end: datetime
    requests: int
    owed: int
    good: bool
    outcome: str
    heartbeat: bool = False


def evaluate_tick(parts: Parts, now: datetime) -> TickReport | None:
    """Judge every rule once; None where this slot is somebody else's."""
    tick = ticks.claim(now, parts.interval_seconds, parts.configuration)
    if tick is None:
        return None
    outcome, requests = "failed", 0
    try:
        state = ticks.evaluator(now)
        standing = record.open_incidents(parts.desk.environment)
        answers = _poll(parts, state, now)
        verdicts = judge(parts, state, standing, answers, now)
        requests = sum(answer.requests for answer in answers)
        sight = blindness.look(state.memory.get("sight", {}), answers, measures(parts.rules), now)
        owed = _record(parts, tick, state, standing, sight, answers, verdicts, now)
        left = state.memory.get(INCOMPLETE, [])
        if parts.completion is not None and owed is not None and (owed or left):
            requests += parts.completion.complete(tick, requests, left, now)
        if owed is not None and Measure.ERRORS.value not in sight.faults:
            owed, requests = _look_back(parts, tick, owed, requests, now)
        outcome = "fenced" if owed is None else "partial" if sight.faults else "good"
        good = outcome == "good"
        heartbeat = good and ticks.heartbeat_is_due(state, now)
        return TickReport(tick.window_end, requests, owed or 0, good, outcome, heartbeat)
    finally:
        ticks.finish(tick, parts.clock(), outcome, requests)


def deliver_due(parts: Parts, channel: str) -> float | None:
    """Send what is owed on one channel, in order and at its pace; seconds after which to come back, if soon."""
    lock = _sending[channel]
    if not lock.acquire(blocking=False):
        return None
    try:
        taken.settle_all(channel)
        if not trouble.clear(channel, parts.notifiers, parts.fingerprints.get(channel, ""), parts.clock()):
            return None
        if not queue.anything(channel) or not channels.hold(channel, parts.clock()):
            return None
        try:
            repairs.recover(channel, parts.clock())
            return _send_for_a_turn(parts, channel)
        finally:
            channels.release(channel)
    finally:
        lock.release()


def supervise(parts: Parts, now: datetime) -> bool:
    """Tell that we are blind where no tick has finished for a while; true while we are, for whatever reason.

    Ticks tell it themselves when Sentry does not answer; this is for ticks that fail before they can.
    """
    state = ticks.evaluator(now)
    last = max(state.judged_until, state.started_at)
    if now - last < blindness.patience(parts.interval_seconds) + SUPERVISION_SLACK:
        return blindness.stands()
    sight = Sight({"errors": last}, {"errors": "No evaluation has finished since then."})
    with transaction.atomic():
        return blindness.update(sight, parts.desk.channels, parts.interval_seconds, last, now)


def _poll(parts: Parts, state: Evaluator, now: datetime) -> list[Answer]:
    memory = Memory.from_json(state.memory.get("plan", {})).until(now)
    dropping = bool(drops.lately(state.memory.get("drops", {}), (), now).errors) and not parts.desk.environment
    situation = Situation(now, parts.settle_seconds, state.started_at, dropping)
    answers: list[Answer] = []
    for question in questions(parts.rules, situation, memory):
        # Retries, and finding out what a server understands, cost more than was planned: what is left has to wait.
        if answers and not has_room(memory, answers):
            break
        answers.append(parts.source.ask(question))
    return answers


def _record(
    parts: Parts,
    tick: Tick,
    state: Evaluator,
    standing: Sequence[Incident],
    sight: Sight,
    answers: Sequence[Answer],
    verdicts: Sequence[Verdict],
    now: datetime,
) -> int | None:
    """The one transaction of a tick; None where a newer tick has been here before us."""
    plan = remember(Memory.from_json(state.memory.get("plan", {})).until(now), answers, now)
    watching = unwatched.watching(state.memory, parts.desk.environment, now)
    with transaction.atomic():
        if not ticks.pass_fence(tick):
            return None
        owed = record.settle(verdicts, parts.desk, now) + escalation.escalate(parts.desk, now)
        behind, more = lagging.update(state.memory.get("behind", {}), verdicts, standing, parts.desk, now)
        owed += more
        owed += unwatched.close(watching, parts.rules, parts.desk, now)
        left_out = [gaps.notice_gap(state, _count_rule(parts), parts, now)] if sight.reads(Measure.ERRORS, now) else []
        rates, too_old = late_rates.wanted(state, sight, parts.rules, verdicts, parts, now)
        owed += blindness.leave_out([*left_out, too_old], parts.catch_up_seconds, parts.desk.channels, now)
        blindness.update(sight, parts.desk.channels, parts.interval_seconds, state.started_at, now)
        latest.remember(verdicts, now)
        if parts.completion is not None and owed:
            parts.completion.hold(parts.clock() + HELD, now)
        memory = {**state.memory, "plan": plan.to_json(), "sight": sight.to_json(), "watching": watching}
        if any(drops.are_told_by(answer) for answer in answers):
            memory["drops"] = drops.lately(state.memory.get("drops", {}), answers, now).to_json(now)
            owed += dropping.update(drops.lately(memory["drops"], (), now), parts.desk, now)
        memory["behind"] = behind
        memory["traffic"] = traffic.remember(state.memory.get("traffic", {}), answers, now)
        memory["rates"] = rates
        if not sight.faults and ticks.heartbeat_is_due(state, now):
            memory["heartbeat"] = now.isoformat()
        changes = {"memory": memory} if sight.faults else {"memory": memory, "good_until": now}
        Evaluator.objects.filter(pk=1).update(**changes)
    return owed


def _look_back(parts: Parts, tick: Tick, owed: int, spent: int, now: datetime) -> tuple[int, int]:
    """With the requests that are left, look again at what was judged; returns the tick's notices and requests."""
    rule, state = _count_rule(parts), ticks.evaluator(now)
    if rule is None or parts.catch_up_seconds == 0:
        return owed, spent
    limit = spare(int(state.memory["plan"]["active"]), spent, ticks.requests_before(tick, SAVED_TICKS))
    reach = hindsight.Range(state.started_at, parts.settle_seconds, parts.catch_up_seconds, parts.watched)
    found = hindsight.look_back(parts.source, rule, reach, state.memory, parts.desk.environment, limit, now)
    requests = found.requests if found else 0
    rates = late_rates.go_on(parts.source, parts.rules, state.memory, parts.desk.environment, limit - requests, now)
    requests += rates.requests
    if found is None and not requests:
        return owed, spent
    with transaction.atomic():
        if not ticks.is_newest(tick):
            return owed, spent + requests
        owed += rates.tell(parts.rules, parts.desk, parts.settle_seconds, now)
        grown, settled = found.grown if found else (), now - timedelta(seconds=parts.settle_seconds)
        memory = {**state.memory, "rates": rates.to_json(parts.rules, grown, settled, now)}
        if found:
            more, memory["look_back"] = found.save(parts.desk, now)
            owed += more
        state.memory = memory
        state.save(update_fields=("memory",))
    return owed, spent + requests


def _count_rule(parts: Parts) -> Rule | None:
    return next((rule for rule in parts.rules if rule.judgement is Judgement.CRITICAL_ERRORS), None)


def _send_for_a_turn(parts: Parts, channel: str) -> float | None:
    turn_ends = time.monotonic() + DELIVERY_TURN_SECONDS
    while True:
        now = parts.clock()
        pause = channels.wait(channel, now)
        if pause > SHORT_PAUSE_SECONDS or not queue.due(channel, now + timedelta(seconds=pause)).exists():
            return None
        if time.monotonic() + pause > turn_ends:
            return pause
        parts.sleep(pause)
        if not channels.renew(channel, parts.clock()):
            return None
        message = queue.take(channel, parts.clock())
        if message is None:
            return None
        if not _send(parts, channel, message):
            pause = channels.wait(channel, parts.clock())
            return pause if pause <= SHORT_PAUSE_SECONDS else None


def _send(parts: Parts, channel: str, message: Message) -> bool:
    """Send one message and settle it; false where the channel must not be used any further in this turn."""
    try:
        notice = Notice.from_json(message.payload)
        receipt = parts.notifiers[channel].send(notice, queue.thread_ref(message), message.dedupe_key)
    except DeliveryError as error:
        logger.warning("%s did not take message %s: %s (%s)", channel, message.pk, error, error.reason)
        queue.mark_failed(message, error, parts.clock())
        if not error.permanent:
            return False
        trouble.report(message, error, parts.notifiers, parts.fingerprints.get(channel, ""), parts.clock())
        return trouble.is_open(channel)
    except Exception as error:
        # A message that our own code cannot send must not block the ones behind it.
        logger.exception("message %s could not be sent through %s", message.pk, channel)
        queue.mark_failed(message, DeliveryError("internal_error", type(error).__name__), parts.clock(), pause=False)
        return True
    taken.settle(message, receipt, parts.clock())
    channels.keep_pace(channel, parts.clock())
    logger.info("%s took message %s (%s)", channel, message.pk, message.kind)
    return True
