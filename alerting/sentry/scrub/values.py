"""Whether what follows a secret's name is a secret, and where it ends."""

import re

from alerting.sentry.scrub.rules.words import MECHANISMS, ORDINARY
from alerting.sentry.scrub.secrecy import Secrecy

MARKER = "[Filtered]"

# What stands where a secret would: holes of templates, SQL and formats, markers of those who took one out, yes and no,
# objects that show nothing of themselves, types.
_NOTHING = re.compile(
    r"%(?:\(\w*\))?[-#0 +]*\d*\.?\d*[sdrifax]|\$?\{{1,3}[\w.\s|()!\[\]]{0,200}\}{1,3}|\$\d+|\?|:[a-z_]\w*|@\w+"
    r"|<[A-Za-z_][\w .-]{0,80}>|<>"
    r"|\$[A-Z]{1,40}(?:_[A-Z0-9]{1,40}){1,6}|\$(?:PASSWORD|TOKEN|SECRET|PASS)|!vault\b.{0,4}|&?nil|\$\(.{1,200}\)"
    r"|[*•.…]{3,}|x{3,}|X{3,}|\W?(?i:redacted|masked|hidden|removed|filtered|sanitized|scrubbed|secret removed)\W?"
    r"|\[(?i:redacted|filtered|masked|hidden)[^\]]{0,40}\]|\[Filtered\]?|\*?\(?(?i:optional|required)\)?\*?"
    r"|(?i:your)[_-][A-Za-z_-]{1,80}|\(?(?:\?P?<\w{1,40}>)?(?:\\{1,8}[wdsSWD]|\[\^[^\]\s]{1,20}\]|\.)[+*]\??\)?"
    r"|(?:Optional|Union|Annotated|Final|ClassVar|Literal|Type|Callable|[Ll]ist|[Dd]ict|[Tt]uple|[Ss]et)\[.{0,80}"
    r"|(?i:none|null|nil|true|false|undefined|nan|yes|no|on|off|n/a)|[\w.]{0,80}\([*•]+\)"
    r"|<(?:(?:function|coroutine object|bound method|class|module|generator object) [\w.'<>]{1,200}(?: (?:of|from"
    r"|at) .{1,200})?"
    r"|[\w.]{1,200}(?: object|\[\])?(?: at 0x[0-9a-fA-F]{1,20})?"
    r"|[\w.]{1,100}: [\w.]{1,100} object \(\d{1,12}\)|[\w.]{1,100}: \{\})>|\[\]|\{\}|\(\)|b?['\"]{2}",
    re.DOTALL,
)
# A form answers a whole sentence about a field instead of its value: This field is required.
_SENTENCE = re.compile(r"[A-Z][a-z']*(?:,? [A-Za-z0-9'’()-]{1,40}){2,40}(?:[.!]|\. [A-Z][\w ,'’-]{1,200}[.!])")
_COMPLAINING = frozenset(
    """
    this is are must field be been not may required too at least the your can't cannot contain contains valid invalid
    enter please match blank similar common numeric entirely short long has have does do did
    """.split()
)
_ALGORITHM = re.compile(
    r"(?i)(?:hmac[-_])?(?:sha-?\d+|md5|[hrep]s\d{3}|ed25519)|v?\d+(?:\.\d+){1,3}[a-z]?|[\w.-]{2,40}@[a-z.]{4,40}"
)
_WORDLIKE = re.compile(
    r"[A-Za-z]?[a-z]+(?:[-_.:/][A-Za-z]?[a-z]+)*|[A-Z]+(?:[-_ ][A-Z]+)*|(?:[A-Z][a-z]+){1,6}|\d{1,6}"
)
_MIXED = re.compile(r"(?<!\S)(?=[^\s\d]{0,40}\d)(?=[^\sA-Za-z]{0,40}[A-Za-z])\S{3}")
_DIGIT = re.compile(r"\d")
_NUMBERED = re.compile(r"[a-z]{3,}[-_.]?\d{1,3}|[A-Za-z]{2,8}:\d{1,5}|\d{1,9}/\d{1,9}")


def holds_nothing(text: str) -> bool:
    """Whether the text is a hole or another word for nothing, in whose place a secret might stand."""
    return _NOTHING.fullmatch(text) is not None


