"""Rows as people and programs read them: columns and sentences that fit the terminal, or JSON with `--json`."""

import json
import textwrap
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from alerting.commands import wrapping
from alerting.notifiers.escape import terminal

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
GAP = 2
# A column whose cells may stand on a line of their own gets no narrower than this, or its heading.
NARROWEST = 8
# Prose that would have to be narrower than this stands below its row.
COMFORTABLE = 22
INDENT = 4


def show(rows: Sequence[Mapping[str, Any]], *, nothing: str, prose: Collection[str] = ()) -> None:
    """Print the rows, their keys as headings, or the sentence `nothing` where there are none.

    In a terminal the last columns, those in `prose`, are wrapped beside the others, or below them where these leave too
    little room. All others are printed whole, because they may be typed into another command: what is longer than its
    column gets a line of its own. In a pipe a row is one line. Columns in which nothing stands are left out.
    """
    if not rows:
        typer.echo(nothing)
        return
    names = [name for name in rows[0] if any(row[name] not in {None, ""} for row in rows)]
    table = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(names))]
    room, first = wrapping.width(), next((at for at, name in enumerate(names) if name in prose), len(names))
    if room is None:
        for cells in table:
            typer.echo("".join(f"{cell:<{width + GAP}}" for cell, width in zip(cells, widths, strict=True)).rstrip())
        return
    needed = [*widths[:first], *(min(width, COMFORTABLE) for width in widths[first:])]
    is_beside = first < len(names) and sum(needed) + GAP * (len(names) - 1) <= room
    columns = _widened(needed, widths, room) if is_beside else _narrowed(widths[:first], names, room)
    if not is_beside:
        fitting = [[len(cells[at]) for cells in table if len(cells[at]) <= width] for at, width in enumerate(columns)]
        columns = [max(lengths) for lengths in fitting]
    for number, cells in enumerate(table):
        for line in _lines(cells[: len(columns)], columns, first, room):
            typer.echo(line)
        if number and not is_beside:
            for cell in cells[first:]:
                typer.echo(f"{'':{INDENT}}{wrapping.folded(cell, INDENT)}")


def as_data(found: Any) -> None:
    """Print JSON, times in ISO 8601 and UTC."""
    typer.echo(json.dumps(found, default=_plain, indent=2))


def pair(name: str, value: Any) -> None:
    """One line of a description, or several in a terminal that is narrower."""
    typer.echo(f"{name:>12}  {wrapping.folded(_cell(value), 14)}")


def sentence(text: str, first: str = "") -> None:
    """A sentence behind `first`, with its further lines below its first one; in a pipe one line."""
    typer.echo(f"{first}{wrapping.folded(terminal(text, 2000), len(first))}")


def at(moment: datetime | None) -> str:
    """A time in UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment else "–"


def at_second(moment: datetime | None) -> str:
    """A time in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else "–"


def _widened(widths: list[int], natural: list[int], room: int) -> list[int]:
    """Give the columns what is left of the room, those that lack most first."""
    left = room - sum(widths) - GAP * (len(widths) - 1)
    while left and widths != natural:
        lacking = max(range(len(widths)), key=lambda column: natural[column] - widths[column])
        widths[lacking] += 1
        left -= 1
    return widths


def _narrowed(widths: list[int], names: list[str], room: int) -> list[int]:
    """Take from the widest columns what the room lacks; their longest cells stand out of them."""
    least = [max(NARROWEST, len(name)) for name in names[: len(widths)]]
    while sum(widths) + GAP * (len(widths) - 1) > room:
        widest = max(range(len(widths)), key=lambda column: widths[column] - least[column])
        if widths[widest] <= least[widest]:
            break
        widths[widest] -= 1
    return widths


def _lines(cells: list[str], widths: list[int], first_prose: int, room: int) -> list[str]:
    """The lines of one row."""
    lines, line, begin = [""], 0, 0
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        if len(cell) <= width:
            _put(lines, line, begin, cell)
        elif column >= first_prose:
            place = line
            for part in textwrap.wrap(cell, width, break_on_hyphens=False, break_long_words=False):
                place = _put(lines, place, begin, part) + 1
        else:
            line = _put(lines, line, max(0, min(begin, room - len(cell))), cell)
        begin += width + GAP
    return [each.rstrip() for each in lines]


def _put(lines: list[str], line: int, begin: int, text: str) -> int:
    """Write the text into this line from this column on, or into the next one that is free there; returns which."""
    while line < len(lines) and len(lines[line]) > max(0, begin - GAP):
        line += 1
    lines.extend([""] * (line + 1 - len(lines)))
    lines[line] = f"{lines[line]:<{begin}}{text}"
    return line


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return at(value) if isinstance(value, datetime) else terminal(str(value))


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
