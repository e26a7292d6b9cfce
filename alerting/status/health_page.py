"""The page "health": whether we evaluate, see, and get our notices out, and what is switched off."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerting import config
from alerting.incidents import evaluator_state
from alerting.incidents.evaluator_state import EvaluatorState
from alerting.incidents.models import Gap, LatestReadings, Tick
from alerting.notifiers.escape import one_line
from alerting.outbox.models import Channel, Message
from alerting.poll.ingestion import behind
from alerting.poll.plan import allowed
from alerting.rules.model import Reason
from alerting.rules.units import span
from alerting.status.now_page import sight

TICKS_WITHIN = timedelta(hours=1)
ARRIVED_WITHIN = timedelta(minutes=15)
MOST_NAMED = 10
INGESTION_BEHIND = Reason.INGESTION_BEHIND.replace("_", " ")
OWED = (Message.State.PENDING, Message.State.SENDING)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Everything about ourselves on one page."""
    at, settings = datetime.now(UTC), config.current()
    state = evaluator_state.read(at)
    ticks = Tick.objects.filter(window_end__gte=at - TICKS_WITHIN, finished_at__isnull=False).aggregate(
        count=Count("id"),
        good=Count("id", filter=Q(outcome="good")),
        mean=Avg("requests"),
        most=Max("requests"),
    )
    context = {
        "sight": sight(state, at),
        "state": state,
        "lag": span((at - state.judged_until).total_seconds()) if state else "",
        "ticks": ticks,
        "budget": _budget(state, ticks),
        "ingestion": ingestion(state, LatestReadings.objects.first(), at),
        "channels": _channels(settings.channels),
        "gaps": list(Gap.objects.filter(finished_at__isnull=True)[:10]),
        "off": switched_off(settings),
        "refresh_seconds": 10,
    }
    return render(request, "status/health.html", context)


def ingestion(state: EvaluatorState | None, latest: LatestReadings | None, at: datetime) -> list[str]:
    """What is known of how far Sentry's ingestion is behind, a sentence each; nothing where nothing is known."""
    if state is None:
        return []
    read = latest.readings if latest else {}
    slugs = {each: one_line(row[0], 100) for projects in read.values() for each, row in projects.items()}
    held = {slugs[each] for projects in read.values() for each, row in projects.items() if row[2] == INGESTION_BEHIND}
    found = behind(state.look_back, (), at)
    said = [f"Ingestion is behind for {slugs.get(each, each)}: {why}." for each, why in found.projects.items()]
    if held:
        said.append(f"Not judged until it has caught up: {', '.join(sorted(held)[:MOST_NAMED])}.")
    recent = [each for each in state.look_back.arrivals if at - each.at <= ARRIVED_WITHIN]
    late = sum(sum(each.late.values()) for each in recent)
    fresh = sum(sum(each.fresh.values()) for each in recent)
    if late + fresh:
        said.append(
            f"Of the {late + fresh} errors that came in the last {span(ARRIVED_WITHIN.total_seconds())}, "
            f"{late} were late: their time had been judged, and they were judged again."
        )
    return said


def switched_off(settings: config.Settings) -> list[str]:
    """What is not configured and what that means, a sentence each."""
    off = []
    if not settings.channels:
        off.append("No channel is enabled: incidents are recorded, and nobody is told.")
    for name, variable in config.switches().items():
        if settings.channels and name not in settings.channels:
            off.append(f"Notices by {name} are off ({variable}).")
    if not settings.SENTRY_NEW_ISSUE_ALERTS_ENABLED:
        off.append("New error types are not told (SENTRY_NEW_ISSUE_ALERTS_ENABLED).")
    if settings.SENTRY_CATCH_UP_SECONDS == 0:
        off.append("What happens during downtime is never told (SENTRY_CATCH_UP_SECONDS is 0).")
    if settings.SENTRY_ALERT_REPEAT_SECONDS == 0:
        off.append("There are no reminders (SENTRY_ALERT_REPEAT_SECONDS is 0).")
    if settings.HEARTBEAT_URL is None:
        off.append("Nobody notices when this service stops: there is no dead man's switch (HEARTBEAT_URL).")
    if settings.SENTRY_DSN is None:
        off.append("Our own errors are reported nowhere (SENTRY_DSN).")
    return off


def _budget(state: EvaluatorState | None, ticks: Mapping[str, Any]) -> str:
    """How much of the requests a tick may cost is used."""
    if state is None or not ticks["count"]:
        return ""
    most = allowed(state.plan)
    left = max(0.0, most - ticks["mean"])
    made = f"{ticks['mean']:.1f} are made, {ticks['most']} at most"
    return f"{left:.1f} of {most} requests a tick are left on average: {made}"


def _channels(enabled: tuple[str, ...]) -> list[dict[str, object]]:
    """Each channel: whether it works, how much it owes, since when."""
    owing = Message.objects.filter(state__in=OWED).order_by().values_list("channel")
    owed = {name: (count, oldest) for name, count, oldest in owing.annotate(Count("id"), Min("created_at"))}
    known = {row.name: row for row in Channel.objects.all()}
    rows: list[dict[str, object]] = []
    for name in dict.fromkeys((*enabled, *sorted(known), *sorted(owed))):
        count, oldest = owed.get(name, (0, None))
        channel = known.get(name) or Channel(name=name)
        rows.append({"channel": channel, "is_on": name in enabled, "owed": count, "oldest": oldest})
    return rows
