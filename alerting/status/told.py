"""What people were told last about an incident: the errors behind it, what to do, where to look."""

from collections.abc import Iterable, Mapping
from typing import Any

from alerting.notifiers.escape import one_line
from alerting.notifiers.render import View, view
from alerting.outbox.message import Notice
from alerting.outbox.models import Message

BEHIND = ("top_errors", "errors")
TITLE_LIMIT = 120


def last_told(messages: Iterable[Message]) -> View | None:
    """The same as `last_notice`, as it is shown."""
    notice = last_notice(messages)
    return view(notice) if notice else None


def last_notice(messages: Iterable[Message]) -> Notice | None:
    """The newest notice with the errors that any of them named last; None where nobody was told. Oldest first."""
    payloads = [message.payload for message in messages if message.payload.get("headline")]
    if not payloads:
        return None
    named: dict[str, Any] = next((each for each in reversed(payloads) if each.get("top_errors")), {})
    return Notice.from_json({**payloads[-1], **{name: named[name] for name in BEHIND if name in named}})


def first_errors(incident_keys: Iterable[str]) -> Mapping[str, str]:
    """By incident, the most frequent error behind it in a few words, as its last notice had it. One query."""
    rows = (
        Message.objects.filter(incident_key__in=list(incident_keys), payload__top_errors__0__title__isnull=False)
        .order_by("id")
        .values_list("incident_key", "payload__top_errors__0__count", "payload__top_errors__0__title")
    )
    return {key: f"{count} × {one_line(title, TITLE_LIMIT)}" for key, count, title in rows}
