"""Why something is gone: one remark for each cut, as Sentry keeps and shows them beside a value.

The format is Relay's (relay-protocol, `Meta` and `Remark`): under `_meta`, at the value's own path, `rem` lists the
rule's id, `s` for substituted, and where the marker stands in what is left; `len` is how long the text was.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MOST = 200  # more remarks than people read: the rest of an event's cuts are made all the same


class Remark(NamedTuple):
    """One cut: its rule, where in the text that is left its marker stands, and how long the text was."""

    rule: str
    start: int = -1
    end: int = -1
    length: int = 0


Remarks = list[Any]
"""Remarks, and pairs of a path's step with the remarks about what stands under it."""


def paths(remarks: Remarks, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Remark]]:
    """Every remark with its path."""
    for one in remarks:
        if isinstance(one, Remark):
            yield path, one
        else:
            yield from paths(one[1], (*path, one[0]))


def with_remarks(given: Any, remarks: Remarks) -> dict[str, Any]:
    """The event's own `_meta` with the remarks in it; what is given stays as it is."""
    return _added(given, remarks, iter(range(MOST)))


def _added(given: Any, remarks: Remarks, left: Iterator[int]) -> dict[str, Any]:
    meta = dict(given) if type(given) is dict or isinstance(given, Mapping) else {}
    for one in remarks:
        if not isinstance(one, Remark):
            step = str(one[0])
            meta[step] = _added(meta.get(step), one[1], left)
        elif next(left, None) is not None:
            told = meta[""] = dict(meta.get("") or {})
            told["rem"] = [*told.get("rem", ()), [one.rule, "s", *([one.start, one.end] if one.start >= 0 else ())]]
            if one.length:
                told["len"] = one.length
    return meta
