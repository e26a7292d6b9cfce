"""What people are told when a channel stops taking our notices, and when it takes them again. Pure."""

from dataclasses import replace
from datetime import datetime

from alerting.errors import DeliveryError
from alerting.outbox.message import Kind, Notice
from alerting.rules.units import span, stamp


def broken(channel: str, error: DeliveryError, now: datetime) -> Notice:
    """For the other channels; `error` is what this one refused with."""
    name = channel.capitalize()
    return Notice(
        kind=Kind.CHANNEL,
        key=f"channel-{channel}-{now:%Y%m%d%H%M%S}",
        headline=f"{name} does not take our notices any more",
        sentence=f"{error} Until that is mended, notices meant for {name} come this way.",
        severity="high",
        at=stamp(now),
        rule="channel",
        rule_title="Channel broken",
        project=channel,
        value=error.reason,
        reason="channel_broken",
    )


def works_again(told: Notice, meanwhile: str, since: datetime, now: datetime) -> Notice:
    """The end of what `told` began, in the same thread; `meanwhile` says what became of the notices."""
    name, lasted = told.project.capitalize(), span((now - since).total_seconds())
    return replace(
        told,
        kind=Kind.MENDED,
        headline=f"{name} takes our notices again after {lasted}",
        sentence=f"{name} takes our notices again, after {lasted}. {meanwhile}",
        at=stamp(now),
        rule_title="Channel works again",
        value="",
        threshold="",
        reason="channel_mended",
        opened_at=stamp(since),
        resolved_at=stamp(now),
        notes=(),
        recipients=(),
        edit_only=False,
        sequence=told.sequence + 1,
    )
