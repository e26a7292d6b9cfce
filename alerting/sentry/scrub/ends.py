"""Where the value of a secret ends: at a blank or a quote, at what stands around the pair, at the next pair."""

import re

_WINDOW = 200
_CHUNK = 512
_DELIMITER = re.compile(r"(?P<sign>&amp;|[,;&|])(?:(?=$|\s)|(?P<next>[\w.%\[\]\-]{1,60}+)\s?=)")
_PLAUSIBLE = re.compile(
    r"[A-Za-z][a-z]{2,}(?:[A-Z][a-z]+|[_.-][A-Za-z]{1,20})*\d{0,2}(?:\[\w{0,20}\]|%5[bB]\w{0,20}%5[dD])?|[A-Z]{2,}(?:_[A-Z\d]+)*"
)
# What a generator of passwords makes of small and capital letters, digits and signs.
_GENERATED = re.compile(r"(?=\S{0,80}?[a-z])(?=\S{0,80}?[A-Z])(?=\S{0,80}?[\d@#$%^&*!~+=?|`])[^\s\x1c]{12,128}+")
_BRACKET = re.compile(r"[\[\](){}]|(?<=[\[{( =:,bu])[\"']")
_CLOSERS = {"{": "}", "[": "]", "(": ")", "<": ">", '"': '"', "'": "'", "`": "`"}


def closing_quote(text: str, start: int, delimiter: str) -> int:
    """Where the quoted text that begins at `start` ends: a quote at the same depth that something ends behind.

    The whole rest where it was cut short. A password may hold the quote itself, but then goes on behind it.
    """
    depth = len(delimiter) - 1
    at, first = start, -1
    while (at := text.find(delimiter, at)) >= 0:
        slashes = 0
        while at - slashes > start and text[at - slashes - 1] == "\\":
            slashes += 1
        if delimiter == "'" and text.startswith("'\\''", at):
            at += 4  # as shells write a quote inside quotes
            continue
        if slashes <= depth:
            behind = text[at + len(delimiter) : at + len(delimiter) + 1]
            if behind in _ENDING:
                return at
            first = at if first < 0 else first
            if at - first > _FARTHEST:
                break
        at += len(delimiter)
    return first if first >= 0 else len(text)


def bracket(text: str, at: int) -> int:
    """Where the bracket that opens at `at` is closed again, outside of quotes; -1 where it is not."""
    depth, quoted = 0, at
    for found in _BRACKET.finditer(text, at, at + 4096):
        if found.start() < quoted:
            continue
        if found[0] in "\"'":
            quoted = closing_quote(text, found.start() + 1, found[0])
            continue
        depth += 1 if found[0] in "{[(" else -1
        if depth == 0:
            return found.start()
    return -1


# How far behind a quote in a password its real end is looked for.
_FARTHEST = 200
_ENDING = frozenset(["", *" \t\r\n,;:)]}>&|\\/.?!\x1c@<="])


def run(text: str, start: int, name_at: int, *, strong: bool) -> int:
    """Where an unquoted value ends: at a blank, at what is around the pair, at the next pair's separator."""
    before = text[max(0, name_at - _WINDOW) : name_at]
    around = [quote for quote in "\"'`" if _is_open(before, quote)] if strong else "\"'`<>"
    separator = before[-1:] or "?"
    alone = " " not in text[:_CHUNK] and "\n" not in text[:_CHUNK]
    before = text[max(0, start - _WINDOW) : start]
    bracketed = any(before.rfind(opener) > before.rfind(closer) for closer, opener in _OPENERS.items())
    end = within = _end_of_word(text, start, start + _CHUNK)
    for found in _DELIMITER.finditer(text, start, within + 64):
        sign, following = found["sign"], found["next"]
        if found.start() >= within:
            break
        same = sign[0] == separator or (sign[0] == "&" and (separator in "?#\"'`" or alone))
        if following is None or same or (sign == "," and bracketed) or not strong or _PLAUSIBLE.fullmatch(following):
            end = found.start()
            break
    for found in _QUOTE.finditer(text, start, end):
        if found[0] in around and (not strong or text[found.end() : found.end() + 1] in _BEHIND_QUOTE):
            end = found.start()
            break
    end = _end_of_word(text, end, len(text)) if end == start + _CHUNK else end
    return start + len(_bare(text[start:end], before, strong))


def _end_of_word(text: str, start: int, last: int) -> int:
    return _NO_BLANK.match(text, start, last).end()  # type: ignore[union-attr]


_NO_BLANK = re.compile(r"[^\s\x1c]*+")
_QUOTE = re.compile("[\"'`<>]")
_BEHIND_QUOTE = frozenset(["", *" \t\r\n,;:)]}>&|\\\x1c.?!"])
_OPENERS = {")": "(", "]": "[", "}": "{", ">": "<"}


def is_generated(text: str, at: int) -> bool:
    """Whether a generated password begins here with a bracket or a quote that nothing closes at its end."""
    made = _GENERATED.match(text, at)
    if made is None:
        return False
    closer = _CLOSERS.get(text[at])
    return closer is None or (
        closer != made[0].rstrip(",;.)]}>" if closer in "\"'`" else ",;.")[-1:] and not STRUCTURE.search(made[0])
    )


def last_quote(text: str, start: int, end: int, quote: str) -> int:
    """The last quote of the word, where only a password can hold the ones before it."""
    word = text[start : _end_of_word(text, start, start + _CHUNK)].rstrip(",;)]}>&")
    last = len(word) - 1
    is_inside = word[-1:] == quote and start + last > end and not STRUCTURE.search(word, 0, last)
    return start + last if is_inside else end


STRUCTURE = re.compile(r"[\"'][,:;]\s?[\"'\w\[{]|\w=[\"']|^[\[{(]\s?[\"'\[{(\d]")


def _is_open(before: str, quote: str) -> bool:
    """Whether the quote was opened before and not closed again."""
    at = before.rfind(quote)
    if at < 0 or before[at + 1 : at + 2] in {" ", ",", ")", "]", "}", ";", ":"}:
        return False
    return at == 0 or before[at - 1] in " \t\n([{=,:<>\\buf\"'`"


def _bare(value: str, before: str, strong: bool) -> str:
    """The value without what closes the sentence, the brackets and the quotes around it."""
    signs = ",;.\\`|" if strong else ",;.:\\`|\"'"
    while value:
        last = value[-1]
        opener = _OPENERS.get(last, last)
        closes = opener not in value and (not strong or before.rfind(opener) > before.rfind(last))
        if last not in signs and not closes:
            break
        value = value[:-1]
    return value
