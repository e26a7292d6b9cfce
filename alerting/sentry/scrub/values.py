"""The one judge of values: what follows a secret's name, and what else must be true of what a rule row found."""

import ipaddress
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from alerting.sentry.scrub.rules import MARKER, figures, plain
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


def _is_card(_match: re.Match[str], value: str, _names: "Names") -> bool:
    """Whether the digits are a card's: an issuer's range and length, and Luhn's check digit."""
    digits = figures.NO_DIGIT.sub("", value)
    if (sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(figures.DOUBLED)))) % 10:
        return False
    issued = any(len(digits) in lengths and begins.match(digits) for begins, lengths in figures.ISSUERS)
    return issued and len(set(digits)) > 1


def _is_iban(_match: re.Match[str], value: str, _names: "Names") -> bool:
    plain = [char for char in value if char.isalnum()]
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _is_public_address(match: re.Match[str], value: str, _names: "Names") -> bool:
    """Whether it is a person's address; what stands before it tells, as versions look alike.

    Documentation ranges count as public: examples and tests stand for real visitors.
    """
    try:
        given = ipaddress.ip_address(value.rstrip("."))
    except ValueError:
        return False
    address = getattr(given, "ipv4_mapped", None) or given
    if any(address in local for local in figures.LOCAL):
        return False
    if given.version == 6:
        return address is not given or sum(1 for group in value.split(":") if group) >= 3
    before = match.string[max(0, match.start() - 48) : match.start()]
    # Versions rarely have a large part or begin high; hardly an address does neither.
    parts = given.packed
    told = max(parts) > 99 or parts[0] > 49 or min(parts) > 9 or figures.ABOUT_ADDRESSES.search(before[-16:])
    return bool(told) and (before.endswith("://") or not figures.ABOUT_VERSIONS.search(before))


def _told(match: re.Match[str], value: str, names: "Names") -> bool:
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


def _pair(match: re.Match[str], value: str, names: "Names") -> bool:
    """Two names in a list look alike: columns, fields, headers."""
    secrecy = names.judge(match["name"])
    if secrecy < Secrecy.STRONG and (value[:4].isdigit() or not is_secret_value(value, secrecy, quoted=True)):
        return False
    is_word = value.islower() and value.replace("_", "").isalpha()
    return not is_word or (match["quote"] == "'" and not names.are_secret(value))


CHECKS: dict[str, Callable[[re.Match[str], str, "Names"], bool]] = {
    "card": _is_card,
    "iban": _is_iban,
    "address": _is_public_address,
    "told": _told,
    "pair": _pair,
}
