"""Numbers and addresses that name a person or open an account, told from those that only look so."""

import ipaddress
import re

from alerting.sentry.scrub.rules import Rule

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
_NO_DIGIT = re.compile(r"[^0-9]")
_DOUBLED = str.maketrans("0123456789", "0246813579")
_IBAN_LENGTHS: dict[int, list[str]] = {}
for _entry in """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18
    FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20
    LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19
    SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
    """.split():
    _IBAN_LENGTHS.setdefault(int(_entry[2:]), []).append(_entry[:2])
_IBANS = "|".join(
    f"(?:{'|'.join(countries)})\\d\\d(?:[ -]?[A-Za-z0-9]){{{length - 4}}}"
    for length, countries in _IBAN_LENGTHS.items()
)
# Where no person's address lies: this machine, private networks (RFC 1918, 4193, 6598), multicast and beyond.
_LOCAL = tuple(
    map(
        ipaddress.ip_network,
        """
        0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3
        ::/127 fc00::/7 fe80::/10 ff00::/8
        """.split(),
    )
)
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
FEWEST_DIGITS = 9
# That many digits and more, but no decimal fraction: as Python writes times and shares.
_SPACE = r"(?:%20|[ .+\u00a0\u2009\u202f\u2010-\u2013-])?"
DIGITS = re.compile(rf"\d(?<![\d.].)(?!\d{{0,11}}\.\d+(?![\d.])){_SPACE}(?:\d{_SPACE}){{{FEWEST_DIGITS - 1}}}")
_GAP = "[ .+\u00a0\u2009\u202f\u2010-\u2013-]"
# One run of digits, or groups as cards are printed: 4-4-4-4, 4-6-5, 6-10, one by one; always with the same gap.
_PRINTED = (
    rf"\d(?:\d{{12,18}}|\d{{3}}(?P<a>{_GAP})\d{{4}}(?P=a)\d{{4}}(?P=a)\d{{1,4}}(?:(?P=a)\d{{1,3}})?"
    rf"|\d{{3}}(?P<b>{_GAP})\d{{6}}(?P=b)\d{{4,5}}|\d{{5}}(?:{_GAP})\d{{7,13}}"
    rf"|(?P<c>{_GAP})\d(?:(?P=c)\d){{11,17}})(?!\d)"
)


def _is_card(_match: re.Match[str], value: str, _names: object) -> bool:
    """Whether the digits are a card's: an issuer's range and length, and Luhn's check digit."""
    digits = _NO_DIGIT.sub("", value)
    if (sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10:
        return False
    issued = any(len(digits) in lengths and begins.match(digits) for begins, lengths in _ISSUERS)
    return issued and len(set(digits)) > 1


def _is_iban(_match: re.Match[str], value: str, _names: object) -> bool:
    signs = [char for char in value if char.isalnum()]
    return int("".join(str(int(char, 36)) for char in signs[4:] + signs[:4])) % 97 == 1


def _is_public_address(match: re.Match[str], value: str, _names: object) -> bool:
    """Whether it is a person's address; what stands before it tells, as versions look alike.

    Documentation ranges count as public: examples and tests stand for real visitors.
    """
    try:
        given = ipaddress.ip_address(value.rstrip("."))
    except ValueError:
        return False
    address = getattr(given, "ipv4_mapped", None) or given
    if any(address in local for local in _LOCAL):
        return False
    if given.version == 6:
        return address is not given or sum(1 for group in value.split(":") if group) >= 3
    before = match.string[max(0, match.start() - 48) : match.start()]
    # Versions rarely have a large part or begin high; hardly an address does neither.
    parts = given.packed
    told = max(parts) > 99 or parts[0] > 49 or min(parts) > 9 or _ABOUT_ADDRESSES.search(before[-16:])
    return bool(told) and (before.endswith("://") or not _ABOUT_VERSIONS.search(before))


RULES = (
    Rule(
        id="card",
        keywords=(),
        # A sign before the digits, or a word that says what they are: card_4111…
        pattern=r"(?:(?<![\w.+-])|(?<![A-Za-z0-9])(?i:card|cc|pan|visa|mastercard|amex|number|num|no|nr|acct|account|payment"
        rf"|pay|debit|credit|pm)[_-])(?=(?P<value>{_PRINTED})(?:(?![^\W_]|-[^\W_]|\.\d)|\.0+(?![\w.])))\d+",
        source="ISO/IEC 7812",
        hits=("paid with 4111 1111<+> 1111 1111", "card_41111111<+>11111111"),
        misses=("took 24.58481292004392 ms", "order 4111111111111112"),
        check=_is_card,
    ),
    Rule(
        id="social-security",
        keywords=(),
        pattern=r"[0-8](?<![\w.-].)\d\d(?<!000)(?<!666)([- \u2010-\u2013])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-]|\.\d)",
        source="SSA: Social Security number randomization",
        hits=("applicant 536-22<+>-8726 rejected",),
        misses=("applicant 000-22-8726", "part 2536-22-8726"),
    ),
    Rule(
        id="iban",
        keywords=(),
        pattern=rf"(?<![A-Za-z0-9])(?i:{_IBANS})(?![A-Za-z0-9])",
        source="ISO 13616: the IBAN registry",
        hits=("payout to GB29 NWBK<+> 6016 1331 9268 19 failed",),
        misses=("payout to GB28 NWBK 6016 1331 9268 19 failed",),
        check=_is_iban,
    ),
    Rule(
        id="ip-address",
        keywords=(),
        pattern=r"\d(?<![\w.].)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?!\w|\.\d)"
        r"|(?<![\w:.])(?=[\da-fA-F]{0,4}:(?:[\da-fA-F]{1,4}:){0,6}:|(?:[\da-fA-F]{1,4}:){6})"
        r"[\da-fA-F]{0,4}:(?:[\da-fA-F]{0,4}:){1,6}[\da-fA-F.]{0,15}(?![\w:]|\.\w)",
        source="RFC 791, RFC 4291",
        hits=("lost 81.2.69<+>.142 while reading", "lost ::ffff:8.8<+>.8.8 while reading"),
        misses=("Firefox/121.0.2.3", "std::vector", "listening on 10.0.0.7"),
        check=_is_public_address,
    ),
)
