"""Why something is gone: one remark for each cut, as Sentry keeps and shows them beside a value.

The format is Relay's (relay-protocol, `Meta` and `Remark`): under `_meta`, at the value's own path, `rem` lists the
rule's id, `s` for substituted, and where the marker stands in what is left; `len` is how long the text was.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

MOST = 200  # more remarks than people read: the rest of an event's cuts are made all the same


class Remark:
    """One cut: its rule, the path of its value, and where in the text that is left its marker stands."""

    __slots__ = ("end", "length", "path", "rule", "start")

    def __init__(self, rule: str, start: int = -1, end: int = -1, length: int = 0) -> None:
        self.rule, self.start, self.end, self.length = rule, start, end, length
        self.path: list[Any] = []  # from the value outwards while the event is walked


def with_remarks(given: Any, remarks: Iterable[Remark]) -> dict[str, Any]:
    """The event's own `_meta` with the remarks in it; what is given stays as it is."""
    meta: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    own = {id(meta)}
    for remark in islice(remarks, MOST):
        place: Any = meta
        for step in (*map(str, reversed(remark.path)), ""):
            inner = place.get(step)
            if id(inner) not in own:
                inner = place[step] = dict(inner) if isinstance(inner, Mapping) else {}
                own.add(id(inner))
            place = inner
        span = [remark.start, remark.end] if remark.start >= 0 else []
        place["rem"] = [*place.get("rem", ()), [remark.rule, "s", *span]]
        if remark.length:
            place["len"] = remark.length
    return meta
