"""incident → outbox: what the verdicts change, in the one transaction of a tick."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from alerting.complete_notices import HELD
from alerting.incidents import blindness, dropping, escalation, gaps, lagging, late_rates, latest, ticks, unwatched
from alerting.incidents.evaluator_state import EvaluatorState, Sight
from alerting.incidents.models import Incident, Tick
from alerting.incidents.record import every_open_incident, settle
from alerting.parts import Parts
from alerting.poll import drops, traffic
from alerting.poll.plan import remember
from alerting.rules.answers import Answer, Measure
from alerting.rules.model import Verdict


def record(
    parts: Parts,
    tick: Tick,
    state: EvaluatorState,
    standing: Sequence[Incident],
    sight: Sight,
    answers: Sequence[Answer],
    verdicts: Sequence[Verdict],
    now: datetime,
) -> int | None:
    """Returns the notices that are now owed; None where a newer tick has been here before us. The state moves on."""
    desk = parts.desk
    with transaction.atomic():
        if not ticks.pass_fence(tick):
            return None
        open_now = every_open_incident()
        ours = [each for each in open_now if each.environment == desk.environment]
        owed = settle(verdicts, ours, desk, now)
        owed += escalation.escalate(desk, now)
        state.behind, more = lagging.update(state.behind, verdicts, standing, desk, now)
        state.watching = unwatched.watching(state.watching, desk.environment, now)
        owed += more + unwatched.close(state.watching, open_now, parts.rules, desk, now)
        left_out = [gaps.notice_gap(state, parts.count_rule, desk, now)] if sight.reads(Measure.ERRORS, now) else []
        state.rates, too_old = late_rates.wanted(state, sight, parts.rules, verdicts, desk, now)
        owed += blindness.leave_out([*left_out, too_old], open_now, desk, now)
        blindness.update(sight, open_now, desk, state.started_at, now)
        latest.remember(verdicts, now)
        if parts.completion is not None and owed:
            parts.completion.hold(parts.clock() + HELD, now)
        state.traffic = traffic.remember(state.traffic, answers, now)
        dropped = drops.newest(answers)
        if dropped is not None:
            state.drops = dropped.to_json(now)
            owed += dropping.update(dropped, drops.slugs(answers), desk, now)
        state.plan, state.sight = remember(state.plan, answers, now), sight
        if not sight.faults:
            state.good_until = now
            if state.heartbeat_is_due(now):
                state.heartbeat_at = now
        state.save()
    return owed
