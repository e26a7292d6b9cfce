"""The life of an incident, pure: what stands, what was judged, and the clock in; what changes and why out.

States: ok → (pending →) firing → recovering → ok, and flapping where that happens too often. A missing reading changes
no state: it is decided on ("stay quiet because …") and nothing else. What can no longer be judged has not recovered: it
ends with that reason once settled, complete answers have shown too little traffic for a while, or once the project is
out of our sight.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from alerting.incidents.standing import Standing, State
from alerting.incidents.worsening import NOTHING_RECENT, Level, Recent
from alerting.incidents.worsening import judge as judge_worsening
from alerting.outbox.message import Kind
from alerting.rules.model import Outcome, Reason, Verdict


class Why(StrEnum):
    """The named reason of every decision, told or quiet."""

    FIRST_BREACH = "first_breach"
    FIRST_SEEN = "first_seen"
    STILL_BREACHED = "still_breached"
    DOUBLED = "value_doubled"
    FASTER = "grows_faster"
    REPEAT_DUE = "repeat_due"
    RECOVERY_STARTED = "recovery_started"
    RECOVERY_NOT_OVER = "recovery_not_over"
    RECOVERY_BROKEN = "breached_again"
    RECOVERED = "recovered"
    THRESHOLD_RAISED = "threshold_raised"
    CHANGES_OFTEN = "changes_often"
    FLAPPING_QUIET = "flapping_quiet"
    STABLE_CLEAR = "stable_clear"
    STABLE_BREACHED = "stable_breached"
    CLEAR_BEFORE_BREACH = "clear_window_before_breach"
    NOT_SETTLED = "window_not_settled"
    NO_DATA = "no_data"
    PARTIAL = "partial_answer"
    SOURCE_ERROR = "source_error"
    DROPPED = "dropped_by_quota"
    INGESTION_BEHIND = "ingestion_behind"
    INGESTION_UNKNOWN = "ingestion_unknown"
    NOT_WATCHED = "not_watched"
    NOT_VISIBLE = "not_visible"
    TOO_LITTLE_TRAFFIC = "too_little_traffic"
    FOUND_LATE = "found_late"
    LATE_AND_OVER = "late_and_over"
    NOTHING_OPEN = "nothing_open"
    ACKNOWLEDGED = "acknowledged"
    SILENCE_ENDED = "silence_ended"


# Ends that are no recovery.
ENDED = frozenset({Why.THRESHOLD_RAISED, Why.NOT_WATCHED, Why.NOT_VISIBLE, Why.TOO_LITTLE_TRAFFIC})

_TOO_LITTLE = frozenset({Reason.TOO_FEW_TRANSACTIONS, Reason.NO_TRANSACTIONS})
_OUT_OF_REACH = {Reason.NOT_WATCHED: Why.NOT_WATCHED, Reason.NOT_VISIBLE: Why.NOT_VISIBLE}


@dataclass(frozen=True, slots=True)
class Policy:
    """How long things must hold.

    After `flap_changes` ends within `flap_window` the next breach is flapping, until nothing has changed for
    `flap_stable`: what comes back less often than that stays under so many ends by itself. `thin` is how
    much longer than a recovery too little traffic must last to end what it keeps from being judged.
    """

    keep_firing: timedelta
    repeat: timedelta
    flap_changes: int = 3
    flap_window: timedelta = timedelta(hours=2)
    flap_stable: timedelta = timedelta(minutes=40)
    worse_pause: timedelta = timedelta(minutes=10)
    thin: timedelta = timedelta(minutes=10)
    worse_reference: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Step:
    """One decision: the standing after it, why, and what people are told (None = stay quiet)."""

    standing: Standing
    why: Why
    tell: Kind | None = None

    @property
    def closes(self) -> bool:
        return self.standing.state is State.OK


def advance(standing: Standing, verdict: Verdict, policy: Policy, recent: Recent = NOTHING_RECENT) -> Step:
    """Decide on one verdict; `recent` are the earlier incidents of the same key."""
    if verdict.outcome is Outcome.BREACHED:
        step = _breached(standing, verdict, policy, recent)
    elif standing.state is State.OK:
        step = Step(standing, Why.NOTHING_OPEN)
    elif verdict.reason in _OUT_OF_REACH:
        step = _end(_OUT_OF_REACH[verdict.reason])
    elif _threshold_raised(standing, verdict):
        step = _end(Why.THRESHOLD_RAISED)
    elif verdict.outcome is Outcome.CLEAR:
        step = _clear(standing, verdict, policy)
    else:
        step = _unjudged(standing, verdict, policy)
    if step.tell is not None:
        said = replace(step.standing, behind_since=None, behind_until=None, behind_why="")
        step = replace(step, standing=said)
    return step


def advance_all(
    standing: Standing, verdicts: Sequence[Verdict], policy: Policy, recent: Recent = NOTHING_RECENT
) -> list[tuple[Verdict, Step]]:
    """Decide on all verdicts of one tick about one incident, breaches first; stops where the incident closes."""
    steps: list[tuple[Verdict, Step]] = []
    order = {Outcome.BREACHED: 0, Outcome.CLEAR: 1, Outcome.UNKNOWN: 2}
    for verdict in sorted(verdicts, key=lambda each: (order[each.outcome], not each.reading.settled)):
        step = advance(standing, verdict, policy, recent)
        steps.append((verdict, step))
        if step.closes:
            break
        standing = step.standing
    return steps


def _breached(standing: Standing, verdict: Verdict, policy: Policy, recent: Recent) -> Step:
    value, end, now = verdict.reading.value or 0.0, verdict.reading.window.end, verdict.at
    seen = replace(
        standing,
        threshold=verdict.rule.threshold,
        breach_until=max(end, standing.breach_until) if standing.breach_until else end,
        clear_since=None,
        thin_since=None,
        thin_until=None,
    )
    told = replace(seen, level=Level.of(value, end), told_at=now)
    match standing.state:
        case State.OK if verdict.reason is Reason.FIRST_SEEN:
            return Step(Standing(), Why.FIRST_SEEN, Kind.FIRST)
        case State.OK if recent.ends >= policy.flap_changes:
            known = Level.of(max(value, recent.peak), None)
            return Step(replace(told, state=State.FLAPPING, since=now, level=known), Why.CHANGES_OFTEN, Kind.FLAPPING)
        case State.OK if verdict.reason is Reason.FOUND_LATE:
            return Step(replace(told, state=State.FIRING, since=now), Why.FOUND_LATE, Kind.LATE)
        case State.OK:
            return Step(replace(told, state=State.FIRING, since=now), Why.FIRST_BREACH, Kind.FIRST)
        case State.RECOVERING:
            return _still_breached(replace(seen, state=State.FIRING, since=now), verdict, policy, Why.RECOVERY_BROKEN)
        case State.FLAPPING:
            since = standing.since if standing.clear_since is None and standing.since else now
            if now - since >= policy.flap_stable:
                return Step(
                    replace(seen, state=State.FIRING, since=now, told_at=now), Why.STABLE_BREACHED, Kind.REMINDER
                )
            return _still_breached(replace(seen, since=since), verdict, policy, Why.FLAPPING_QUIET)
        case _:
            return _still_breached(seen, verdict, policy, Why.STILL_BREACHED)


def _still_breached(seen: Standing, verdict: Verdict, policy: Policy, quiet: Why) -> Step:
    """Told already: tell that it got worse, or remind, or stay quiet for that reason."""
    now = verdict.at
    held_back = seen.worse_at is not None and timedelta() <= now - seen.worse_at < policy.worse_pause
    level, worse = judge_worsening(seen.level, verdict, policy.worse_reference, held_back=held_back)
    seen = replace(seen, level=level)
    if worse is not None:
        if seen.state is State.FLAPPING:
            seen = replace(seen, level=Level.of(level.told, None))
        return Step(replace(seen, told_at=now, worse_at=now), Why(worse.value), Kind.WORSE)
    if policy.repeat and seen.told_at and now - seen.told_at >= policy.repeat:
        return Step(replace(seen, told_at=now), Why.REPEAT_DUE, Kind.REMINDER)
    return Step(seen, quiet)


def _clear(standing: Standing, verdict: Verdict, policy: Policy) -> Step:
    end, now = verdict.reading.window.end, verdict.at
    # A breach dated in the future means that the clock was set back since; waiting for it would be silence.
    if standing.breach_until and end < standing.breach_until <= now:
        return Step(standing, Why.CLEAR_BEFORE_BREACH)
    since = min(standing.clear_since or end, end)
    standing = replace(standing, thin_since=None, thin_until=None)
    if standing.state is State.FLAPPING:
        quiet = max(policy.flap_stable, policy.keep_firing)
        if end - since >= quiet:
            return Step(Standing(), Why.STABLE_CLEAR, Kind.RESOLVED)
        return Step(replace(standing, clear_since=since), Why.FLAPPING_QUIET)
    if end - since >= policy.keep_firing:
        return Step(Standing(), Why.RECOVERED, Kind.RESOLVED)
    if standing.state is State.FIRING:
        started = replace(standing, state=State.RECOVERING, since=now, clear_since=since)
        return Step(started, Why.RECOVERY_STARTED)
    return Step(replace(standing, clear_since=since), Why.RECOVERY_NOT_OVER)


def _unjudged(standing: Standing, verdict: Verdict, policy: Policy) -> Step:
    """Stay quiet: nobody is reminded of what cannot be judged. But too little traffic for long ends it, once."""
    if verdict.reason is Reason.INGESTION_BEHIND and _might_have_ended(standing, verdict):
        since = standing.behind_since or verdict.at
        standing = replace(standing, behind_since=since, behind_until=verdict.at, behind_why=verdict.why)
    if verdict.reason not in _TOO_LITTLE or not verdict.reading.settled:
        return Step(standing, _quiet(verdict.reason))
    window = verdict.reading.window
    joins = standing.thin_until is not None and window.start <= standing.thin_until
    since = standing.thin_since if joins and standing.thin_since else window.end
    if window.end - since >= policy.keep_firing + policy.thin:
        return _end(Why.TOO_LITTLE_TRAFFIC)
    return Step(replace(standing, thin_since=min(since, window.end), thin_until=window.end), Why.NO_DATA)


def _quiet(reason: Reason) -> Why:
    """What keeps us from judging keeps us quiet, by the same name; too few transactions are no data."""
    try:
        return Why(reason.value)
    except ValueError:
        return Why.NO_DATA


def _might_have_ended(standing: Standing, verdict: Verdict) -> bool:
    """A window that ends before the newest breach would have proved no recovery anyway."""
    return standing.breach_until is None or verdict.reading.window.end >= standing.breach_until


def _end(why: Why) -> Step:
    """An end that is no recovery."""
    return Step(Standing(), why, Kind.ENDED)


def _threshold_raised(standing: Standing, verdict: Verdict) -> bool:
    """The value would still breach the threshold the incident was opened under, but not today's."""
    value, today = verdict.reading.value, verdict.rule.threshold
    if value is None or not standing.threshold < today:
        return False
    judged = verdict.outcome is Outcome.CLEAR or verdict.reason is Reason.NOT_SETTLED
    return judged and standing.threshold < value <= today
