"""Hostile text made harmless: one visible line, Slack's mrkdwn, mail headers, terminals, links. Pure."""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, urlsplit

ELLIPSIS = "…"
HEADER_LIMIT = 200
LINK_LIMIT = 2000
# Longer than any honest cluster; what stacks more is there to overflow its line.
MOST_MARKS = 4
# Of a huge text only this much per character wanted is looked at; what is invisible may be dropped from it.
READ_PER_CHARACTER = 10
LONGEST = 20_000

_TERMINAL_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|(?:\x1b[\]P_^X]|[\x9d\x90\x9f\x9e\x98])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, APC, PM, SOS
    r"|\x1b[ -/]*[0-~]?"  # the other escapes
)
_BLANKS = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
# Of the categories Cc and Cf all but the line break, bidirectional and zero-width characters among them; and letters
# that are drawn as nothing.
_INVISIBLE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
    r"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]"
)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_JAMO_TAILS = range(0x1160, 0x1200)

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOKALIKES = {"*": "∗", "~": "∼", "`": "ˋ"}
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_BROADCAST = re.compile(r"@(?=\W*(?:here|channel|everyone|group))", re.IGNORECASE)


def one_line(text: str, limit: int = 300) -> str:
    """One visible line of at most `limit` characters.

    Terminal sequences, control, bidirectional and zero-width characters are removed, line breaks of every alphabet
    become blanks, lone surrogates become U+FFFD.
    """
    plain = _TERMINAL_SEQUENCE.sub("", text[: READ_PER_CHARACTER * limit + 200])
    plain = visible(_BLANKS.sub(" ", plain))
    kept: list[str] = []
    marks = 0
    for char in plain:
        category = unicodedata.category(char)
        if category == "Cs":
            char = "\ufffd"
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return shorten(_BLANKS.sub(" ", "".join(kept)).strip(), limit)


def visible(text: str) -> str:
    """The text with its line breaks, and without characters that are drawn as nothing or turn a line around."""
    return _INVISIBLE.sub("", text)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between what a reader sees as characters, with an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    if limit <= 0:
        return ""
    cut = limit - len(ELLIPSIS)
    while cut > 0 and _joins(text, cut):
        cut -= 1
    return text[:cut].rstrip() + ELLIPSIS


def fit(text: str, limit: int, escape: Callable[[str], str]) -> str:
    """`escape(text)`, shortened before escaping so that no entity is cut and the result has at most `limit`."""
    escaped = escape(text)
    if len(escaped) <= limit:
        return escaped
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if len(escape(shorten(text, middle))) <= limit:
            low = middle
        else:
            high = middle - 1
    return escape(shorten(text, low))


def terminal(text: str, limit: int = 1000) -> str:
    """Text for a terminal or a log line: it can neither move the cursor nor start a second line."""
    return one_line(text, limit)


def mrkdwn(text: str) -> str:
    """One line for a Slack text in which it must look like itself and mention, link or format nothing.

    Characters that format are replaced by look-alikes, underscores only at the edge of a word, where alone they
    format: `user_id` stays what it is.
    """
    plain = _BROADCAST.sub("＠", one_line(text, LONGEST)).replace("://", ":⁄⁄")
    plain = _EDGE_UNDERSCORE.sub(lambda match: "＿" * len(match[0]), plain)
    return "".join(_LOOKALIKES.get(char) or _ENTITIES.get(char, char) for char in plain)


def code(text: str) -> str:
    """One line as Slack code, where nothing formats and everything can be copied as it is; empty stays empty."""
    plain = _BROADCAST.sub("＠", one_line(text, LONGEST)).replace("`", "ˋ")
    return f"`{entities(plain)}`" if plain else ""


def entities(text: str) -> str:
    """Slack's own three characters, for text of ours that may use formatting (docs: "Escaping text")."""
    return "".join(_ENTITIES.get(char, char) for char in text)


def safe_link(url: str) -> str:
    """The URL where it is a plain http(s) one of bearable length, fit for HTML, mail and Slack; otherwise empty."""
    encoded = quote(url.encode("utf-8", "replace"), safe="%/:=&?#+,;!$()[]*~.-_")
    try:
        parts = urlsplit(encoded)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    fine = parts.scheme in {"http", "https"} and host and "%" not in host and len(encoded) <= LINK_LIMIT
    return encoded if fine else ""


def slack_link(url: str, label: str) -> str:
    """A mrkdwn link; only the label where the URL is not one to follow. `label` is hostile, `url` may be."""
    target = safe_link(url)
    shown = mrkdwn(label).replace("|", "¦")
    return f"<{target.replace('&', '&amp;')}|{shown}>" if target and shown else shown


def _joins(text: str, position: int) -> bool:
    """Whether the character at `position` belongs to the one before it."""
    char = text[position]
    if unicodedata.category(char) in {"Mn", "Mc", "Me"} or ord(char) in _SKIN_TONES or ord(char) in _JAMO_TAILS:
        return True
    if ord(char) not in _FLAG_LETTERS:
        return False
    before = 0
    while position - before > 0 and ord(text[position - before - 1]) in _FLAG_LETTERS:
        before += 1
    return before % 2 == 1
