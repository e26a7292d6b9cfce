"""Values that JSON does not know: kept where they show no secret, else what they show, cleaned."""

import datetime
import decimal
import uuid
from typing import Any

from alerting.sentry.scrub.checks import is_card

# Python refuses to write longer numbers: the event would be lost.
_LARGEST = 10**4000
_HARMLESS_TYPES = (
    bool,
    type(None),
    datetime.datetime,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
)


def cleaned(walk: Any, value: Any) -> Any:
    """The value as the walk leaves it."""
    if isinstance(value, _HARMLESS_TYPES):
        return value
    if isinstance(value, str):
        return walk.value(str.__str__(value))
    if isinstance(value, float):
        return number(walk, float(value))
    if isinstance(value, int | decimal.Decimal):
        return value if not is_card(str(value)) else walk.marked("card")
    if isinstance(value, bytes | bytearray | memoryview):
        text = bytes(value[: 1 << 17]).decode("utf-8", "surrogateescape")
        after = walk.value(text)
        if after == text:
            return value
        written = after.encode("utf-8", "surrogateescape")
        return type(value)(written) if isinstance(value, bytes | bytearray) else after
    try:
        shown = {repr(value), str(value)}
    except Exception:  # noqa: BLE001  an application's own method: only this value is lost
        return walk.marked("failed")
    for text in sorted(shown):
        after = walk.value(text)
        if after != text:
            return after
    return value


def number(walk: Any, value: float) -> Any:
    """A number unless it is a card's."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        return walk.marked("too-long")
    whole = isinstance(value, int) or (value == value and abs(value) != float("inf") and value.is_integer())
    return walk.marked("card") if whole and 0 < value < 1e19 and is_card(str(int(value))) else value
