"""What `alerting up` shows: readable lines, in colour where somebody looks at a terminal."""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from alerting.notifiers.escape import shorten, terminal

WIDEST = 110
NAME_WIDTH = 9
INDENT = " " * 10
SAID_AGAIN = timedelta(minutes=10)
# Celery's own line: [2026-11-23 14:03:00,123: WARNING/MainProcess] text
LOG_LINE = re.compile(r"^\[[\d\- :,]+: (?P<level>WARNING|ERROR|CRITICAL)/[^\]]*\] (?P<text>.*)$")


class Screen:
    """Prints; everything that comes from outside is reduced to harmless lines first."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True, file=sys.stdout)
        self._width = min(WIDEST, self._console.width) if self._console.is_terminal else WIDEST
        self._said: dict[str, datetime] = {}

    def heading(self, text: str) -> None:
        self._console.print(Text(text, style="bold"))

    def plain(self, *lines: str) -> None:
        """Our own text as it is, indented."""
        for line in lines:
            self._console.print(Text(f"  {line}".rstrip()))

    def step(self, name: str, text: str) -> None:
        """Something is ready."""
        line = Text("  ").append("✓ ", style="green").append(f"{name:<{NAME_WIDTH}} ", style="bold")
        self._console.print(line.append(terminal(text)))

    def event(self, name: str, text: str, style: str = "", *, now: datetime | None = None) -> None:
        """Something happened."""
        at = f"{now or datetime.now(UTC):%H:%M:%S}"
        line = Text().append(f"{at}  ", style="bright_black").append(f"{name:<{NAME_WIDTH}} ", style=style or "cyan")
        self._console.print(line.append(terminal(text)))

    def quote(self, lines: Sequence[str]) -> None:
        """Somebody else's words, below the event they belong to."""
        for line in lines:
            indent = " " * (len(line) - len(line.lstrip(" ")))
            width = self._width - len(INDENT) - 2
            text = terminal(line)
            shown = [shorten(text, width)] if "://" in text else wrap(text, width, subsequent_indent=indent + "  ")
            for part in shown or [""]:
                self._console.print(Text(f"{INDENT}│ {part}".rstrip(), style="bright_black"))

    def log_line(self, name: str, line: str, *, now: datetime | None = None) -> None:
        """A line of a program's own log: shown if it is a warning or an error, and not again for a while."""
        found = LOG_LINE.match(line)
        if found is None:
            return
        moment = now or datetime.now(UTC)
        text = found["text"]
        # "errors could not be read: <why>" and "latency could not be read: <why>" are one piece of news.
        why = text.partition(": ")[2] or text
        self._said = {each: at for each, at in self._said.items() if moment - at < SAID_AGAIN}
        if why in self._said:
            return
        self._said[why] = moment
        style = "yellow" if found["level"] == "WARNING" else "red"
        self.event(name, f"{found['level'].lower()}: {text}", style, now=moment)
