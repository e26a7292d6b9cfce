"""Lengths of time as people type them: 90m, 2h, 1d12h."""

import re
from datetime import timedelta

import typer

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# Of any unit: what is added to now has to stay within the calendar.
MOST = 1_000_000
_PART = re.compile(r"(\d{1,6})([smhd])")


def duration(text: str) -> timedelta:
    """The length, or a usage error that says how it is written."""
    parts = _PART.findall(text.lower())
    if not parts or "".join(number + unit for number, unit in parts) != text.lower():
        raise typer.BadParameter(f"{text!r} is no length of time; write 90m, 2h or 1d12h")
    sums = {UNITS[unit]: sum(int(number) for number, each in parts if each == unit) for _, unit in parts}
    if sum(sums.values()) > MOST:
        raise typer.BadParameter(f"{text!r} is longer than anything here lasts")
    return timedelta(**sums)
