"""Events with invented secrets in them, and events that only look as if, read from the JSON files beside this one.

A secret is written with `⟦⟧` somewhere inside, so that no file holds anything a push scanner takes for a live
credential; it is put together here. What JSON cannot express is written `{"$tuple": [...]}`, `{"$bytes": "..."}` and
`{"$set": [...]}`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_SPLIT = "⟦⟧"


@dataclass(frozen=True)
class Row:
    """One event: no entry of `secrets` may be left in it, and each of `keep` must be.

    A leaf that holds none of `secrets` must come out as it went in, unless its path begins with one of `free`:
    there both answers are right.
    """

    name: str
    place: str
    kind: str
    event: dict[str, Any]
    secrets: tuple[str, ...]
    keep: tuple[Any, ...]
    free: tuple[tuple[Any, ...], ...]

    def __str__(self) -> str:
        return self.name


@cache
def rows() -> tuple[Row, ...]:
    """Every row of every file; names are unique."""
    found = [row for path in sorted(Path(__file__).parent.glob("*.json")) for row in _read(path)]
    names = [row.name for row in found]
    assert len(names) == len(set(names)), {name for name in names if names.count(name) > 1}
    return tuple(found)


def texts(value: Any) -> Iterator[str]:
    """Every string in it, keys as well."""
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield from texts(key)
            yield from texts(held)
    elif isinstance(value, list | tuple | set | frozenset):
        for held in value:
            yield from texts(held)
    elif isinstance(value, bytes | bytearray):
        yield value.decode("utf-8", "replace")
    else:
        yield str(value)


def at(event: Any, path: list[Any]) -> Any:
    """What lies at the path: keys of dicts, indexes of lists."""
    for step in path:
        event = event[step]
    return event


def _read(path: Path) -> Iterator[Row]:
    written = path.read_text(encoding="utf-8").replace(_SPLIT, "")
    for row in json.loads(written, object_hook=_odd_types):
        yield Row(
            name=row["name"],
            place=row["place"],
            kind=row["kind"],
            event=row["event"],
            secrets=tuple(row.get("secrets", ())),
            keep=tuple(row.get("keep", ())),
            free=tuple(tuple(path) for path in row.get("free", ())),
        )


def _odd_types(held: dict[str, Any]) -> Any:
    match held:
        case {"$tuple": items}:
            return tuple(items)
        case {"$bytes": text}:
            return text.encode()
        case {"$set": items}:
            return set(items)
    return held
