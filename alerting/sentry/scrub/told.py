"""Secrets that a sentence tells: the name of a secret, and behind it a word that looks random or stands in quotes."""

import re

from alerting.sentry.scrub.ends import closing_quote
from alerting.sentry.scrub.names import Names, words_of
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.rules.words import FILLERS, ORDINARY, PARTS, SCHEMES
from alerting.sentry.scrub.values import holds_nothing, is_complaint, looks_random
from alerting.sentry.scrub.work import Cut, Work

_VALUE = re.compile(
    r"[ \t](?:(?P<quote>\\{0,7}[\"'`])(?=\S)"
    r"|[(<\[*_]?(?P<bare>(?=[^\s\d]{0,60}\d)(?=[^\sA-Za-z]{0,60}[A-Za-z])[^\s\"'`,;]{6,400}))"
)
_COUNTED = re.compile(
    r"(?i)#?\d{1,3}|(?:sha|md|utf|base|rfc|h|v|oauth|es|aes|ssh|ed|x|tls|ipv|http)[-_/]?\d[\d.]*\w{0,3}|[a-z]{3,}[-_]?\d{1,3}"
)
_JOINTS = frozenset("=:/(")
_WINDOW = 100


def find(text: str, names: Names, work: Work) -> list[Cut]:
    """Where the told secrets stand."""
    cuts = []
    for match in _VALUE.finditer(text):
        work.spend(30)
        name, secrecy, told = _name_before(names, text, match.start())
        if secrecy <= Secrecy.ADDRESS:
            continue
        work.spend(150)
        if quote := match["quote"]:
            start = match.end()
            end = closing_quote(text, start, quote)
            if _is_quoted(text[start:end], name, secrecy, told):
                cuts.append((start, end, "told"))
        else:
            value = match["bare"].rstrip(").]}>!?:*_")
            if _is_bare(value, secrecy, told):
                cuts.append((match.start("bare"), match.start("bare") + len(value), "told"))
    return cuts


def _name_before(names: Names, text: str, at: int) -> tuple[str, Secrecy, bool]:
    """The name before a value, over the words that join them, and whether there are any: password for ada is …"""
    words = text[max(0, at - _WINDOW) : at].split()
    told = False
    while words and words[-1].lower().rstrip(":") in FILLERS:
        told = words.pop().lower().rstrip(":") != "value" or told
    for back in (2, 3):
        if len(words) > back and words[-back].lower() in {"for", "of"} and (told or words[-1].endswith(":")):
            words, told = words[:-back], True
            break
    if not words:
        return "", Secrecy.HARMLESS, False
    last = words[-1].strip("\"'`:([")
    if not last or not _JOINTS.isdisjoint(last) or words[-1][-1] == "," or (words[-1][-1] == ":" and not told):
        return "", Secrecy.HARMLESS, False
    known = [last]
    if words[-2:-1] and words[-2].isalpha() and last.lower() in PARTS:
        known.append(f"{words[-2]}_{last}")
    secrecy, name = max((names.judge(one), one) for one in known)
    return name, secrecy, told or "_" in last


def _is_quoted(value: str, name: str, secrecy: Secrecy, told: bool) -> bool:
    vault = secrecy is Secrecy.VAULT
    if (" " in value and not (vault and told)) or len(value) < 3 or holds_nothing(value) or is_complaint(value):
        return False
    if value.split()[0].lower() in ORDINARY | SCHEMES:
        return False
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    if mixed and (vault or len(words_of(name)) > 1 or len(value) >= 6):
        return True
    return vault and (value.isalnum() or " " in value) and told


def _is_bare(value: str, secrecy: Secrecy, told: bool) -> bool:
    if len(value) < 6 or holds_nothing(value) or not _JOINTS.isdisjoint(value) or not looks_random(value):
        return False
    if secrecy is not Secrecy.VAULT and _COUNTED.fullmatch(value):
        return False
    return secrecy is Secrecy.VAULT or told or sum(map(str.isdigit, value)) > 1
