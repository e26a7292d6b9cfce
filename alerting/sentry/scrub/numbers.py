"""Numbers that name a person or open an account, told from those that only look so: cards, SSNs, IBANs."""

import ipaddress
import re
from collections.abc import Iterator

from alerting.sentry.scrub.rules import figures
from alerting.sentry.scrub.work import Cut, Work


def is_card(text: str) -> bool:
    """Whether the digits in `text` are a card's: an issuer's range and length, and Luhn's check digit."""
    plain = text if text.isdigit() and text.isascii() else figures.NO_DIGIT.sub("", text)
    length, doubled = len(plain), plain[-2::-2].translate(figures.DOUBLED)
    if not 13 <= length <= 19 or (sum(map(int, plain[-1::-2])) + sum(map(int, doubled))) % 10:
        return False
    return len(set(plain)) > 1 and any(length in lengths and begins.match(plain) for begins, lengths in figures.ISSUERS)


def find(text: str, work: Work, *, strict: bool) -> Iterator[Cut]:
    """Where cards and social security numbers stand, and where `strict`, people's IP addresses and accounts."""
    yield from _cards(text, work)
    for match in figures.SSN.finditer(text):
        yield (*match.span(), "social-security")
    if not strict:
        return
    for addresses in (figures.IPV4, *([figures.IPV6] if figures.IPV6_SIGN.search(text) else ())):
        for match in addresses.finditer(text):
            work.spend(200)
            yield from _address(match)
    for match in figures.IBAN.finditer(text):
        work.spend(20)
        start = match.start() - 2
        length = iban_in(text[start : match.end()])
        if length and not text[start + length : start + length + 1].isalnum():
            yield start, start + length, "iban"


def _cards(text: str, work: Work) -> Iterator[Cut]:
    """Card numbers, also amid other numbers: where one kind of printing is no card, the next group may begin one."""
    at = 0
    while printed := figures.PRINTED.search(text, at):
        work.spend(100)
        start, end = printed.span()
        at = start + 1
        if not figures.BEFORE_CARD.search(text, max(0, start - 24), start):
            continue
        ends = [end] if figures.BEHIND_CARD.match(text, end) else []
        if (gap := printed["a"]) and printed[0].count(gap) == 4:
            ends.append(start + printed[0].rindex(gap))
        if found := [one for one in ends if is_card(text[start:one].replace("%20", " "))]:
            at = found[0]
            yield start, at, "card"


def iban_in(text: str) -> int:
    """How many characters at the start of `text` are an IBAN (ISO 13616); 0 where none is. Words may follow one."""
    length = figures.IBAN_LENGTHS.get(text[:2].upper(), 0)
    places = [at for at, char in enumerate(text) if char not in " -"][:length]
    plain = "".join(text[at] for at in places).upper()
    if not length or len(plain) < length:
        return 0
    number = int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4]))
    return places[-1] + 1 if number % 97 == 1 else 0


def is_public_address(text: str, before: str = "") -> bool:
    """Whether `text` is a person's address, judged with the few characters `before` it: versions look alike.

    Documentation ranges count as public: examples and tests stand for real visitors.
    """
    try:
        given = ipaddress.ip_address(text)
    except ValueError:
        return False
    address = getattr(given, "ipv4_mapped", None) or given
    if any(address in local for local in figures.LOCAL):
        return False
    if given.version == 6:
        return address is not given or sum(1 for group in text.split(":") if group) >= 3
    # Versions rarely have a large part or begin high; hardly an address does neither.
    parts = given.packed
    told = max(parts) > 99 or parts[0] > 49 or min(parts) > 9 or figures.ABOUT_ADDRESSES.search(before[-16:])
    return bool(told) and (before.endswith("://") or not figures.ABOUT_VERSIONS.search(before))


def _address(match: re.Match[str]) -> Iterator[Cut]:
    text, start = match.string, match.start()
    before = text[max(0, start - 48) : start]
    shown = match[0].rstrip(".")
    address = shown
    if text.startswith(".in-addr", match.end()):
        address, before = ".".join(reversed(shown.split("."))), "address "
    if is_public_address(address, before):
        yield start, start + len(shown), "ip-address"


def people(text: str, work: Work) -> Iterator[Cut]:
    """Where people's mail addresses stand, told from releases, workers, units, decorators, algorithms."""
    for match in figures.EMAIL.finditer(text):
        work.spend(100)
        start, end = match.span()
        user, _, domain = text[start:end].lower().replace("%40", "@").partition("@")
        if not user or len(user) > 64 or figures.NOT_PEOPLE.fullmatch(user) or text[max(0, start - 2) : start] == "//":
            continue
        if domain.rpartition(".")[2] in figures.NOT_DOMAINS or domain.endswith(figures.OF_ALGORITHMS):
            continue
        if all(part.partition("-")[0].isdigit() for part in domain.split(".")[:2]):
            continue
        yield start, end, "email"
