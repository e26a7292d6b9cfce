"""Secrets that a sentence tells: the name of a secret, and behind it a word that looks random or stands in quotes."""

import re

from alerting.sentry.scrub.names import Names, words_of
from alerting.sentry.scrub.rules.words import ORDINARY, SCHEMES
from alerting.sentry.scrub.secrecy import Secrecy
from alerting.sentry.scrub.values import closing_quote, holds_nothing, is_complaint, looks_random
from alerting.sentry.scrub.work import Cut, Work

_TOLD = re.compile(
    r"(?<![\w/.-])(?P<name>[A-Za-z][\w-]*+)(?P<close>[\"'`]?)(?P<second> (?:key|token|code|password|secret|id"
    r"|phrase)(?=\s))?"
    r"(?P<of>\s(?:for|of)\s(?:(?:user|account|the)\s)?[\w.@+'-]{1,60}(?=:|\s(?:is|was)\s))?"
    r"(?P<gap>:?\s{1,3}(?:(?:is|was|are|becomes|set to|changed to|now|provided|given|used|sent|with value|value"
    r"|header was):?\s{1,3}){0,2})"
    r"(?:(?P<quote>\\{0,7}[\"'`])(?=\S)|(?P<bare>(?=[^\s\"'`]{0,60}\d)[^\s\"'`,;]{3,400}))",
    re.IGNORECASE,
)
_JOINTS = frozenset("=:/(")
_COUNTED = re.compile(
    r"#?\d{1,3}|(?i:sha|md|utf|base|rfc|h|v|oauth|es|aes|ssh|ed|x|tls|ipv|http|python|level|web|user|worker|table"
    r"|line)[-_/]?\d[\d.]*\w{0,3}|\w+\(\d.*"
)


class Told:
    """Finds what sentences tell."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def find(self, text: str, work: Work) -> list[Cut]:
        """Where the told secrets stand."""
        cuts = []
        for match in _TOLD.finditer(text):
            name = match["name"] + (match["second"] or "").replace(" ", "_")
            alone = (match["second"] or match["name"]).strip()
            secrecy = max(self._names.judge(name), self._names.judge(match["name"]), self._names.judge(alone))
            if secrecy <= Secrecy.ADDRESS:
                continue
            work.spend(250)
            quote = match["quote"]
            if quote:
                start = match.end()
                end = closing_quote(text, start, quote)
                if self._is_quoted(text[start:end], match, name, secrecy):
                    cuts.append((start, end, "told"))
            else:
                value = match["bare"].rstrip(").]}>!?:*_").lstrip("(<[*_")
                start = match.end() - len(match["bare"]) + match["bare"].find(value)
                if self._is_bare(value, match, secrecy):
                    cuts.append((start, start + len(value), "told"))
        return cuts

    def _is_quoted(self, value: str, match: re.Match[str], name: str, secrecy: Secrecy) -> bool:
        if " " in value and not (secrecy is Secrecy.VAULT and re.search(r"\b(?:is|was)\b", match["gap"])):
            return False
        if value.split()[0].lower() in ORDINARY | SCHEMES:
            return False
        if holds_nothing(value) or is_complaint(value) or len(value) < 3 or value.lower() in ORDINARY:
            return False
        digits = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
        told = match["gap"].strip(": \t") != "" or match["of"]
        strong = secrecy is Secrecy.VAULT or len(words_of(name)) > 1
        return (digits and (strong or len(value) >= 6)) or (
            secrecy is Secrecy.VAULT and (value.isalnum() or " " in value) and bool(told or "_" in match["name"])
        )

    def _is_bare(self, value: str, match: re.Match[str], secrecy: Secrecy) -> bool:
        if len(value) < 6 or holds_nothing(value) or not _JOINTS.isdisjoint(value) or _COUNTED.fullmatch(value):
            return False
        if not any(map(str.isalpha, value)) or not looks_random(value):
            return False
        if secrecy is not Secrecy.VAULT and re.fullmatch(r"[a-z]{3,}[-_]?\d{1,3}", value):
            return False
        return secrecy is Secrecy.VAULT or sum(map(str.isdigit, value)) > 1 or match["gap"].strip() != ""
