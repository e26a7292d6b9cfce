"""Takes secrets out of a text, rule by rule, each behind a cheap sign that it may apply."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from alerting.sentry import numbers
from alerting.sentry.keys import Names
from alerting.sentry.links import with_plain_letters, without_codes, without_session_keys, without_userinfo
from alerting.sentry.literals import without_literals, without_parameters, without_positions
from alerting.sentry.markup import escaped_as, unescaped, with_written_out, without_elements, without_parts
from alerting.sentry.objects import without_inputs, without_objects
from alerting.sentry.patterns import MARKER, without_credentials, without_shapes
from alerting.sentry.prose import without_named
from alerting.sentry.quotes import without_told
from alerting.sentry.shell import without_arguments

# Sentry itself cuts what is longer in nearly every place. The rest is replaced, so that nothing goes out unread.
LONGEST_TEXT = 32_768
LONGEST_REMEMBERED = 512
REMEMBERED = 16_384

# Without one of these no name stands before a value, and no word before another.
_JOINT = re.compile(r"[\s=:,<%(：＝]|->|sess|SESS|Sess")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d[\d .:+%\u00a0\u2009\u202f\u2010-\u2013-]{5}")
_EMAIL = re.compile(r"[\w+%][\w.+%'-]{0,63}(?:@|%40)(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?!\w)")
# A machine's or a program's name with an @ in it, not a person's address.
_NOT_PEOPLE = re.compile(
    r"(?i)(?:git|celery\w*|worker\w*|gen\d+|beat|root|www-data|postgres|ubuntu|ec2-user|redis|hg|svn|user)@"
)
_NOT_DOMAINS = re.compile(
    r"(?i).*@\d+\.\d+[.-].*|.*\.(?:service|socket|timer|mount|target|slice|png|jpe?g|gif|svg|webp|css|js|mjs|py|ts|html?|json|ya?ml|dll|exe|conf|ini|cfg|txt|log|internal|local|"
    r"localdomain|lan|svc|cluster)"
)
_ENCODED = re.compile(
    r"(?:(?<==)|(?<![^\s'\"(\[>:,])(?=%[75][bB]|\w{2,20}%3[aA]%2[fF]%2[fF]))[^&\s;\"'<>]{0,200}?%(?:25)?(?:7B|5B|22|3[Dd]|3[Aa]%(?:25)?2[Ff]%(?:25)?2[Ff])[^&\s;\"'<>]{1,8192}"
)
_ENCODED_SIGN = re.compile(r"%(?:25)?(?:7B|5B|22|3D|3A%(?:25)?2F)", re.IGNORECASE)
_PORT_PATH = re.compile(r":(?!\d{2,5}\b)[\w./~-]+")
_ESCAPED = re.compile(r"(?<!\\)\\{1,15}[nrt]|\\['\"]")
_ESCAPED_QUOTE = {quote: re.compile(rf"(\\*){quote}") for quote in "'\""}
_COLOURED = "\x1c"
_COLOURS = re.compile(r"(?:\x1b|\\{1,7}x1b|\\{1,7}u001b)\[[\d;]{0,20}[A-Za-z]")
_REAL = {"n": "\n", "r": "\r", "t": "\t"}
_IBAN_SIGN = re.compile(r"\d{2}[ -]?[A-Za-z0-9]{4}")


class Texts:
    """Cleans texts. `strict` also takes out what identifies people in free text: e-mail, IP addresses, IBANs."""

    def __init__(
        self, names: Names, patterns: Sequence[re.Pattern[str]], allowed: frozenset[str], strict: bool
    ) -> None:
        self._names = names
        self._patterns = patterns
        self._allowed = allowed
        self._strict = strict
        # Texts without a secret, never texts with one: most of an event is the same again in the next.
        self.known: set[str] = set()
        self._clean_code: set[str] = set()
        self._clean_names: set[str] = set()

    def clean(self, text: str, parsed: Callable[[Any], Any] | None = None) -> str:
        """The text without its secrets. `parsed` cleans what a JSON text holds."""
        if text in self.known or len(text) < 4:
            return text
        cleaned = self._cleaned(_cut(text), parsed)
        if cleaned == text:
            _remember(self.known, text)
        return cleaned

    def clean_code(self, line: str) -> str:
        """A line of source without what is a secret by its shape; names and literals are the program's own."""
        if line in self._clean_code:
            return line
        cleaned = _cut(line)
        if "://" in cleaned:
            cleaned = without_userinfo(cleaned)
        cleaned = without_shapes(cleaned)
        for pattern in self._patterns:
            cleaned = _without_pattern(pattern, cleaned)
        if cleaned == line:
            _remember(self._clean_code, line)
        return cleaned

    def clean_name(self, text: str) -> str:
        """A dictionary's key without what is a secret by its shape."""
        if text in self._clean_names:
            return text
        cleaned = self._without_people(self._without_numbers(self.clean_code(text)), with_addresses=False)
        if cleaned == text:
            _remember(self._clean_names, text)
        return cleaned

    def is_clean_code(self, lines: Iterable[str]) -> bool:
        """Whether all of these lines of source are known to hold no secret."""
        return self._clean_code.issuperset(lines)

    def _cleaned(self, text: str, parsed: Callable[[Any], Any] | None) -> str:
        if text in self._allowed:
            return text
        if parsed is not None and text.lstrip()[:1] in {"{", "[", '"'}:
            found = _json(text)
            if found is not None:
                return _dumped(text, found, parsed(found))
        if "[" in text and ("\x1b" in text or "x1b" in text or "u001b" in text) and _COLOURS.search(text):
            return self._without_colours(text, parsed)
        if "\\" in text and _ESCAPED.search(text):
            return self._without_escapes(text, parsed)
        return self._read(text, parsed)

    def _read(self, text: str, parsed: Callable[[Any], Any] | None) -> str:
        if "%" in text and (plain := with_plain_letters(text)) != text:
            cleaned = self._cleaned(plain, parsed)
            return text if cleaned == plain else cleaned
        if "%" in text and _ENCODED_SIGN.search(text):
            text = _ENCODED.sub(lambda match: self._without_encoded(match, parsed), text)
        if "&" in text and (plain := unescaped(text)) != text:
            cleaned = self._cleaned(plain, parsed)
            return text if cleaned == plain else escaped_as(text, cleaned)
        if ("\\u" in text or "\\x" in text) and (plain := with_written_out(text)) != text:
            cleaned = self._cleaned(plain, parsed)
            return text if cleaned == plain else cleaned
        text = without_shapes(text)
        if "/" in text or "userinfo=" in text or "netloc=" in text:
            text = without_userinfo(text)
        lowered = text.lower()
        named = _JOINT.search(text) is not None and self._names.may_be_in(lowered)
        if named:
            text = self._without_named(text, lowered)
        if (" " in text or "\t" in text) and (
            named or " your " in text or "port could" in lowered or "port:" in lowered
        ):
            text = without_told(text, lowered, self._names)
        if "@" in text or " -" in text or "'-" in text or (named and " " in text):
            text = without_arguments(text, self._names)
        if named:
            text = without_credentials(text, lowered)
        has_digits = _DIGIT.search(text) is not None
        if has_digits and _DIGITS.search(text):
            text = self._without_numbers(text)
        if self._strict and (has_digits or "@" in text or "::" in text):
            text = self._without_people(text, with_addresses=True)
        for pattern in self._patterns:
            text = _without_pattern(pattern, text)
        return text

    def _without_colours(self, text: str, parsed: Callable[[Any], Any] | None) -> str:
        """What a terminal shows in colours, read as words: a colour begins or ends one, as a blank would."""
        codes = _COLOURS.findall(text)
        cleaned = self._cleaned(_COLOURS.sub(_COLOURED, text), parsed)
        shown = iter(codes if cleaned.count(_COLOURED) == len(codes) else [])
        return re.sub(_COLOURED, lambda _: next(shown, ""), cleaned)

    def _without_escapes(self, text: str, parsed: Callable[[Any], Any] | None) -> str:
        """A text in which line ends and tabs are written out, as in every repr: read with real ones, so words begin."""
        written: dict[str, str | int | None] = {}

        def real(match: re.Match[str]) -> str:
            char = _REAL.get(match[0][-1], "")
            if not char:
                return match[0]
            if char not in text:
                written.setdefault(char, match[0])
            return char

        plain = _ESCAPED.sub(real, text)
        outer = plain[0] if plain[0] == plain[-1] and plain[0] in "'\"" else ""
        inner = plain[1:-1] if outer else plain
        for quote, escaped in _ESCAPED_QUOTE.items():
            depths = set(escaped.findall(inner))
            if len(depths) == 1 and (depth := depths.pop()):
                written[quote] = depth + quote
                inner = inner.replace(depth + quote, quote)
        if not written:
            return self._read(text, parsed)
        cleaned = self._read(inner, parsed)
        return text if cleaned == inner else outer + cleaned.translate(str.maketrans(written)) + outer

    def _without_encoded(self, match: re.Match[str], parsed: Callable[[Any], Any] | None) -> str:
        plain, levels = unquote_plus(match[0]), 1
        while levels < 3 and "%" in plain and (inner := unquote_plus(plain)) != plain:
            plain, levels = inner, levels + 1
        cleaned = self.clean(plain, parsed)
        if cleaned == plain:
            return match[0]
        for _ in range(levels):
            cleaned = quote_plus(cleaned, safe="[]")
        return cleaned

    def _without_named(self, text: str, lowered: str) -> str:
        if "<" in text and ">" in text:
            text = without_elements(text, self._names)
        if "name=" in text and "\n" in text.replace("\\n", "\n"):
            text = without_parts(text, self._names)
        if " " in text:
            text = without_literals(text, self._names)
        if "[parameters: " in text:
            text = without_parameters(text, self._names)
        if "'" in text or '"' in text or "value: " in text:
            text = without_objects(text, self._names)
        if "code=" in text or "key=" in text:
            text = without_codes(text)
        if ")=(" in text or "Duplicate entry" in text:
            text = without_positions(text, self._names)
        if "=" in text or ":" in text or "," in text or "->" in text or "%3" in text or "：" in text or "＝" in text:
            text = without_named(text, self._names)
        if "input_value=" in text:
            text = without_inputs(text, self._names)
        if "sess" in lowered:
            text = without_session_keys(text)
        return text

    def _without_numbers(self, text: str) -> str:
        text = numbers.without_cards(text, MARKER)
        return numbers.SSN.sub(MARKER, text)

    def _without_people(self, text: str, *, with_addresses: bool) -> str:
        if "@" in text or "%40" in text:
            text = _EMAIL.sub(_without_email, text)
        if with_addresses and text.count(".") >= 3:
            text = numbers.IPV4.sub(_without_address, text)
        if with_addresses and text.count(":") >= 2:
            text = numbers.IPV6.sub(_without_address, text)
        if len(text) >= 15 and _IBAN_SIGN.search(text):
            text = numbers.IBAN.sub(_without_iban, text)
        return text


