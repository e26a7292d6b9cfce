"""Why something is gone: one remark for each cut, as Sentry keeps and shows them beside a value.

The format is Relay's (relay-protocol, `Meta` and `Remark`): under `_meta`, at the value's own path, `rem` lists the
rule's id, `s` for substituted, and where the marker stands in what is left; `len` is how long the text was.
"""

from collections.abc import Iterable, Mapping
from typing import Any

MOST = 200  # more remarks than people read: the rest of an event's cuts are made all the same


class Remark:
    """One cut: its rule, the path of its value, and where in the text that is left its marker stands."""

    __slots__ = ("end", "length", "path", "rule", "start")

    def __init__(self, rule: str, start: int = -1, end: int = -1, length: int = 0) -> None:
        self.rule, self.start, self.end, self.length = rule, start, end, length
        self.path: list[Any] = []  # from the value outwards while the event is walked


def meta_of(remarks: Iterable[Remark]) -> dict[str, Any]:
    """The remarks as an event's `_meta`."""
    meta: dict[str, Any] = {}
    for remark in list(remarks)[:MOST]:
        place = meta
        for step in reversed(remark.path):
            place = place.setdefault(str(step), {})
        told = place.setdefault("", {"rem": []})
        span = [remark.start, remark.end] if remark.start >= 0 else []
        told["rem"].append([remark.rule, "s", *span])
        if remark.length:
            told["len"] = remark.length
    return meta


def joined(given: Any, added: Mapping[str, Any]) -> Any:
    """The event's own `_meta` with ours in it."""
    if not isinstance(given, Mapping):
        return dict(added)
    return {
        **given,
        **{name: joined(given[name], told) if name in given and name else told for name, told in added.items()},
    }
