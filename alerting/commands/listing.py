"""Rows as people and programs read them: aligned columns that fit the terminal, or JSON with `--json`."""

import json
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from alerting.notifiers.escape import shorten, terminal

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
GAP = 2
NARROWEST = 6


def show(
    rows: Sequence[Mapping[str, Any]], *, as_json: bool, nothing: str, without: Collection[str] = frozenset()
) -> None:
    """Print the rows, their keys as headings, or the sentence `nothing` where there are none.

    In a terminal the widest texts are cut until a row is one line; in a pipe nothing is. The table leaves out columns
    in which nothing stands and those in `without`.
    """
    if as_json:
        as_data(rows)
        return
    if not rows:
        typer.echo(nothing)
        return
    names = [name for name in rows[0] if name not in without and any(row[name] not in {None, ""} for row in rows)]
    table = [[name.replace("_", " ") for name in names]]
    table += [[_cell(row[name]) for name in names] for row in rows]
    is_text = [all(row[name] is None or isinstance(row[name], str) for row in rows) for name in names]
    widths = _fitting([max(len(cells[column]) for cells in table) for column in range(len(names))], is_text)
    for cells in table:
        line = (f"{shorten(cell, width):<{width}}" for cell, width in zip(cells, widths, strict=True))
        typer.echo((" " * GAP).join(line).rstrip())


def as_data(found: Any) -> None:
    """Print JSON, times in ISO 8601."""
    typer.echo(json.dumps(found, default=_plain, indent=2))


def pair(name: str, value: Any) -> None:
    """One line of a description."""
    typer.echo(f"{name.replace('_', ' '):>12}  {_cell(value)}")


def at(moment: datetime | None) -> str:
    """A time in UTC, to the minute."""
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "–"


def _fitting(widths: list[int], is_text: Sequence[bool]) -> list[int]:
    if not sys.stdout.isatty():
        return widths
    room = shutil.get_terminal_size().columns - GAP * (len(widths) - 1)
    texts = [column for column, given in enumerate(is_text) if given]
    while texts and sum(widths) > room:
        widest = max(texts, key=lambda column: widths[column])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return at(value) if isinstance(value, datetime) else terminal(str(value))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
