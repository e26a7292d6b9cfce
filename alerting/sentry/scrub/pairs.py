"""Names and values inside a text: `key=value`, `"key": "value"`, query strings, headers, options, objects as shown.

One expression finds what may be a name with a separator, each character of it once. Whether the name announces a
secret is judged as it is for a dictionary's key; only then is the value's end looked for: a quote, a bracket, a blank,
what stands around the pair, or the next pair.
"""

import re
from functools import cache

from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.rules import plain
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.rules.words import ORDINARY
from alerting.sentry.scrub.values import holds_nothing, is_complaint, is_secret_value
from alerting.sentry.scrub.work import Cut, Work

Span = tuple[int, int]
_NONE = (0, 0)
# How far before a value what is around it is looked for, and how far behind it its end.
_BEFORE = 200
_FARTHEST = 512

_PAIR = re.compile(
    r"(?<![\w.\-\[\]])(?P<name>(?=[\d.\-\[\]]*+\w)[\w.\-\[\]]++)(?P<close>\\{0,15}[\"'`]?[\])]?)"
    r"(?P<sep>\s{0,6}(?:(?P<op>[-+*/|&?!:]{0,2}={1,3}>?|[-=]>|(?<=-)>|:(?!:|//)|[＝：])\s{0,6}"
    r"(?:[|>][+-]?[ \t]{0,8}\r?\n[ \t]{1,20})?))"
)
_OPENING = re.compile(r"(?:[bBuUrRfFnNeExX]{0,2}(?=\\{0,15}[\"']))?(\\{0,15}[\"'`])")
_WORD = re.compile(r"[^\s\x1c]*+")
_WEAK_WORD = re.compile("[^\\s\x1c\"'`<>]*+")
_NEXT = re.compile(r"(?P<sign>&amp;|[,;&|])(?:(?=$|\s)|(?P<next>[\w.%\[\]\-]{1,60}+)\s?=)")
_QUOTE = re.compile("[\"'`](?=[ \t\r\n,;:)\\]}>&|\\\\\x1c.?!]|\\Z)")
_QUOTED = re.compile(r"[\"']([^\"']{1,400})[\"']")
_BEHIND = frozenset(["", *" ,;:.)]}>\t\r\n"])
_OPENERS = {")": "(", "]": "[", "}": "{", ">": "<"}
_CLOSERS = {"{": "}", "[": "]", "(": ")"}


def find(text: str, names: Names, work: Work) -> list[Cut]:
    """Where the values of secret names stand."""
    cuts = []
    done = 0
    for match in _PAIR.finditer(text):
        secrecy = names.judge(match["name"])
        if secrecy <= Secrecy.ADDRESS or match.start() < done:
            continue
        work.spend(400)
        start, end = _value(text, match, secrecy, names)
        if end > start >= done:
            cuts.append((start, end, "named"))
            done = end
    return cuts


def _value(text: str, match: re.Match[str], secrecy: Secrecy, names: Names) -> Span:
    """Where the value to replace begins and ends; nothing where there is none."""
    at, op, strong = match.end(), match["op"], secrecy >= Secrecy.STRONG
    if at >= len(text) or (op == "=" and "\n" in match["sep"]) or plain.HOLE.match(text, at):
        return _NONE
    if opening := _OPENING.match(text, at):
        return _quoted(text, match, opening, secrecy)
    if text[at] in _CLOSERS:
        return _NONE if match["close"].endswith(")") else _bracketed(text, at, strong)  # SQL: (a, b) = ('c', 'd')
    end = _end(text, at, match.start(), strong)
    value = text[at:end]
    structural = bool(match["close"]) or _is_parameter(text, match, end)
    if not is_secret_value(value, secrecy, match["name"], structural=structural):
        return _NONE
    is_data = _is_told(text, match, value, strong) if op in {":", "："} else _is_assigned(match, value, names)
    return (at, end) if is_data else _NONE


def _is_told(text: str, match: re.Match[str], value: str, strong: bool) -> bool:
    """Whether `name: value` is data: in speech an ordinary word follows a colon."""
    if match["close"].strip("\\])"):
        return True
    if text[match.start() - 1 : match.start()] == ":" and not any(map(str.isdigit, value)):
        return False  # a part of an address: arn:aws:secretsmanager:eu:secret:name
    return value.lower().strip(".!?:") not in ORDINARY and (strong or not value.isalpha())


def _is_assigned(match: re.Match[str], value: str, names: Names) -> bool:
    """Whether `name = value` is data and no program's text: a variable of the same name, another's attribute."""
    if not (value.islower() and value.replace("_", "").replace(".", "").isalpha()):
        return True
    is_same = " " in match["sep"] and value == match["name"].rpartition(".")[2]
    is_other = "." in value and names.are_secret(value)
    return not (is_same or is_other or match["op"] in {"==", "!=", "===", "!=="})


