"""With the requests that a tick has left, look again at what was judged before."""

from datetime import datetime, timedelta

from django.db import transaction

from alerting.incidents import hindsight, late_rates, ticks
from alerting.incidents.evaluator_state import EvaluatorState
from alerting.incidents.models import Tick
from alerting.parts import Parts
from alerting.poll import rate_review
from alerting.poll.plan import SAVED_FOR, spare


def look_again(parts: Parts, tick: Tick, state: EvaluatorState, spent: int, now: datetime) -> tuple[int, int]:
    """Returns the notices that are now owed because of it, and the requests it took."""
    rule, desk = parts.count_rule, parts.desk
    is_any_due = state.rates or hindsight.is_due(state.look_back, now)
    if rule is None or desk.catch_up_seconds == 0 or not is_any_due:
        return 0, 0
    limit = spare(state.plan, spent, ticks.requests_before(tick, SAVED_FOR))
    kept = late_rates.kept_for_them(state, now)
    found = hindsight.look_back(parts.source, rule, state, desk, max(0, limit - kept), now)
    requests = found.turn.requests if found else 0
    rates = late_rates.go_on(parts.source, parts.rules, state, desk.environment, limit - requests, now)
    requests += rates.requests
    if found is None and not requests:
        return 0, 0
    with transaction.atomic():
        if not ticks.is_newest(tick):
            return 0, requests
        owed = rates.tell(parts.rules, desk, now)
        grown, settled = found.turn.grown if found else (), now - timedelta(seconds=desk.settle_seconds)
        state.rates = rate_review.with_grown(rates.left, parts.rules, grown, settled, now)
        if found:
            more, state.look_back = found.save(now)
            owed += more
        state.save()
    return owed, requests
