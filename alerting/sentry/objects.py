"""Secrets in what objects show of themselves: name and value side by side, credentials by position, rejected inputs."""

import re

from alerting.sentry.keys import Names
from alerting.sentry.patterns import MARKER
from alerting.sentry.values import closing_quote
from alerting.sentry.verdict import Verdict

_INPUT = re.compile(
    r"(?:^|(?<=\n)|(?<=\\n))(?P<name>[\w.\[\]-]{1,120})(?:\n|\\{1,3}n)[^\n]{0,400}?input_value="
    r"(?P<value>(?P<quote>\\{0,3}['\"]).*?(?P=quote)(?=, input_type)|[^,\]\n]{1,400})"
)
_NAMED = re.compile(
    r"(?<![\w])(?:name|key|header|field|param|parameter|Name|Key|k)(?:\\{0,15}[\"'])?\s?[:=]\s{0,3}[bu]?(?:\\{0,15}[\"'])"
    r"(?P<name>[\w. \[\]-]{1,80}?)(?:\\{0,15}[\"'])\s?,\s{0,4}(?:[\w=' \"]{1,40}?,\s{0,4})?"
    r"(?:\\{0,15}[\"'])?(?:value|val|v|content|Value)(?:\\{0,15}[\"'])?\s?[:=]\s{0,3}[bu]?(?P<quote>\\{0,15}[\"'])"
)
_NAMED_BEHIND = re.compile(
    r"(?<![\w])(?:value|val|v|content|Value)(?:\\{0,15}[\"'])?\s?[:=]\s{0,3}[bu]?(?P<quote>\\{0,15}[\"'])"
    r"(?P<value>[^\"']{1,2000})(?P=quote)\s?,\s{0,4}(?:\\{0,15}[\"'])?(?:name|key|header|field|param|Name|Key)"
    r"(?:\\{0,15}[\"'])?\s?[:=]\s{0,3}[bu]?(?:\\{0,15}[\"'])(?P<name>[\w. \[\]-]{1,80}?)(?:\\{0,15}[\"'])"
)
_LISTED = re.compile(
    r"\b(?:name|key):[ \t]{1,3}[\"']?(?P<name>[\w.-]{1,80})[\"']?[ \t]{0,3}(?:\r?\n|\\{1,3}n)[ \t]{1,20}"
    r"value:[ \t]{1,3}(?P<value>[^\r\n\\]{1,1000})"
)
_LOCATED = re.compile(
    r"['\"]loc\\{0,7}['\"]:\s?[(\[][^()\[\]]{0,200}?['\"](?P<name>[\w.-]{1,80})\\{0,7}['\"],?[)\]],"
    r".{0,300}?['\"]input\\{0,7}['\"]:\s?b?(?P<quote>\\{0,7}['\"])",
    re.DOTALL,
)
_CREDENTIALS = re.compile(
    r"(?<![\w.])(?:[\w.]{0,60}Auth|db\.auth|[\w.]{0,60}[Cc]redentials?\s?|UsernamePassword\w{0,40})\(\s?(?:\w{1,40}=)?(?P<first>\\{0,15}[\"'])[^\"']{0,200}"
    r"(?P=first),\s{0,4}(?:\w{1,40}=)?[bu]?(?P<quote>\\{0,15}[\"'])"
)


def without_objects(text: str, names: Names) -> str:
    """The text with the secrets in objects' representations replaced."""
    if "v" in text or "content" in text or "Value" in text:
        text = _behind(_NAMED, text, names)

        def cut(match: re.Match[str]) -> str:
            if names.judge(match["name"]) <= Verdict.ADDRESS:
                return match[0]
            start, end = match.start("value") - match.start(), match.end("value") - match.start()
            return f"{match[0][:start]}{MARKER}{match[0][end:]}"

        text = _NAMED_BEHIND.sub(cut, text)
        text = _LISTED.sub(cut, text) if "value: " in text else text
    if "input" in text and "loc" in text:
        text = _behind(_LOCATED, text, names)
    return _behind(_CREDENTIALS, text, None) if "uth(" in text or "redential" in text or "UsernameP" in text else text


def _behind(pattern: re.Pattern[str], text: str, names: Names | None) -> str:
    """The text without the quoted values that begin where the pattern's secret matches end."""
    kept: list[str] = []
    done = 0
    for match in pattern.finditer(text):
        if match.start() < done or (names is not None and names.judge(match["name"]) <= Verdict.ADDRESS):
            continue
        end = closing_quote(text, match.end(), match["quote"])
        if end > match.end():
            kept += (text[done : match.end()], MARKER)
            done = end
    return "".join((*kept, text[done:])) if kept else text


def without_inputs(text: str, names: Names) -> str:
    """The text of pydantic's errors, whose rejected inputs stand a line below their field, without secret ones."""

    def cut(match: re.Match[str]) -> str:
        value = match["value"]
        if (
            names.judge(match["name"]) <= Verdict.ADDRESS
            or "[type=missing," in match[0]
            or value in {"None", "{}", "[]"}
        ):
            return match[0]
        quote = match["quote"] or ""
        return f"{match[0][: match.start('value') - match.start()]}{quote}{MARKER}{quote}"

    return _INPUT.sub(cut, text)
