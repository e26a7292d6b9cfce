"""What happened since the last look, read from the database the worker writes to."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Max

from alerting import reasons
from alerting.incidents.models import Incident, Tick, Transition
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Message
from alerting.rules.catalog import TOLD_ONCE


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story. `notice` is set where a notice was delivered; `channel` then says through what."""

    name: str
    text: str
    is_bad: bool = False
    notice: Notice | None = None
    channel: str = ""


class Watch:
    """Looks at ticks, incidents and notices; whatever was there before it began is not told."""

    def __init__(self) -> None:
        self._tick_outcome = ""
        self._transition = Transition.objects.aggregate(last=Max("id"))["last"] or 0
        self._message = Message.objects.aggregate(last=Max("id"))["last"] or 0
        self._owed = set(Message.objects.filter(state__in=("pending", "sending")).values_list("id", flat=True))
        self._tick = Tick.objects.aggregate(last=Max("id"))["last"] or 0
        self._saw_recovery = False

    def look(self) -> Iterator[Event]:
        """Everything new, in the order in which it makes sense."""
        yield from self._ticks()
        yield from self._transitions()
        yield from self._messages()

    def is_over(self) -> bool:
        """Whether something was wrong, everything has recovered, and everybody has been told."""
        if not self._saw_recovery or self._owed:
            return False
        return not Incident.objects.filter(closed_at__isnull=True).exists()

    def _ticks(self) -> Iterator[Event]:
        for tick in Tick.objects.filter(id__gt=self._tick).exclude(finished_at=None).order_by("id"):
            self._tick = tick.pk
            if tick.outcome == self._tick_outcome or tick.finished_at is None:
                continue
            is_first, self._tick_outcome = not self._tick_outcome, tick.outcome
            took = (tick.finished_at - tick.claimed_at).total_seconds()
            which = "the first tick was" if is_first else "ticks are now"
            text = f"{which} {tick.outcome}: {tick.requests} requests to Sentry, {took:.1f} s"
            yield Event("tick", text, is_bad=tick.outcome != "good")

    def _transitions(self) -> Iterator[Event]:
        for change in Transition.objects.filter(id__gt=self._transition).select_related("incident").order_by("id"):
            self._transition = change.pk
            incident = change.incident
            if incident.rule in TOLD_ONCE:
                continue
            self._saw_recovery = self._saw_recovery or change.to_state == "ok"
            place = f"{incident.project} ({incident.environment})" if incident.environment else incident.project
            why = reasons.decided(change.reason)
            moved = change.from_state != change.to_state
            states = f"{change.from_state} → {change.to_state}" if moved else f"still {change.to_state}"
            text = f"{incident.rule} in {place}: {states}, {why}"
            yield Event("incident", text, is_bad=change.to_state == "firing")

    def _messages(self) -> Iterator[Event]:
        new = Message.objects.filter(id__gt=self._message).order_by("id").values_list("id", flat=True)
        for number in new:
            self._message = number
            self._owed.add(number)
        for message in Message.objects.filter(id__in=self._owed).exclude(state__in=("pending", "sending")):
            self._owed.discard(message.pk)
            if message.state == Message.State.SENT:
                notice = Notice.from_json(message.payload)
                bad = notice.kind not in {Kind.RESOLVED, Kind.SIGHTED, Kind.TEST}
                yield Event("notice", f"{message.channel} took it", is_bad=bad, notice=notice, channel=message.channel)
            elif message.state == Message.State.FAILED:
                text = f"{message.channel} refused a notice for good: {message.error} (`alerting outbox list`)"
                yield Event("notice", text, is_bad=True)
