"""Numbers that name a person or open an account, told from those that only look so: cards, SSNs, IBANs."""

import ipaddress
import re

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
_GAP = "(?:[ .+\u00a0\u2009\u202f\u2010-\u2013-]|%20)"
_RUN = re.compile(rf"\d(?:{_GAP}?\d){{12,}}")
_GROUP = re.compile(r"(?:%20)?(\d+)")
_WHOLE = re.compile(r"\.0(?![\w.])")
_LABEL = re.compile(r"(?:^|[^A-Za-z0-9])[A-Za-z]{2,}[_-]$")
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
# Documentation ranges count as public: examples and tests stand for real visitors.
_UNREACHABLE = tuple(
    ipaddress.ip_network(text)
    for text in """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3
    ::/127 fc00::/7 fe80::/10 ff00::/8
    """.split()
)
_ABOUT_ADDRESSES = re.compile(
    r"(?:\b(?:ips?|addr|address(?:es)?|from|client|host|remote|peer|visitor|origin|for|by|via|at|to)\b|//)\W{0,4}$",
    re.I,
)
_ABOUT_VERSIONS = re.compile(
    r"(?:\b(?:v|ver|versions?|release|build|agent|driver|firmware|library|package|python|django|nginx|upgraded?|updated?|downgraded?)\b"
    r"(?:\s(?:to|from|is|of))?\W{0,3}"
    r"|\b(?:up|down)(?:grad|dat)\w{1,5}(?:\s\w{1,20})?\sfrom\s[\d.]{3,15}\s(?:to|->)\s"
    r"|[A-Za-z]/|[A-Za-z]-|[@^~]|==|>=|<=)$",
    re.I,
)


def is_card(text: str) -> bool:
    """Whether the digits in `text` are a card's: an issuer's range and length, and Luhn's check digit."""
    digits = [int(char) for char in text if char.isdigit()]
    plain = "".join(map(str, digits))
    if not any(len(plain) in lengths and begins.match(plain) for begins, lengths in _ISSUERS) or len(set(plain)) < 2:
        return False
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def without_cards(text: str, marker: str) -> str:
    """The text with its card numbers replaced, also amid other numbers: a card may begin and end at any separator."""
    kept: list[str] = []
    done = 0
    for run in _RUN.finditer(text):
        groups = [group.span(1) for group in _GROUP.finditer(text, run.start(), run.end())]
        if not _may_begin(text, run.start()):
            groups = groups[1:]
        if groups and not _may_end(text, run.end()):
            groups = groups[:-1]
        first = 0
        while first < len(groups):
            last = _card_from(text, groups, first, whole=len(groups))
            if last < 0:
                first += 1
                continue
            kept += (text[done : groups[first][0]], marker)
            done = groups[last][1]
            first = last + 1
    return "".join((*kept, text[done:])) if kept else text


def _card_from(text: str, groups: list[tuple[int, int]], first: int, whole: int) -> int:
    """The last of the groups of digits, from `first` on, that together are a card; -1 where there is none."""
    begin = groups[first][0]
    digits = 0
    for last in range(first, len(groups)):
        start, end = groups[last]
        digits += end - start
        if digits > 19:
            return -1
        if last > first and (first or whole > 12) and _is_odd_group(text, groups, first, last):
            return -1
        if digits >= 13 and _stands_alone(text, begin, end) and is_card(text[begin:end].replace("%20", " ")):
            return last
    return -1


def _is_odd_group(text: str, groups: list[tuple[int, int]], first: int, last: int) -> bool:
    """Whether the group cannot belong to a card among other numbers: those are printed in even groups."""
    (_, before), (start, end) = groups[last - 1], groups[last]
    sizes = (groups[first][1] - groups[first][0], end - start)
    same = text[before] == text[groups[first][1]]
    return not same or not 3 <= sizes[0] <= 6 or not (1 if last - first > 2 else 3) <= sizes[1] <= 7


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
    """Whether `text` is a person's address, judged with the few characters `before` it: versions look alike."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    if any(address in network for network in _UNREACHABLE if network.version == address.version):
        return False
    if address.version == 6:
        return sum(1 for group in text.split(":") if group) >= 3
    if _ABOUT_VERSIONS.search(before) and not before.endswith("://"):
        return False
    # Versions rarely have a large part or begin high; hardly an address does neither.
    parts = [int(part) for part in text.split(".")]
    return max(parts) > 99 or parts[0] > 49 or min(parts) > 9 or bool(_ABOUT_ADDRESSES.search(before))
