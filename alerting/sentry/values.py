"""Where a value in a text ends: quoted, in brackets, or a credential behind its scheme."""

import re

from alerting.sentry.keys import Names
from alerting.sentry.patterns import MARKER
from alerting.sentry.speech import HOLE, MECHANISMS, ORDINARY_WORDS, PLACEHOLDER, is_complaint
from alerting.sentry.verdict import Verdict

_CREDENTIALS = re.compile(
    r"(?:[A-Za-z][\w-]{2,20}(?:\s{1,3}|%20|\+))?(?:[^\s,;\"'<>)}\]&]|&(?![\w.%-]{1,60}=)){1,4096}"
)
_SCHEME = re.compile(
    r"(?:bearer|basic|token|apikey|bot|splunk|geniekey|negotiate|ntlm|ssws|dpop)(?:\s|%20|\+)+(?=.)", re.IGNORECASE
)
_WHOLE_LINE_SCHEMES = ("digest", "aws4", "oauth ", "hawk", "signature")
_QUOTED = re.compile(r"(\\{0,7}[\"'])((?:(?!\1).){1,400})\1", re.DOTALL)
_ARGUMENTS = re.compile(r"[a-z_*]{1,40}(?:, [a-z_*]{1,40}(?:=\w{1,20})?){0,20}")
_BEFORE_QUOTE = frozenset("[{( =:,bu")
_CHECK_ID = re.compile(r"[a-z_.]{2,60}\.[A-Z]\d{3}")
_DESCRIBED = re.compile(r"['\"](\w{1,60})\\{0,3}['\"]\s?:")
HOLE_HERE = re.compile(rf"(?:{HOLE.pattern})(?=[\s,;&|<)\]}}\"'`]|\.{{1,3}}(?:\s|$)|$)", re.DOTALL)


def closing_quote(text: str, start: int, delimiter: str) -> int:
    """Where the quoted text that begins at `start` ends; the whole rest where it was cut short."""
    depth = len(delimiter) - 1
    at = start
    while (at := text.find(delimiter, at)) >= 0:
        slashes = 0
        while at - slashes > start and text[at - slashes - 1] == "\\":
            slashes += 1
        # A quote inside has one backslash more than the quotes around, or two for every two of them.
        if slashes <= depth and (depth or slashes % 2 == 0):
            if delimiter != "'" or at == start or text[at + 1 : at + 2] != "'":
                return at
            at += 1  # SQL doubles a quote inside
        at += len(delimiter)
    return len(text)


def credentials(text: str, start: int) -> tuple[int, int]:
    """An authorization header's value: a scheme with its credential, or the whole line where the scheme has many."""
    if text[start : start + 12].lower().startswith(_WHOLE_LINE_SCHEMES):
        line = re.compile(r"[^\r\n]{1,4096}").match(text, start)
        return line.span() if line else (0, 0)
    found = _CREDENTIALS.match(text, start)
    if (
        not found
        or found[0].startswith(MARKER[:-1])
        or found[0].split()[0].lower().rstrip(".!?") in ORDINARY_WORDS - {"basic", "bearer", "digest"}
        or found[0].lower() in MECHANISMS
    ):
        return 0, 0
    last = found[0].split()[-1]
    if MARKER[:-1] in last or PLACEHOLDER.fullmatch(last) or (" " in found[0] and last.lower() in ORDINARY_WORDS):
        return 0, 0
    scheme = _SCHEME.match(found[0])
    return (start + scheme.end() if scheme else start), found.end()


def inside_brackets(text: str, start: int, verdict: Verdict, names: Names) -> tuple[int, int]:
    """What a bracket holds under a name whose every part is secret; other brackets are judged name by name."""
    if PLACEHOLDER.match(text, start) or HOLE_HERE.match(text, start) or text.startswith(MARKER[:-1], start):
        return 0, 0
    if verdict < Verdict.SECRET and text[start] == "{":
        return 0, 0
    depth = quoted = 0
    for position in range(start, min(len(text), start + 8192)):
        if position < quoted:
            continue
        if text[position] in "'\"" and text[position - 1] in _BEFORE_QUOTE:
            end = closing_quote(text, position + 1, text[position])
            quoted = end if end < len(text) else 0  # a bracket in quotes closes none
        depth += (text[position] in "{[(") - (text[position] in "}])")
        if depth == 0:
            inside = text[start + 1 : position]
            told = (
                not re.search(r"\w", inside)
                or inside.strip() == MARKER
                or (verdict is Verdict.TOKEN and bool(_ARGUMENTS.fullmatch(inside)))
            )
            told = told or _tells_of_secrets(inside, names)
            return (0, 0) if told else (start + 1, position)
    return start + 1, len(text)


def _tells_of_secrets(inside: str, names: Names) -> bool:
    """Whether a bracket holds complaints about a secret, or describes it: its type, its length."""
    if _CHECK_ID.fullmatch(inside):
        return True
    told = [quoted[2] for quoted in _QUOTED.finditer(inside)]
    if told and all(map(HOLE.fullmatch, told)):
        return True
    if any(map(is_complaint, told)):
        return all(is_complaint(text) or re.fullmatch(r"[a-z_]{2,40}", text) for text in told)
    about = _DESCRIBED.findall(inside)
    return bool(about) and all(names.judge(f"password {name}") <= Verdict.HARMLESS for name in about)
