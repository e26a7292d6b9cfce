"""Sentences fitted to the terminal: broken between words there, left whole for pipes and files, which people grep."""

import shutil
import sys
import textwrap

from rich.console import Console

# Into fewer columns no sentence is squeezed.
NARROWEST = 24


def width() -> int | None:
    """The columns of the terminal; None where the output goes to a pipe or a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def folded(text: str, indent: int) -> str:
    """The text with its further lines below the first one, which begins at column `indent`. No word is broken."""
    columns = width()
    return text if columns is None else _folded(text, indent, columns)


def fitted(console: Console, text: str, indent: int) -> str:
    """The same for what a console prints."""
    return _folded(text, indent, console.width) if console.is_terminal else text


def _folded(text: str, indent: int, columns: int) -> str:
    lines = textwrap.wrap(text, max(NARROWEST, columns - indent), break_on_hyphens=False, break_long_words=False)
    return f"\n{'':{indent}}".join(lines)