def is_complaint(text: str) -> bool:
    """Whether the text is a whole sentence about a field."""
    if len(text) > 400 or " " not in text or not _SENTENCE.fullmatch(text):
        return False
    return sum(word.strip(".,!()").lower() in _COMPLAINING for word in text.split()) >= 2


def looks_random(text: str) -> bool:
    """Whether a text is no word that people write: digits amid letters, capitals inside, or very long."""
    if len(text) < 4:
        return False
    if len(text) > 32 and " " not in text:
        return True
    return not _WORDLIKE.fullmatch(text) and any(map(str.isalnum, text))


def is_secret_value(text: str, secrecy: Secrecy, *, quoted: bool = False, structural: bool = False) -> bool:
    """The one judge of values. `structural`: the name is a key, a parameter, a header, and no word of a sentence."""
    if not text or holds_nothing(text) or is_complaint(text):
        return False
    if secrecy >= Secrecy.STRONG:
        return True
    if (text.isdigit() and len(text) < 7) or text.lower() in MECHANISMS or text.lower() in ORDINARY:
        return False
    if structural:
        return True
    if _ALGORITHM.fullmatch(text):
        return False
    if quoted:
        if not _DIGIT.search(text):
            return len(text) > 15 and " " not in text and looks_random(text) and "(" not in text
        return " " not in text or _MIXED.search(text) is not None
    return looks_random(text) and "(" not in text and not _NUMBERED.fullmatch(text)


def closing_quote(text: str, start: int, delimiter: str) -> int:
    """Where the quoted text that begins at `start` ends: a quote at the same depth that something ends behind.

    The whole rest where it was cut short. A password may hold the quote itself, but then goes on behind it.
    """
    depth = len(delimiter) - 1
    at, first = start, -1
    while (at := text.find(delimiter, at)) >= 0:
        slashes = 0
        while at - slashes > start and text[at - slashes - 1] == "\\":
            slashes += 1
        if delimiter == "'" and text.startswith("'\\''", at):
            at += 4  # as shells write a quote inside quotes
            continue
        if slashes <= depth and (depth or slashes % 2 == 0):
            behind = text[at + len(delimiter) : at + len(delimiter) + 1]
            if behind in _ENDING:
                return at
            first = at if first < 0 else first
            if at - first > _FARTHEST:
                break
            at += behind == delimiter[-1]  # SQL doubles a quote inside
        at += len(delimiter)
    return first if first >= 0 else len(text)


# How far behind a quote in a password its real end is looked for.
_FARTHEST = 200
_ENDING = frozenset(["", *" \t\r\n,;:)]}>&|\\/.?!\x1c@<="])


_PATH = re.compile(r"(?:/|~/|[A-Za-z]:\\{1,2})[\w.@+ -]*(?:[/\\]+[\w.@+ -]*)*")
_HEADER_NAME = re.compile(r"(?:[A-Za-z][a-z]+-){0,4}[A-Z][a-z]+|HTTP_[A-Z_]+")
_SWITCHED = frozenset("enabled disabled required blocked allowed missing".split())
_COUNTED = ("cookies", "secrets", "passwords", "credentials", "creds")


def means_something_else(name: str, value: object) -> bool:
    """Whether a secret's name has its other meaning here: `PWD` a working directory, `pass` a count of tests."""
    lowered = name.lower()
    text = value.strip("'\"") if isinstance(value, str) else ""
    if isinstance(value, int) and abs(value) < 10**9:
        text = str(value)
    if lowered.endswith("pwd"):
        return isinstance(value, str) and bool(_PATH.fullmatch(text))
    if lowered.endswith(("2fa", "mfa", "factor")):
        return not (text.isdigit() and 4 <= len(text) <= 8)
    if lowered.endswith("header"):
        return isinstance(value, str) and bool(_HEADER_NAME.fullmatch(text))
    if lowered.endswith(_COUNTED) and text.isdigit() and len(text) < 5:
        return True
    if lowered in {"token", "tokens"}:
        return isinstance(value, str) and text.isalpha() and text.isupper() and len(text) < 9
    if name == "PASS" and text.startswith("Test"):
        return True  # of Go's test runner
    if lowered in {"cookie", "cookies"} and text.lower() in _SWITCHED:
        return True
    if text.startswith("arn:"):
        return True
    return lowered == "pass" and text.isdigit() and len(text) < 4
