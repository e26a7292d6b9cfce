"""Numbers that name a person or open an account, told from those that only look so: cards, SSNs, IBANs."""

import ipaddress
import re
from collections.abc import Iterator

from alerting.sentry.scrub.rules import figures
from alerting.sentry.scrub.work import Cut, Work

Span = tuple[int, int]


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
    if "." in text:
        for match in figures.IPV4.finditer(text):
            work.spend(200)
            yield from _address(match)
    if figures.IPV6_SIGN.search(text):
        for match in figures.IPV6.finditer(text):
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
        free = _may_begin(text, start) and _may_end(text, end) and _stands_alone(text, start, end)
        if free and is_card(printed[0].replace("%20", " ")):
            yield start, end, "card"
            at = end
            continue
        shorter = _without_last_group(printed)
        if shorter and _may_begin(text, start) and is_card(shorter):
            yield start, start + len(shorter), "card"
            at = start + len(shorter)
            continue
        at = start + 1


def _without_last_group(printed: re.Match[str]) -> str:
    """The first four groups of five."""
    gap = printed["a"]
    groups = printed[0].split(gap) if gap else []
    return gap.join(groups[:4]) if len(groups) == 5 else ""


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no decimal point ties the digits to others."""
    return not (text[start - 1 : start] == "." and start > 0 and text[start - 2 : start - 1].isdigit()) and not (
        text[end : end + 1] == "." and text[end + 1 : end + 2].isdigit() and not figures.WHOLE.match(text, end)
    )


def _may_begin(text: str, start: int) -> bool:
    before = text[start - 1 : start] if start else ""
    if before in {"_", "-"}:
        return bool(figures.LABEL.search(text[max(0, start - 24) : start]))
    if text[max(0, start - 3) : start - 1].startswith("%"):
        return True
    return not (before.isalnum() or (before in {".", "+"} and before != ""))


def _may_end(text: str, end: int) -> bool:
    behind = text[end : end + 1]
    if behind == "-":
        return not text[end + 1 : end + 2].isalnum()
    return not behind.isalnum()


def is_iban(text: str) -> bool:
    """Whether `text` is an account: its country's length, and the remainder of ISO 7064."""
    plain = text.replace(" ", "").replace("-", "").upper()
    if figures.IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def iban_in(text: str) -> int:
    """How many characters at the start of `text` are an IBAN; 0 where none is. More words may follow one."""
    length = figures.IBAN_LENGTHS.get(text[:2].upper(), 0)
    seen = 0
    for position, char in enumerate(text):
        seen += char not in " -"
        if length and seen == length:
            return position + 1 if is_iban(text[: position + 1]) else 0
    return 0


def is_public_address(text: str, before: str = "") -> bool:
    """Whether `text` is a person's address, judged with the few characters `before` it: versions look alike.

    Documentation ranges count as public: examples and tests stand for real visitors.
    """
    if ":" in text:
        return _is_public_v6(text)
    parts = [int(part) for part in text.split(".")]
    if not _is_public_v4(parts):
        return False
    # Versions rarely have a large part or begin high; hardly an address does neither.
    told = max(parts) > 99 or parts[0] > 49 or min(parts) > 9 or figures.ABOUT_ADDRESSES.search(before[-16:])
    return bool(told) and (before.endswith("://") or not figures.ABOUT_VERSIONS.search(before))


def _is_public_v4(parts: list[int]) -> bool:
    first, second = parts[:2]
    if max(parts) > 255 or first in {0, 10, 127} or first >= 224:
        return False
    private = (first == 172 and 16 <= second < 32) or (first, second) in {(192, 168), (169, 254)}
    return not private and not (first == 100 and 64 <= second < 128)


def _is_public_v6(text: str) -> bool:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    if address.ipv4_mapped is not None:
        return _is_public_v4(list(address.ipv4_mapped.packed))
    first = address.packed[0]
    local = first in {0xFC, 0xFD, 0xFF} or (first == 0xFE and address.packed[1] >> 6 == 2) or int(address) < 2
    return not local and sum(1 for group in text.split(":") if group) >= 3


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
        if match[0][1:2] == "'" and match[0][0] in "bruf":  # b'… is no part of a name
            start += 2
        user, _, domain = text[start:end].lower().replace("%40", "@").partition("@")
        if not user or len(user) > 64 or text[max(0, start - 2) : start] == "//":
            continue
        if (
            domain.rpartition(".")[2] in figures.NOT_DOMAINS
            or domain.endswith(figures.OF_ALGORITHMS)
            or all(part.partition("-")[0].isdigit() for part in domain.split(".")[:2])
        ):
            continue
        if figures.NOT_PEOPLE.fullmatch(user) and (user != "user" or figures.PORT_PATH.match(text, end)):
            continue
        yield start, end, "email"
