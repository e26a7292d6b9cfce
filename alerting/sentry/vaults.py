"""Objects shown as text under a secret name: their form and what their own names make harmless stay."""

import ast
import re
from collections.abc import Callable
from typing import Any

from alerting.sentry.patterns import MARKER

_LONGEST = 4096
_CALL = re.compile(r"[A-Za-z_][\w.]{0,80}\((?P<inside>.{1,4000})\)", re.DOTALL)
_KEYWORD = re.compile(
    r"(?P<name>[A-Za-z_]\w{0,80})=(?P<value>[bu]?'(?:[^'\\]|\\.)*'|[bu]?\"(?:[^\"\\]|\\.)*\"|[^\s,'\"()\[\]{}=]+)"
    r"(?P<end>,\s*|$)",
    re.DOTALL,
)


def shown_object(text: str, inside: Callable[[Any, str], Any]) -> str | None:
    """`Creds(user='mara', password=…)` or `{'user': …}` with each part as `inside` answers for it and its name.

    None where the text shows no such object, or one without any secret part: then nobody knows what the secret is.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if call := _CALL.fullmatch(text):
        cleaned = _keywords(call["inside"], inside)
        return text[: call.start("inside")] + cleaned + ")" if cleaned and cleaned != call["inside"] else None
    if text[:1] == "{" and text[-1:] == "}" and "'" in text:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            return None
        cleaned = repr(inside(found, "")) if isinstance(found, dict) else text
        return cleaned if cleaned != text and MARKER in cleaned else None
    return None


def _keywords(text: str, inside: Callable[[Any, str], Any]) -> str:
    """The keyword arguments, or nothing where there is anything else among them."""
    shown = []
    at = 0
    while match := _KEYWORD.match(text, at):
        value = match["value"]
        bare = value.lstrip("bu").strip("'\"")
        cleaned = inside(bare, match["name"])
        quoted = repr(cleaned) if value[-1] in "'\"" else str(cleaned)
        shown.append(f"{match['name']}={value if cleaned == bare else quoted}{match['end']}")
        at = match.end()
    return "".join(shown) if at == len(text) else ""
