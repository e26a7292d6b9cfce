"""The map: a tick is poll → evaluate → incident → outbox, a delivery is outbox → notifier. Nothing else happens."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from alerting.incidents import blindness, evaluator_state, ticks
from alerting.incidents.evaluator_state import Sight
from alerting.incidents.record import every_open_incident, open_incidents
from alerting.outbox import broken_channels, channels, queue, repairs, unrecorded
from alerting.parts import Parts
from alerting.poll.plan import measures, spent
from alerting.rules.answers import Measure
from alerting.stages.ask import ask
from alerting.stages.judge import judge
from alerting.stages.look_again import look_again
from alerting.stages.record_changes import record
from alerting.stages.send import send_for_a_turn

SUPERVISION_SLACK = timedelta(minutes=1)
_sending: Mapping[str, threading.Lock] = defaultdict(threading.Lock)


@dataclass(slots=True)
class TickReport:
    """What a tick did: `outcome` is good where every question was answered in full, partial where one was not, fenced
    where a newer tick was faster; `heartbeat` says that the dead man's switch is due."""

    window_end: datetime
    outcome: str = "failed"
    requests: int = 0
    owed: int = 0
    heartbeat: bool = False


def evaluate_tick(parts: Parts, now: datetime) -> TickReport | None:
    """Judge every rule once; None where this slot is somebody else's."""
    claimed = ticks.claim(now, parts.desk.interval_seconds, parts.configuration)
    if claimed is None:
        return None
    tick, state = claimed
    report = TickReport(tick.window_end)
    try:
        standing = open_incidents(parts.desk.environment)
        answers = ask(parts, state, now)
        verdicts = judge(parts, state, standing, answers, now)
        report.requests = spent(answers)
        sight = blindness.look(state.sight, answers, measures(parts.rules), now)
        owed = record(parts, tick, state, standing, sight, answers, verdicts, now)
        if owed is None:
            report.outcome = "fenced"
            return report
        report.heartbeat = state.heartbeat_at == now
        if parts.completion is not None:
            report.requests += parts.completion.complete(tick, state, owed, report.requests, now)
        late = 0
        if Measure.ERRORS.value not in sight.faults:
            late, requests = look_again(parts, tick, state, report.requests, now)
            report.requests += requests
        report.owed = owed + late
        report.outcome = "partial" if sight.faults else "good"
        return report
    finally:
        ticks.finish(tick, parts.clock(), report.outcome, report.requests)


def deliver_due(parts: Parts, channel: str) -> float | None:
    """Send what is owed on one channel, in order and at its pace; seconds after which to come back, if soon."""
    lock = _sending[channel]
    if not lock.acquire(blocking=False):
        return None
    try:
        unrecorded.settle_all(channel)
        if not broken_channels.clear(channel, parts.notifiers, parts.fingerprints.get(channel, ""), parts.clock()):
            return None
        if not queue.anything(channel) or not channels.hold(channel, parts.clock()):
            return None
        try:
            repairs.recover(channel, parts.clock())
            return send_for_a_turn(parts, channel)
        finally:
            channels.release(channel, parts.clock())
    finally:
        lock.release()


def supervise(parts: Parts, now: datetime) -> bool:
    """Tell that we are blind where no tick has finished for a while; true while we are, for whatever reason.

    Ticks tell it themselves when Sentry does not answer; this is for ticks that fail before they can.
    """
    state = evaluator_state.load(now)
    last = max(state.judged_until, state.started_at)
    if now - last < blindness.patience(parts.desk.interval_seconds) + SUPERVISION_SLACK:
        return blindness.stands()
    sight = Sight({"errors": last}, {"errors": "No evaluation has finished since then."})
    with transaction.atomic():
        return blindness.update(sight, every_open_incident(), parts.desk, last, now)
