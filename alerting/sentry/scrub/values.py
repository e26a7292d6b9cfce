"""The one judge of values: what follows a secret's name, and what else must be true of what a rule row found."""

import re
from typing import TYPE_CHECKING

from alerting.sentry.scrub.rules import MARKER, plain
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.rules.words import MECHANISMS, ORDINARY, SCHEMES

if TYPE_CHECKING:
    from alerting.sentry.scrub.names import Names


def holds_nothing(text: str) -> bool:
    """Whether the text is a hole or another word for nothing, in whose place a secret might stand."""
    return plain.NOTHING.fullmatch(text) is not None


def is_complaint(text: str) -> bool:
    """Whether the text is a whole sentence about a field."""
    words = text.split() if len(text) <= 400 and plain.SENTENCE.fullmatch(text) else []
    return sum(word.strip(".,!()").lower() in plain.COMPLAINING for word in words) >= 2


def looks_random(text: str) -> bool:
    """Whether a text is no word that people write: digits amid letters, capitals inside, or very long."""
    if len(text) < 4:
        return False
    if len(text) > 32 and " " not in text:
        return True
    return not plain.WORDLIKE.fullmatch(text) and any(map(str.isalnum, text))


def is_secret_value(
    text: str, secrecy: Secrecy, name: str = "", *, quoted: bool = False, structural: bool = False
) -> bool:
    """The one judge of values. `structural`: the name is a key, a parameter, a header, and no word of a sentence.

    A number of one or two digits counts something; `PWD` is also a working directory.
    """
    if holds_nothing(text) or is_complaint(text) or (len(text) < 3 and text.isdigit()):
        return False
    if not text or (name[-3:].lower() == "pwd" and plain.PATH.fullmatch(text)):
        return False
    if secrecy >= Secrecy.STRONG:
        return True
    if text.startswith(MARKER):
        return False  # cut before: what stands behind was no part of it
    if structural:
        return not (text.isdigit() and len(text) < 7) and text.lower() not in MECHANISMS
    if quoted:
        return any(map(str.isdigit, text)) and (" " not in text or plain.MIXED.search(text) is not None)
    return looks_random(text) and "(" not in text and not plain.NUMBERED.fullmatch(text)


def is_told(match: re.Match[str], value: str, names: "Names") -> bool:
    """A sentence tells a secret in quotes, and any that looks random; of weak names more is asked."""
    is_vault = names.judge(match["name"]) is Secrecy.VAULT
    joined = bool(match["joint"] or (match["sign"] and " " in match["name"])) or "_" in match["name"]
    if not match["quote"]:
        if is_vault:
            return looks_random(value)
        return is_secret_value(value, Secrecy.WEAK) and (joined or sum(map(str.isdigit, value)) > 1)
    if value.split()[0].lower() in ORDINARY | SCHEMES or (" " in value and not (is_vault and joined)):
        return False
    return is_secret_value(value, Secrecy.STRONG if is_vault and joined else Secrecy.WEAK, quoted=True)


def is_value_of_pair(match: re.Match[str], value: str, names: "Names") -> bool:
    """Two names in a list look alike: columns, fields, headers."""
    secrecy = names.judge(match["name"])
    if secrecy < Secrecy.STRONG and (value[:4].isdigit() or not is_secret_value(value, secrecy, quoted=True)):
        return False
    is_word = value.islower() and value.replace("_", "").isalpha()
    return not is_word or (match["quote"] == "'" and not names.are_secret(value))