def _is_parameter(text: str, match: re.Match[str], end: int) -> bool:
    """Whether the name is a parameter of a query or a form, or a variable of the environment."""
    is_variable = match["name"].isupper() and "_" in match["name"]
    around = text[match.start() - 1 : match.start()] + text[end : end + 1]
    return match["sep"] == "=" and (is_variable or not {"?", "&", "#", ";"}.isdisjoint(around))


def _quoted(text: str, match: re.Match[str], opening: re.Match[str], secrecy: Secrecy) -> Span:
    quote, start = opening[1], opening.end()
    is_last = not match["close"] and text[start : start + 1] in _BEHIND
    if is_last and text.count(quote, max(0, match.start() - 400), match.start()) % 2:
        return _NONE  # the quote ends what the name stands in: 'Cookie:'
    end = _closing_quote(text, start, quote)
    if secrecy < Secrecy.STRONG and not match["close"] and match["op"] == ":" and " " in text[start:end]:
        return _NONE
    is_secret = is_secret_value(text[start:end], secrecy, match["name"], quoted=True, structural=bool(match["close"]))
    return (start, end) if is_secret else _NONE


@cache
def _closing(quote: str, more: str = "") -> re.Pattern[str]:
    quote = re.escape(quote)
    return re.compile(rf"(?<!\\){quote}(?!\\{quote}{quote})(?=[\s,;:)\]}}>&|\\/.?!\x1c@<={more}]|\Z)")


def _closing_quote(text: str, start: int, quote: str) -> int:
    """Where the quoted text ends: a quote of the same depth that something ends behind; a password may hold others.

    The whole rest where it was cut short.
    """
    if found := _closing(quote).search(text, start, start + _FARTHEST):
        return found.start()
    end = text.find(quote, start)
    return end if end >= 0 else len(text)


def _bracketed(text: str, at: int, strong: bool) -> Span:
    """What a bracket holds under a secret name, or what begins with one; complaints about the secret stay."""
    if not strong and text[at] == "{":
        return _NONE
    opener, opened, quotes, end = text[at], 0, 0, at
    for found in _closing(_CLOSERS[opener], "\"'`").finditer(text, at, at + 4096):
        opened += text.count(opener, end, found.start()) - 1
        quotes += text.count("'", end, found.start()) + text.count('"', end, found.start())
        end = found.end()
        if opened <= 0 and quotes % 2 == 0:
            break
    else:
        return at, len(text)
    inside = text[at + 1 : end - 1]
    told = _QUOTED.findall(inside)
    if holds_nothing(text[at:end]) or holds_nothing(inside.strip("'\" ")):
        return _NONE
    if any(map(is_complaint, told)) and all(is_complaint(one) or one.replace("_", "").isalpha() for one in told):
        return _NONE
    return (at + 1, end - 1) if told or (strong and text[at] == "[") else _NONE


def _end(text: str, start: int, name_at: int, strong: bool) -> int:
    """Where an unquoted value ends: at a blank, at what is around the pair, at the next pair's separator."""
    before = text[max(0, name_at - _BEFORE) : name_at]
    quotes = [quote for quote in "\"'`" if strong and _is_open(before, quote)]
    separator = before[-1:] or "?"
    end = (_WORD if strong else _WEAK_WORD).match(text, start).end()  # type: ignore[union-attr]
    for found in _NEXT.finditer(text, start, end + 64):
        sign, following = found["sign"], found["next"]
        if found.start() >= end:
            break
        same = sign[0] == separator or (sign[0] == "&" and (separator in "?#\"'`" or " " not in text[:_FARTHEST]))
        if following is None or same or not strong or plain.PLAUSIBLE.fullmatch(following):
            end = found.start()
    end = next((found.start() for found in _QUOTE.finditer(text, start, end) if found[0] in quotes), end)
    before = text[max(0, start - _BEFORE) : start]
    while end > start:
        last = text[end - 1]
        opener = _OPENERS.get(last, last)
        closes = text.find(opener, start, end) < 0 and (not strong or before.rfind(opener) > before.rfind(last))
        if last not in (",;.\\`|" if strong else ",;.:\\`|\"'") and not closes:
            break
        end -= 1
    return end


def _is_open(before: str, quote: str) -> bool:
    """Whether the quote was opened before and not closed again."""
    at = before.rfind(quote)
    if at < 0 or before[at + 1 : at + 2] in {" ", ",", ")", "]", "}", ";", ":"}:
        return False
    return at == 0 or before[at - 1] in " \t\n([{=,:<>\\buf\"'`"
