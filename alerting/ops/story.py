"""What `alerting up` shows: one readable story, in colour where somebody looks at a terminal."""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from alerting.notifiers.escape import terminal

WIDEST = 100
NAME_WIDTH = 9
SAID_AGAIN = timedelta(minutes=10)
# Celery's own line: [2026-11-23 14:03:00,123: WARNING/MainProcess] text
LOG_LINE = re.compile(r"^\[[\d\- :,]+: (?P<level>WARNING|ERROR|CRITICAL)/[^\]]*\] (?P<text>.*)$")


class Story:
    """Prints; everything that comes from outside is reduced to harmless lines first."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True, file=sys.stdout)
        self._said: dict[str, datetime] = {}

    def heading(self, text: str) -> None:
        self._console.print(Text(text, style="bold"))

    def blank(self) -> None:
        self._console.print()

    def plain(self, text: str, style: str = "") -> None:
        """Our own text as it is, indented."""
        self._console.print(Text(f"  {text}", style=style))

    def step(self, name: str, text: str) -> None:
        """Something is ready."""
        line = Text("  ").append("✓ ", style="green").append(f"{name:<{NAME_WIDTH}} ", style="bold")
        self._console.print(line.append(terminal(text)))

    def event(self, name: str, text: str, style: str = "", *, now: datetime | None = None) -> None:
        """Something happened."""
        at = f"{now or datetime.now(UTC):%H:%M:%S}"
        line = Text(f"{at}  ", style="bright_black").append(f"{name:<{NAME_WIDTH}} ", style=style or "cyan")
        self._console.print(line.append(terminal(text)))

    def quote(self, line: str) -> None:
        """Somebody else's words, below the event they belong to."""
        self._console.print(Text(f"{'':10}│ {terminal(line)}", style="bright_black"))

    def box(self, title: str, lines: Sequence[str], style: str = "") -> None:
        """A notice as it arrived."""
        width = min(WIDEST, self._console.width) - 14
        head = f"┌─ {terminal(title, width)} "
        self._console.print(Text(f"{'':10}{head}{'─' * max(2, width - len(head))}", style=style))
        for line in lines:
            indent = line[: len(line) - len(line.lstrip(" "))]
            folded = wrap(terminal(line), width - 2, initial_indent=indent, subsequent_indent=indent + "  ")
            for part in folded or [""]:
                self._console.print(Text(f"{'':10}│ ", style=style).append(part, style="none"))
        self._console.print(Text(f"{'':10}└{'─' * (width - 1)}", style=style))

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
        self.event(name, f"{found['level'].lower()}: {text}", "yellow" if found["level"] == "WARNING" else "red")
