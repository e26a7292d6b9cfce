"""Where the value of a secret ends: at a blank or a quote, at what stands around the pair, at the next pair."""

import re

_WINDOW = 200
_CHUNK = 512
_DELIMITER = re.compile(r"(?P<sign>&amp;|[,;&|])(?:(?=$|\s)|(?P<next>[\w.%\[\]\-]{1,60}+)\s?(?:=|:))")
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
        if slashes <= depth and (depth or slashes % 2 == 0):
            behind = text[at + len(delimiter) : at + len(delimiter) + 1]
            if behind in _ENDING:
                return at
            first = at if first < 0 else first
            if at - first > _FARTHEST:
                break
            at += behind == delimiter[-1]  # SQL doubles a quote inside
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
    around = [quote for quote in "\"'`" if quote in before and _is_open(before, quote)]
    separator = before[-1:] or "?"
    before = text[max(0, start - _WINDOW) : start]
    bracketed = any(
        before.rfind(opener) > before.rfind(closer) for closer, opener in _OPENERS.items() if opener in before
    )
    alone = " " not in text[:_CHUNK] and "\n" not in text[:_CHUNK]
    at = start
    while True:
        chunk = _NO_BLANK.match(text, at)
        if not chunk:
            end = at
            break
        end = chunk.end()
        ends = [end]
        for found in _DELIMITER.finditer(text, at, end + 64):
            sign, following = found["sign"], found["next"]
            if found.start() >= end:
                break
            same = sign[0] == separator or (sign[0] == "&" and (separator in "?#\"'`" or alone))
            listed = sign == "," and bracketed and len(following or "") == 1
            if following and text[found.end() - 1] == ":" and not (bracketed and sign == ","):
                continue
            if following is None or same or listed or not strong or _PLAUSIBLE.fullmatch(following):
                ends.append(found.start())
                break
        for quote in around if strong else "\"'`<>":
            position = at
            while (position := text.find(quote, position, end)) >= 0:
                if not strong or text[position + 1 : position + 2] in _BEHIND_QUOTE:
                    ends.append(position)
                    break
                position += 1
        if min(ends) < end or end - at < _CHUNK:
            end = min(ends)
            break
        at = end
    return start + len(_bare(text[start:end], before, strong))


def line(text: str, start: int, name_at: int) -> int:
    """The end of the line, or of the quotes around it."""
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    before = text[max(0, name_at - _WINDOW) : name_at]
    for quote in "\"'`":
        if _is_open(before, quote):
            closing = text.find(quote, start, end)
            while 0 <= closing < end and text[closing - 1] == "=":
                closing = text.find(quote, text.find(quote, closing + 1, end) + 1, end)
            end = closing if closing >= 0 else end
    return start + len(text[start:end].rstrip("\r>])} \\"))


def phrase(text: str, start: int, name_at: int) -> int:
    told = text[start : line(text, start, name_at)]
    following = re.search(r"[\s&;,]+[\w.-]{1,40}=", told)
    return start + (following.start() if following else len(told))


_NO_BLANK = re.compile(rf"[^\s\x1c]{{1,{_CHUNK}}}+")
_BEHIND_QUOTE = frozenset(["", *" \t\r\n,;:)]}>&|\\\x1c.?!"])
_OPENERS = {")": "(", "]": "[", "}": "{", ">": "<"}


def is_generated(text: str, at: int) -> bool:
    """Whether a generated password begins here with a bracket or a quote that nothing closes at its end."""
    made = _GENERATED.match(text, at)
    if made is None or (text[at] == "<" and made[0].find(">") > 0):
        return False
    closer = _CLOSERS.get(text[at])
    return closer is None or (
        closer != made[0].rstrip(",;.)]}>" if closer in "\"'`" else ",;.")[-1:] and not STRUCTURE.search(made[0])
    )


def last_quote(text: str, start: int, end: int, quote: str) -> int:
    """The last quote of the word, where only a password can hold the ones before it."""
    word = _NO_BLANK.match(text, start)
    last = word[0].rstrip(",;)]}>&").rfind(quote) if word else -1
    if last < 0 or start + last <= end or STRUCTURE.search(word[0][:last]):  # type: ignore[index]
        return end
    return start + last if last == len(word[0].rstrip(",;)]}>&")) - 1 else end  # type: ignore[index]


STRUCTURE = re.compile(r"[\"'][,:;]\s?[\"'\w\[{]|\w=[\"']|^[\[{(]\s?[\"'\[{(\d]")


def _is_open(before: str, quote: str) -> bool:
    """Whether the quote was opened before and not closed again."""
    at = before.rfind(quote)
    if at < 0:
        return False
    behind = before[at + 1 : at + 2]
    return (at == 0 or before[at - 1] in " \t\n([{=,:<>\\buf\"'`") and behind not in {" ", ",", ")", "]", "}", ";", ":"}


def _bare(value: str, before: str, strong: bool) -> str:
    """The value without what closes the sentence, the brackets and the quotes around it."""
    while value:
        last = value[-1]
        if (
            last in ",;"
            or (last in ".:" and not strong)
            or (last == "." and len(value) > 1)
            or (
                (opener := _OPENERS.get(last)) is not None
                and (opener not in value and (not strong or before.rfind(opener) > before.rfind(last)))
            )
            or last in "\\`|"
            or (last in "\"'" and not strong)
        ):
            value = value[:-1]
        else:
            break
    return value
