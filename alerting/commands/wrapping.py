"""Sentences fitted to the terminal: broken between words there, left whole for pipes and files, which people grep."""

import textwrap

from rich.console import Console

# Into fewer columns no sentence is squeezed.
NARROWEST = 24


def fitted(console: Console, text: str, indent: int) -> str:
    """The text with its further lines below the first one, which begins at column `indent`."""
    if not console.is_terminal:
        return text
    lines = textwrap.wrap(text, max(NARROWEST, console.width - indent), break_on_hyphens=False)
    return f"\n{'':{indent}}".join(lines)
