"""What is cut out of a text, and why: one remark for each cut, as Sentry keeps and shows them beside a value.

The format is Relay's (relay-protocol, `Meta` and `Remark`): under `_meta`, at the value's own path, `rem` lists the
rule's id, `s` for substituted, and where the marker stands in what is left; `len` is how long the text was.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from alerting.sentry.scrub.rules import ADDRESSES, MARKER
from alerting.sentry.scrub.work import Cut

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


def held_at(path: tuple[Any, ...], value: Any, otherwise: Any) -> Any:
    """What the value holds at the path."""
    try:
        for step in path:
            value = value[step]
    except (LookupError, TypeError):
        return otherwise
    return value


def with_remarks(given: Any, remarks: Remarks, left: list[int] | None = None) -> dict[str, Any]:
    """The event's own `_meta` with the remarks in it, as many as are `left`; what is given stays as it is."""
    left = [MOST] if left is None else left
    meta = dict(given) if isinstance(given, dict) else {}
    for one in remarks:
        if not left[0]:
            break
        if type(one) is not Remark:
            step = str(one[0])
            meta[step] = with_remarks(meta.get(step), one[1], left)
        else:
            rule, start, end, length = one
            left[0] -= 1
            told = meta[""] = dict(meta.get("") or ())
            told["rem"] = [*told.get("rem", ()), [rule, "s", start, end] if start >= 0 else [rule, "s"]]
            if length:
                told["len"] = length
    return meta


def without(text: str, cuts: list[Cut], remarks: Remarks) -> str:
    """The text with the marker in place of each cut; cuts that overlap are one."""
    kept: list[str] = []
    done = size = 0
    for start, end, rule in _merged(cuts):
        if text[start:end] != MARKER:
            size += start - done
            kept += (text[done:start], MARKER)
            remarks.append(Remark(rule, size, size + len(MARKER), len(text)))
            size += len(MARKER)
            done = end
    return "".join((*kept, text[done:]))


def _merged(cuts: list[Cut]) -> list[Cut]:
    """The cuts in order, those that overlap as one; an address inside another secret is that secret's part."""
    spans: list[Cut] = []
    for start, end, rule in sorted(cuts, key=lambda cut: (cut[0], cut[2] in ADDRESSES, -cut[1])):
        if spans and start < spans[-1][1]:
            if rule not in ADDRESSES:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]), spans[-1][2])
        elif end > start:
            spans.append((start, end, rule))
    return spans