def _cut(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    head = text[:LONGEST_TEXT]
    # A secret cut in two may not be recognised: the last word goes, too.
    edge = max(head.rfind(" ", LONGEST_TEXT - 1024), head.rfind("\n", LONGEST_TEXT - 1024))
    return (head[:edge] if edge > 0 else head[:-1024]) + MARKER


def _remember(texts: set[str], text: str) -> None:
    if len(text) <= LONGEST_REMEMBERED:
        if len(texts) >= REMEMBERED:
            texts.clear()
        texts.add(text)


def _json(text: str) -> Any:
    """What a JSON text holds, where that is more than a bare value; None for any other text."""
    if text.rstrip()[-1:] not in {"}", "]", '"'}:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list | str) else None


def _dumped(text: str, found: Any, cleaned: Any) -> str:
    if cleaned == found:
        return text
    compact = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    loose = ": " in text and json.dumps(found, ensure_ascii=False) == text
    separators = None if loose or len(compact) < len(text) else (",", ":")
    return json.dumps(cleaned, ensure_ascii=False, separators=separators)


def _without_pattern(pattern: re.Pattern[str], text: str) -> str:
    """A group named `secret` limits what is replaced to itself."""
    if "secret" not in pattern.groupindex:
        return pattern.sub(MARKER, text)

    def cut(match: re.Match[str]) -> str:
        start, end = match.start("secret") - match.start(), match.end("secret") - match.start()
        return match[0] if start < 0 else f"{match[0][:start]}{MARKER}{match[0][end:]}"

    return pattern.sub(cut, text)


def _without_email(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    if match[0][1:2] == "'" and match[0][0] in "bruf":  # b'… is no part of a name
        return match[0][:2] + (_EMAIL.sub(_without_email, match[0][2:]) if match[0][2:3].isalnum() else match[0][2:])
    address = match[0].replace("%40", "@")
    if text[max(0, start - 3) : start].endswith(("://", "//")) or _NOT_DOMAINS.fullmatch(address):
        return match[0]
    if _NOT_PEOPLE.match(address) and (address.lower()[:5] != "user@" or _PORT_PATH.match(text, end)):
        return match[0]
    return MARKER


def _without_address(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 48) : match.start()]
    address = match[0]
    if match.string.startswith(".in-addr", match.end()):
        address, before = ".".join(reversed(address.split("."))), "address "
    plain = address.rstrip(".")
    return MARKER + address[len(plain) :] if numbers.is_public_address(plain, before) else match[0]


def _without_iban(match: re.Match[str]) -> str:
    length = numbers.iban_in(match[0])
    behind = match.string[match.start() + length : match.start() + length + 1]
    return MARKER + match[0][length:] if length and not behind.isalnum() else match[0]
