"""Numbers that name a person or open an account, told from those that only look so: cards, SSNs, IBANs."""

import ipaddress
import re
from collections.abc import Iterator

from alerting.sentry.scrub.work import Cut, Work

Span = tuple[int, int]

# Payment cards by issuer: how the number begins, and its possible lengths (ISO/IEC 7812 ranges as the networks
# publish them). Luhn's check alone lets one in ten random ids through.
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"30[0-5]|3095|3[689]"), (14, 16)),
    (re.compile(r"6011|64[4-9]|65|622"), (16, 17, 18, 19)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16,)),
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]"), (13, 15, 16, 18, 19)),
    (re.compile(r"62|81"), (16, 17, 18, 19)),
)
_GAP = "[ .+\u00a0\u2009\u202f\u2010-\u2013-]|%20"
# One run of digits, or groups as cards are printed: 4-4-4-4, 4-6-5, 6-10, one by one; always with the same gap.
_PRINTED = re.compile(
    rf"(?<!\d)(?:\d{{13,19}}|\d{{4}}(?P<a>{_GAP})\d{{4}}(?P=a)\d{{4}}(?P=a)\d{{1,4}}(?:(?P=a)\d{{1,3}})?"
    rf"|\d{{4}}(?P<b>{_GAP})\d{{6}}(?P=b)\d{{4,5}}|\d{{6}}(?:{_GAP})\d{{7,13}}"
    rf"|\d(?P<c>{_GAP})\d(?:(?P=c)\d){{11,17}})(?!\d)"
)
_NO_DIGIT = re.compile(r"[^0-9]")
_DOUBLED = str.maketrans("0123456789", "0246813579")
_WHOLE = re.compile(r"\.0+(?![\w.])")
_LABEL = re.compile(
    r"(?i)(?:^|[^a-z0-9])(?:card|cc|pan|visa|mastercard|amex|number|num|no|nr|acct|account|payment|pay|debit"
    r"|credit|pm)[_-]$"
)
SSN = re.compile(r"(?<![\w.-])(?!000|666|9)\d{3}([- \u2010-\u2013])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-]|\.\d)")
IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_IBAN_LENGTHS = {
    entry[:2]: int(entry[2:])
    for entry in """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18
    FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20
    LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19
    SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
    """.split()
}
IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)")
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f.]{0,15}(?![\w:]|\.\w)")
_ABOUT_ADDRESSES = re.compile(
    r"(?:\b(?:ips?|addr|address(?:es)?|from|client|host|remote|peer|visitor|origin|for|by|via|at|to)\b|//)\W{0,4}$",
    re.I,
)
_ABOUT_VERSIONS = re.compile(
    r"(?:\b(?:v|ver|versions?|release|build|agent|driver|firmware|library|package|python|django|nginx|upgraded?"
    r"|updated?|downgraded?)\b"
    r"(?:\s(?:to|from|is|of))?\W{0,3}"
    r"|\b(?:up|down)(?:grad|dat)\w{1,5}(?:\s\w{1,20})?\sfrom\s[\d.]{3,15}\s(?:to|->)\s"
    r"|[A-Za-z]/|[A-Za-z]-|[@^~]|==|>=|<=)$",
    re.I,
)


def is_card(text: str) -> bool:
    """Whether the digits in `text` are a card's: an issuer's range and length, and Luhn's check digit."""
    plain = text if text.isdigit() and text.isascii() else _NO_DIGIT.sub("", text)
    length, doubled = len(plain), plain[-2::-2].translate(_DOUBLED)
    if not 13 <= length <= 19 or (sum(map(int, plain[-1::-2])) + sum(map(int, doubled))) % 10:
        return False
    return len(set(plain)) > 1 and any(length in lengths and begins.match(plain) for begins, lengths in _ISSUERS)


def find(text: str, work: Work, *, strict: bool) -> Iterator[Cut]:
    """Where cards and social security numbers stand, and where `strict`, people's IP addresses and accounts."""
    yield from _cards(text, work)
    for match in SSN.finditer(text):
        yield (*match.span(), "social-security")
    if not strict:
        return
    if text.count(".") >= 3:
        for match in IPV4.finditer(text):
            work.spend(200)
            yield from _address(match)
    if text.count(":") >= 2:
        for match in IPV6.finditer(text):
            work.spend(200)
            yield from _address(match)
    for match in IBAN.finditer(text):
        work.spend(20)
        length = iban_in(match[0])
        if length and not text[match.start() + length : match.start() + length + 1].isalnum():
            yield match.start(), match.start() + length, "iban"


def _cards(text: str, work: Work) -> Iterator[Cut]:
    """Card numbers, also amid other numbers: where one kind of printing is no card, the next group may begin one."""
    at = 0
    while printed := _PRINTED.search(text, at):
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
        text[end : end + 1] == "." and text[end + 1 : end + 2].isdigit() and not _WHOLE.match(text, end)
    )


def _may_begin(text: str, start: int) -> bool:
    before = text[start - 1 : start] if start else ""
    if before in {"_", "-"}:
        return bool(_LABEL.search(text[max(0, start - 24) : start]))
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
    if _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def iban_in(text: str) -> int:
    """How many characters at the start of `text` are an IBAN; 0 where none is. More words may follow one."""
    length = _IBAN_LENGTHS.get(text[:2].upper(), 0)
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
    told = max(parts) > 99 or parts[0] > 49 or min(parts) > 9 or _ABOUT_ADDRESSES.search(before[-16:])
    return bool(told) and (before.endswith("://") or not _ABOUT_VERSIONS.search(before))


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
