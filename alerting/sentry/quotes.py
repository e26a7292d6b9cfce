"""Secrets in speech that stand in quotes beside their names, are compared with them, or follow one another."""

import re

from alerting.sentry.keys import Names, words_of
from alerting.sentry.patterns import MARKER
from alerting.sentry.speech import HOLE, MECHANISMS, ORDINARY_WORDS, PLACEHOLDER, is_complaint, without_spoken
from alerting.sentry.verdict import Verdict

_BESIDE = re.compile(
    r"(?<![\w/.-])(?P<name>(?:[A-Za-z]{2,20}\s(?!(?:is|was|for|set|becomes?|became)\s))?[A-Za-z][\w.-]{1,60})(?:\sfor\s[\w.@+-]{1,60})?"
    r"(?P<gap>\s(?:(?:is|was|becomes|became|set to)\s)?)"
    r"(?P<quote>\\{0,4}[\"'`])(?P<value>(?:(?!(?P=quote))[^\r\n]){3,200})(?P=quote)(?P<behind>[^\r\n]{0,24})"
)
_COMPARED = re.compile(
    r"(?P<quote>[\"'])(?P<value>[^\"'\r\n\\]{3,200})(?P=quote)\s(?:==|!=)\s(?P<name>[A-Za-z_][\w.]{1,80})(?![\w(\[])"
)
_FIELDS_SET = re.compile(r"\b(?:HSET|HMSET|HSETNX|SET|SETNX|GETSET)\s[\"']")
_ARGUMENT = re.compile(r"(?<=\s)(?P<quote>[\"'])(?P<value>[^\"'\r\n]{1,400})(?P=quote)(?![^\s,;.)])")
_REPLACED = re.compile(
    r"\b(?:password|passwd|passphrase|secret|token|pin|api[ _-]?key)(?:\s(?:was|is|has been))?"
    r"(?:\s(?:changed|rotated|updated|reset))?\sfrom\s"
    r"(?P<old>[\"'][^\"'\r\n]{3,100}[\"']|[^\s\"',;]{4,100})\sto\s(?P<new>[\"'][^\"'\r\n]{3,100}[\"']|[^\s\"',;]{4,100})",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?P<way>\b(?:got|received|found|instead of|not)\s(?P<quote>[\"']))(?P<value>[^\s\"']{4,100})(?=(?P=quote))"
)
_TURNED_DOWN = re.compile(
    r"(?:is |was |has been )?(?:rejected|refused|wrong|incorrect|denied|leaked|too (?:short|weak|common)|failed|"
    r"(?:does|did) not match)\b"
)
_ABSENT = re.compile(r"(?:was |is )?(?:not found|missing|does not exist|in namespace|from vault)\b")
_WORD = re.compile(r"[\w!@#$%^&*'’.-]{1,40}")
_ABOUT_PASSWORDS = frozenset(
    "enter field forgot repeat retype again confirm text word words name label link mail e-mail".split()
)
# One word of two, where the second is a word of speech alone: access token, but no unexpected token.
_OPENING = frozenset("access refresh auth api bearer id csrf session reset login client service deploy".split())
_OF_SPEECH = frozenset((word,) for word in "token tokens session sessions auth signature".split())
_NAMED = {("cookie",), ("cookies",)}  # what is quoted behind these is their name
# Other secrets have names of their own, which are quoted more often than they are: secret 'payments' is not set.
_PASSWORD = re.compile(r"pass(?:w|phrase|code)|pwd$|wort$", re.IGNORECASE)
_MACHINE = re.compile(r"v?\d[\d.:/TZ+-]*|sha-?\d+|md5|argon\d\w*|pbkdf2\w*|bcrypt\w*|hs\d+|rs\d+", re.IGNORECASE)
_NUMBERED = re.compile(r"[a-z]+-\d{1,2}")


def without_told(text: str, lowered: str, names: Names) -> str:
    """The text without the secrets that its words tell, quoted or not. `lowered` is the text in lower case."""
    told = without_spoken(text, names)
    quotes = "'" in text or '"' in text
    if quotes and told != text and "passw" in lowered:
        told = _without_other(told)
    if " from " in text and " to " in text:
        told = _REPLACED.sub(_without_both, told)
    return _without_quoted(told, names) if quotes or "`" in text else told


def _without_quoted(text: str, names: Names) -> str:
    """The text without what it quotes beside a secret's name."""
    if " ==" in text or " !=" in text:
        text = _COMPARED.sub(lambda match: _cut(match) if _is_compared(match, names) else match[0], text)
    if "SET" in text and (command := _FIELDS_SET.search(text)):
        text = _without_fields(text, command.end() - 2, names)
    return _BESIDE.sub(lambda match: _cut(match) if _is_beside(match, names) else match[0], text)


def _without_other(text: str) -> str:
    """A text that told of a password, without the one it quotes instead: but got 'letmein'."""
    return _OTHER.sub(
        lambda match: match[0] if match["value"].lower() in ORDINARY_WORDS | MECHANISMS else f"{match['way']}{MARKER}",
        text,
    )


def _without_fields(text: str, start: int, names: Names) -> str:
    """A command of Redis without the values of secret fields: HSET 'user:7' 'password' '…'."""
    kept: list[str] = []
    done, name, behind = 0, "", 0
    for match in _ARGUMENT.finditer(text, start):
        value = match["value"]
        beside = name and match.start() == behind + 1
        verdict = names.judge(name.replace(MARKER, "")) if beside else Verdict.HARMLESS
        strong = verdict > Verdict.TOKEN or (
            len(value) > 5 and re.search(r"\d", value) and re.search(r"[a-zA-Z]", value)
        )
        if verdict > Verdict.ADDRESS and strong and not _is_none(value, names):
            kept += (text[done : match.start("value")], MARKER)
            done, value = match.end("value"), ""
        name, behind = value, match.end()
    return "".join((*kept, text[done:])) if kept else text


def _is_beside(match: re.Match[str], names: Names) -> bool:
    name, value = match["name"], match["value"]
    verdict = names.judge(name)
    if verdict <= Verdict.ADDRESS or _is_none(value, names):
        return False
    first, _, last = name.rpartition(" ")
    if verdict is Verdict.TOKEN and words_of(last) in _OF_SPEECH and first.lower() not in _OPENING:
        return bool(
            match["gap"].strip() and len(value) > 5 and re.search(r"\d", value) and re.search(r"[a-zA-Z]", value)
        )
    if words_of(last)[-1:] in _NAMED:
        return False
    if " " in value:
        may_be = _PASSWORD.search(last) or (verdict is Verdict.VAULT and match["gap"].strip())
        return bool(may_be) and _is_phrase(value) and not _ABSENT.match(match["behind"].lstrip())
    if match["gap"].strip() or (re.search(r"\d", value) and re.search(r"[^\W\d]", value)):
        return not _MACHINE.fullmatch(value) or bool(re.fullmatch(r"\d{6,}", value))
    return bool(_PASSWORD.search(last) and _TURNED_DOWN.match(match["behind"].lstrip()))


def _is_phrase(value: str) -> bool:
    """Whether a few words may be a password: none of them is one that tells of passwords."""
    words = value.lower().split()
    spoken = ORDINARY_WORDS | _ABOUT_PASSWORDS
    return len(words) <= 8 and all(_WORD.fullmatch(word) and word.strip(".!?") not in spoken for word in words)


def _is_compared(match: re.Match[str], names: Names) -> bool:
    verdict, value = names.judge(match["name"]), match["value"]
    if verdict <= Verdict.ADDRESS or _is_none(value, names):
        return False
    return verdict > Verdict.TOKEN or bool(re.search(r"\d", value))


def _is_none(value: str, names: Names) -> bool:
    """Whether no secret is quoted: a marker, a hole, a word of speech, the name of another secret."""
    return (
        MARKER[:-1] in value
        or value.lower() in ORDINARY_WORDS | MECHANISMS
        or bool(PLACEHOLDER.fullmatch(value) or HOLE.fullmatch(value))
        or is_complaint(value)
        or names.judge(value) > Verdict.ADDRESS
    )


def _without_both(match: re.Match[str]) -> str:
    if not all(_is_strong(match[which].strip("\"'")) for which in ("old", "new")):
        return match[0]
    text = match[0]
    for which in ("new", "old"):
        start, end = match.start(which) - match.start(), match.end(which) - match.start()
        quote = text[start] if text[start] in "\"'" else ""
        text = f"{text[:start]}{quote}{MARKER}{quote}{text[end:]}"
    return text


def _is_strong(value: str) -> bool:
    return bool(re.search(r"[\d!@#$%^&*]", value)) and not _MACHINE.fullmatch(value) and not _NUMBERED.fullmatch(value)


def _cut(match: re.Match[str]) -> str:
    start, end = match.start("value") - match.start(), match.end("value") - match.start()
    return f"{match[0][:start]}{MARKER}{match[0][end:]}"
