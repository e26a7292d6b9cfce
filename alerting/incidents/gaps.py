"""Gaps between good readings: noticed by a tick, judged once afterwards, told late and dated."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from alerting import owner
from alerting.incidents.models import Gap, Incident, Transition
from alerting.incidents.notice import stamp
from alerting.incidents.record import Desk
from alerting.outbox import queue
from alerting.outbox.clean import clean
from alerting.outbox.message import Kind, Notice
from alerting.outbox.queue import Debt
from alerting.poll.catch_up import Missed, Search
from alerting.rules.model import Project, Reading, Rule, Trust, Window
from alerting.rules.units import span, text

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
RETRY = timedelta(minutes=1)
MOST_RETRIES_APART = 10
# What is leased for longer was leased before the clock was set back.
LONGEST_PAUSE = RETRY * MOST_RETRIES_APART + LEASE
PATIENCE = timedelta(hours=6)
SHORTEST = timedelta(seconds=60)


def notice_gap(
    last_good: datetime, interval_seconds: int, window_seconds: int, limit_seconds: int, now: datetime
) -> bool:
    """Remember the gap since `last_good` if ticks were missed; windows that began before it belong to it."""
    missed = now - last_good
    if missed <= max(SHORTEST, 4 * timedelta(seconds=interval_seconds)) or limit_seconds == 0:
        return False
    earliest = now - timedelta(seconds=limit_seconds)
    start = max(earliest, last_good - timedelta(seconds=window_seconds)).replace(microsecond=0)
    Gap.objects.create(start=start, end=now.replace(microsecond=0), noticed_at=now)
    return True


def waiting(now: datetime) -> bool:
    """Whether a gap is still to be judged."""
    return _claimable(now).exists()


def claim(now: datetime) -> Gap | None:
    """The oldest gap nobody is judging, leased to us."""
    gap = _claimable(now).order_by("id").first()
    if gap is None:
        return None
    free = Gap.objects.filter(pk=gap.pk, attempts=gap.attempts, finished_at__isnull=True)
    if not free.update(owner=owner.me(), leased_until=now + LEASE, attempts=gap.attempts + 1):
        return None
    gap.attempts += 1
    return gap


def told_already(gap: Gap, rule: Rule, environment: str) -> frozenset[str]:
    """Ids of projects whose incident was open before the gap and still is: there is nothing to find out about them."""
    before = gap.start + timedelta(seconds=rule.window_seconds)
    incidents = Incident.objects.filter(
        rule=rule.name, environment=environment, closed_at__isnull=True, opened_at__lte=before
    )
    return frozenset(incidents.values_list("project_id_text", flat=True))


def settle(gap: Gap, rule: Rule, search: Search, desk: Desk, now: datetime) -> int:
    """Tell what was found, exactly once; returns how many were told.

    A search that broke off is repeated later from its beginning; one whose turn was over goes on as a gap of its own.
    """
    length = timedelta(seconds=rule.window_seconds)
    gone_far = search.judged_until > gap.start + length
    unfinished = search.broke_off is not None or (search.judged_until < gap.end and not gone_far)
    note = clean(search.broke_off.note, 200) if search.broke_off else "Sentry answers too slowly"
    given_up = unfinished and now - gap.noticed_at >= PATIENCE
    requests = gap.requests + search.requests
    with transaction.atomic():
        mine = Gap.objects.filter(pk=gap.pk, owner=owner.me(), attempts=gap.attempts, finished_at__isnull=True)
        if unfinished and not given_up:
            pause = RETRY * min(gap.attempts, MOST_RETRIES_APART)
            mine.update(leased_until=now + pause, owner="", outcome=note, requests=requests)
            return 0
        news = [missed for missed in search.found.values() if not _known(rule, missed, desk.environment)]
        outcome = f"given up: {note}"[:200] if given_up else "judged"
        if not mine.update(finished_at=now, outcome=outcome, requests=requests, found=len(news)):
            return 0
        if search.judged_until < gap.end and not given_up:
            Gap.objects.create(start=search.judged_until - length, end=gap.end, noticed_at=gap.noticed_at)
        debts = [debt for missed in news for debt in _tell(rule, missed, desk, now)]
        queue.owe(debts, now)
    if given_up:
        logger.warning("windows from %s to %s were never judged: %s", stamp(search.judged_until), stamp(gap.end), note)
    return len(news)


def _claimable(now: datetime) -> QuerySet[Gap]:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now) | Q(leased_until__gt=now + LONGEST_PAUSE)
    return Gap.objects.filter(free, finished_at__isnull=True)


def _known(rule: Rule, missed: Missed, environment: str) -> bool:
    """An incident that was open during the missed stretch, or was opened over its tail, has told it already."""
    return (
        Incident.objects.filter(rule=rule.name, project_id_text=missed.project.id, environment=environment)
        .filter(opened_at__lte=missed.stretch.end + timedelta(seconds=rule.window_seconds))
        .filter(Q(closed_at__isnull=True) | Q(closed_at__gte=missed.stretch.start))
        .exists()
    )


def _tell(rule: Rule, missed: Missed, desk: Desk, now: datetime) -> Iterable[Debt]:
    reading = Reading(missed.project, desk.environment, missed.worst, Trust.VALUE, float(missed.value), settled=True)
    evidence = {
        "value": missed.value,
        "threshold": rule.threshold,
        "window": [missed.worst.start.isoformat(), missed.worst.end.isoformat()],
        "stretch": [missed.stretch.start.isoformat(), missed.stretch.end.isoformat()],
    }
    incident = Incident.objects.create(
        rule=rule.name,
        severity=rule.severity.value,
        project_id_text=clean(missed.project.id, 32),
        project=clean(missed.project.slug, 100),
        environment=desk.environment,
        state="ok",
        opened_at=missed.stretch.start,
        fired_at=now,
        closed_at=missed.stretch.end,
        value=missed.value,
        peak=missed.value,
        threshold=rule.threshold,
        reason="late_and_over",
        evidence=evidence,
        notices=1,
    )
    for before, after, reason in (("ok", "firing", "found_late"), ("firing", "ok", "late_and_over")):
        Transition.objects.create(
            incident=incident, from_state=before, to_state=after, at=now, reason=reason, evidence=evidence
        )
    notice = _notice(rule, missed.project, reading, missed.stretch, incident.uid.hex, desk, now)
    return [Debt(notice, channel, rule.severity.rank) for channel in rule.channels if channel in desk.channels]


def _notice(
    rule: Rule, project: Project, reading: Reading, stretch: Window, key: str, desk: Desk, now: datetime
) -> Notice:
    value = reading.value or 0.0
    ago = span((now - stretch.end).total_seconds())
    return Notice(
        kind=Kind.LATE,
        key=key,
        headline=f"{text(rule, value)} in {span(rule.window_seconds)}, already over",
        sentence=(
            f"Late: this happened while nothing was being judged and is already over (since {ago}). "
            f"At its worst {text(rule, value)}, over the threshold of {text(rule, rule.threshold)}."
        ),
        severity=rule.severity.value,
        at=stamp(now),
        rule=rule.name,
        rule_title=rule.title,
        project=project.slug,
        environment=desk.environment,
        value=text(rule, value),
        threshold=text(rule, rule.threshold),
        peak=text(rule, value),
        reason="late_and_over",
        window_start=stamp(reading.window.start),
        window_end=stamp(reading.window.end),
        dataset="errors",
        opened_at=stamp(stretch.start),
        resolved_at=stamp(stretch.end),
        link=desk.links.to(rule, reading),
    )
