"""Names and values inside a text: `key=value`, `"key": "value"`, query strings, headers, options of a command line.

One expression finds what may be a name with a separator; whether the name announces a secret is judged as it is for a
dictionary's key. Only then is the value's end looked for, by a scanner that knows quotes, brackets and escapes.
"""

import re
from urllib.parse import unquote_plus

from alerting.sentry.keys import Names, means_something_else, words_of
from alerting.sentry.loggers import is_logger
from alerting.sentry.patterns import MARKER
from alerting.sentry.speech import HOLE, MECHANISMS, ORDINARY_WORDS, PLACEHOLDER, is_complaint
from alerting.sentry.values import HOLE_HERE, closing_quote, credentials, inside_brackets
from alerting.sentry.verdict import Verdict

_NAME = re.compile(
    r"(?<![\w%])(?P<name>-{0,2}(?:2(?=[fF][aA]))?[^\W\d][\w.\-\[\]%$:]{0,80}?"
    r"(?:[ ](?:key|codes?|number|answer|phrase|id|addr(?:ess)?|for))?)"
    r"(?P<close>\]?\\{0,15}[\"'`]?\]?)"
    r"(?P<sep>(?:\s|\\[tnr]){0,6}(?:=>|->|:=|==|!=|<>|[=＝]|[:：](?![:/]/?[/:])|%3[dD]|\)=\()(?:\s|\\[tnr]){0,6}|(?<=[\"'`])\s?,\s{0,4}(?=[bu]?\\{0,15}[\"'`]))",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[bBuUrRfFnNeExX]{0,2}(\\{0,15}[\"'`])")
_BLOCK = re.compile(r"[|>][+-]?[ \t]{0,8}(?:\r?\n|\\{1,3}n)[ \t]{1,20}")
_COMPARED = re.compile(r"[a-z_][A-Za-z_.]*:?")
_CALL = re.compile(r"[A-Z][\w.]{1,60}\((?=(?:\w{1,30}=)?b?['\"])")
_LOOKED_UP = re.compile(r"[a-z_]\w{0,60}(?:\.\w{1,60}){0,6}[\[(]\\{0,7}['\"](?P<name>[A-Za-z_.-]{2,60})\\{0,7}['\"]")
_CALLED = re.compile(r"[A-Za-z_]+(?:\.[a-z_]+){0,6}\([A-Za-z_., =*\d]{0,80}\)(?=[\s),;.:'\"\]<]|$)")
# Numbers that people write in groups, under names that say which they are.
_GROUPED = re.compile(r"(?:[A-Za-z]{2}\d{2}(?:[ -][A-Za-z0-9]{2,4}){2,8}|\d{3,6}(?:[ -]\d{2,6}){1,6})(?![\w-])")
_NUMBERED = frozenset("iban card cc ssn security pan cardnumber creditcard ccnumber".split())
_SIGNED = re.compile(r"[a-z]\w{0,15}=[^\s,;\"'\\&]{1,512}(?:[,;]\s?[a-z]\w{0,15}=[^\s,;\"'\\&]{1,512}){1,8}")
_BEFORE_PARAMETER = frozenset("?&;")
_QUERY = re.compile(r"[?&](?=[\w.%-]{1,60}=)|#")
_SHOWN = re.compile(r"<(?P<value>(?=[^<>\s]*\d)[^<>\s]{4,200})>")
_RUN = re.compile(r"[^\s\"'<>]{1,4096}")
_VARIABLE = re.compile(r"\$[A-Za-z_]\w*[),]")
_CUT = re.compile(r"&amp;(?=[\w.%-]{1,60}=)|[,;&|](?=\s|$|[\w.%\[\]\- ]{1,60}[=:])|\\[rnt]|%26(?=[\w.-]{1,60}%3[dD])")
_COOKIES = re.compile(
    r"(?:(?<==)\\{0,15}\"[^\"\r\n]{0,4096}\"|(?<==)\\{0,15}'[^'\r\n]{0,4096}'|[^\r\n\"'\\]|\\(?![rnt\"'\\])){1,8192}"
)
_WORDS_JOINED = re.compile(r"(?:[A-Z][a-z]+){2,6}|[A-Za-z][a-z]*(?:-[A-Za-z]+)+")
_CLASS_PATH = re.compile(r"(?:[a-z_]+\.){1,6}[A-Z]\w{2,60}")
_NEXT_ARGUMENT = re.compile(r"[a-z_]{2,20}=")
_QUOTED_WORD = re.compile(r"\\{0,7}[\"']\w")
_ALGORITHM = re.compile(r"(?i)(?:hmac[-_])?(?:sha-?\d+|md5|[hrep]s\d{3}|ed25519)")
_VARIABLE_NAME = re.compile(r"[a-z]+(?:_[a-z]+)+")
_METHOD = re.compile(
    r"[a-z_]\w{0,60}(?:\[\w{1,40}\])?(?:\.[a-z_]\w{0,60}){1,6}\((?=[rb]?['\"][A-Za-z_ .,%:-]{0,80}['\"])"
)
_PORT = re.compile(r"\d{2,5}(?:[/?#].*)?")
_NEXT_NAME = re.compile(r"[\s&;,]+[\w.-]{1,40}=")
_SHOWN_CALL = re.compile(r"[a-z_]\w*(?:\.\w+)+\([^()\"']{0,400}\)>")
_HEADER = re.compile(r"[bu]?[\"'](?:[A-Z][a-z]+-){1,4}[A-Za-z][a-z]+[\"']")
_KEY_BEHIND = re.compile(r"[bu]?\\{0,15}[\"'][^\"'\r\n\\]{1,80}\\{0,15}[\"']\s?:")
_PAIR_IN_LIST = re.compile(r"[bu]?\\{0,15}[\"'](?=[^\"']{0,80}\d)[^\"'\r\n]{4,400}[\"']\s?\]")
# INSERT INTO "auth_user" ("password", "last_login") names columns.
_COLUMNS_BEFORE = re.compile(
    r"\b(?:into|on|table|unique|key|references|constraint|conflict)\b(?:\s|\\[nt]|[\w.\"`\\]){0,120}\((?:\s|\\[nt])?\\{0,15}$",
    re.IGNORECASE,
)
_SQL_BEFORE = re.compile(r"(?:\b(?:set|where|and|or|on)|,)\s+$", re.IGNORECASE)
_SQL = re.compile(r"\b(?:select|update|insert|delete|merge)\s", re.IGNORECASE)
_SQL_VALUE = re.compile(
    r"(?:[A-Za-z_]\w{0,60}\.)?[a-z_]{1,60}(?![\w%&=-])|DEFAULT\b|CASE\b|case\b|CURRENT_\w+|[A-Za-z_]\w{0,60}\("
)
_FIELD_BEFORE = re.compile(r"(?:map\[|&?\w*\{|(?:map\[|\{)[^\[\]{}]{0,70}\w:\S{0,60} )$")
_FIELD_BEHIND = re.compile(r"[\]}]| [\w.]{1,40}:\S")
_AFTER_QUOTED = frozenset(["", *" ,;:.)]}>\t\r\n"])
_LINE = re.compile(r"[^\r\n\"']{1,8192}?(?=\\[rn]|[\r\n\"']|$)")
# INVALID_CREDENTIALS: {'desc': …} tells what failed, and every part of it has a name of its own.
_MANY = frozenset("passwords tokens secrets passphrases keys".split())
_MORE = re.compile(r"(?:,\s?(?=[^\s,;]{0,60}\d)[^\s,;\"'&=:]{4,200}){1,50}")
_FAILED = frozenset("invalid bad missing wrong".split())


def without_named(text: str, names: Names) -> str:
    """The text without the values of secret names."""
    kept: list[str] = []
    done = 0
    for match in _NAME.finditer(text):
        if match.start() < done:
            continue
        start, end = _value(text, match, names)
        if end <= start or start < done:
            continue
        kept += (text[done:start], MARKER)
        done = end
    return "".join((*kept, text[done:])) if kept else text


def _value(text: str, match: re.Match[str], names: Names) -> tuple[int, int]:
    """Where the value to replace begins and ends; nothing where the name is harmless or the value none."""
    nothing = (0, 0)
    name = match["name"]
    verdict = names.judge(unquote_plus(name) if "%" in name else name)
    if verdict <= Verdict.ADDRESS:
        return nothing
    start, separator = match.end(), match["sep"].strip()
    if separator == "," and not _is_pair(text, match):
        return nothing
    if separator == ":" and is_logger(text, match):
        return nothing
    if separator == "=" and "\n" in match["sep"].partition("=")[2]:
        return nothing  # nothing is assigned, and the next line is another
    if (separator == "=" and _is_assigned_in_sql(text, match)) or _SHOWN_CALL.match(text, start):
        return nothing
    looked_up = _LOOKED_UP.match(text, start)
    if looked_up and names.judge(looked_up["name"]) > Verdict.ADDRESS:
        return nothing
    if block := _BLOCK.match(text, start):
        start = block.end()
    call = _CALL.match(text, start)
    if call:
        return inside_brackets(text, call.end() - 1, Verdict.SECRET, names)
    shown = _SHOWN.match(text, start)
    if shown:
        return shown.span("value")
    opening = _OPENING.match(text, start)
    if (
        opening
        and separator in {":", "="}
        and not match["close"]
        and text[opening.end() : opening.end() + 1] in _AFTER_QUOTED
        and text.count(opening[1], max(0, match.start() - 400), match.start()) % 2
    ):
        return nothing  # the quote ends what the name stands in: 'Cookie:'
    if opening:
        begin, end = opening.end(), closing_quote(text, opening.end(), opening[1])
        listed = separator == "," and _is_listed_name(text[begin:end], names)
        return (begin, end) if not listed and _counts(text[begin:end], verdict) else nothing
    words = words_of(name)
    if text[start : start + 1] in {"{", "[", "("} and separator not in {")=("}:
        return (
            nothing
            if text[start] == "{" and not _FAILED.isdisjoint(words[:-1])
            else inside_brackets(text, start, verdict, names)
        )
    if "authorization" in words or "authorisation" in words:
        return credentials(text, start)
    if words and words[-1] in {"cookie", "cookies"} and (line := _COOKIES.match(text, start)) and "=" in line[0]:
        return start, start + len(line[0].rstrip(">"))
    if not _NUMBERED.isdisjoint(words) and (grouped := _GROUPED.match(text, start)):
        return grouped.span()
    if "=" in separator and (_CALLED.match(text, start) or (match["sep"] == " = " and _METHOD.match(text, start))):
        return nothing
    if words and words[-1] == "signature" and (signed := _SIGNED.match(text, start)):
        return signed.span()
    if HOLE_HERE.match(text, start):
        return nothing
    run = _RUN.match(text, start)
    if not run:
        return nothing
    value = run[0]
    if separator == ")=(":
        value = value.partition(")")[0]
    cut = (
        _QUERY.search(value) if text[match.start() - 1 : match.start()] in _BEFORE_PARAMETER else None
    ) or _CUT.search(value)
    value = value[: cut.start()] if cut else value
    if _VARIABLE.match(value):
        return nothing
    bare = value.rstrip(",.;:)}]|`")
    value = bare if not value.startswith(("[", "{", "$", "%")) or PLACEHOLDER.fullmatch(bare) else value
    end = start + len(value)
    if (
        not _counts(value, verdict)
        or means_something_else(name, value)
        or (separator == "=" and _is_column(value, names))
        or (separator == "=" and _VARIABLE_NAME.fullmatch(value) and names.judge(value) > Verdict.ADDRESS)
        or (match["sep"] == ":" and _PORT.fullmatch(value) and _is_host(text, match, names))
        or ("." in name and value == name.rpartition(".")[2] and match["sep"] == " = ")
    ):
        return nothing
    if separator == ":" and _NEXT_ARGUMENT.fullmatch(value) and _QUOTED_WORD.match(text, end):
        return nothing
    if separator in {"==", "!="} and _COMPARED.fullmatch(value):
        return nothing
    if words[-1:] and words[-1] in _MANY and (more := _MORE.match(text, end)):
        end = more.end()
    phrase = {"passphrase", "mnemonic", "phrase", "codes"} & set(words)
    if (
        separator == ":"
        and not (phrase and value.lower() not in ORDINARY_WORDS)
        and not _named_by_colon(text, match, value, end, verdict)
    ):
        return nothing
    if phrase and (line := _LINE.match(text, start)):
        following = _NEXT_NAME.search(line[0])
        return start, start + following.start() if following else line.end()
    return start, end


def _is_host(text: str, match: re.Match[str], names: Names) -> bool:
    """Whether a port follows the name of a machine: secret-manager.example.com:443, http://auth:8080."""
    last = match["name"].rpartition(".")[2]
    return text[: match.start()].endswith("//") or ("." in match["name"] and names.judge(last) <= Verdict.HARMLESS)


def _is_column(value: str, names: Names) -> bool:
    """Whether SQL compares with another column: a.token = b.token."""
    return bool(re.fullmatch(r"[a-z_]+(?:\.[a-z_]+)+", value)) and names.judge(value) > Verdict.ADDRESS


def _is_assigned_in_sql(text: str, match: re.Match[str]) -> bool:
    """Whether SQL sets or compares a column with another, a default or what a function answers."""
    before = text[max(0, match.start() - 12) : match.start()]
    return bool(_SQL_BEFORE.search(before) and _SQL_VALUE.match(text, match.end()) and _SQL.search(text))


def _is_pair(text: str, match: re.Match[str]) -> bool:
    """Whether a quoted name before a comma stands first in a pair: ('Authorization', 'Bearer …')."""
    if match["name"].startswith("--"):
        return text[match.start() - 1 : match.start()] in {'"', "'"} and not _KEY_BEHIND.match(text, match.end())
    if _HEADER.match(text, match.end()):
        return False
    if text[match.start() - 1] in '"`' and _COLUMNS_BEFORE.search(
        text[max(0, match.start() - 160) : match.start() - 1]
    ):
        return False
    before = text[max(0, match.start() - 20) : match.start()]
    if re.search(r"\[\s?[bu]?\\{0,15}[\"'`]$", before) and _PAIR_IN_LIST.match(text, match.end()):
        return True
    return bool(re.search(r"(?:\(|\[\s?\[|\],\s?\[)\s?[bu]?\\{0,15}[\"'`]$", before))


def _counts(value: str, verdict: Verdict) -> bool:
    """Whether a value under a secret name is one: no placeholder, no marker, for tokens no mere count."""
    if (
        not value
        or value.startswith((MARKER[:-1], "function ", "[REDACTED", "[redacted"))
        or PLACEHOLDER.fullmatch(value)
        or HOLE.fullmatch(value)
        or is_complaint(value)
    ):
        return False
    if (len(value) < 3 and not value.isalnum()) or (
        verdict is Verdict.TOKEN and value.lower() in MECHANISMS | ORDINARY_WORDS
    ):
        return False
    return not (verdict is Verdict.TOKEN and (re.fullmatch(r"\d{1,6}", value) or _ALGORITHM.fullmatch(value)))


def _named_by_colon(text: str, match: re.Match[str], value: str, end: int, verdict: Verdict) -> bool:
    """Whether `name: value` is data. In speech an ordinary word follows a colon, and more words follow that."""
    if match["close"].strip("\\])"):
        return True
    if match["sep"][0].isspace() and match["sep"].endswith(":"):
        return False
    word = value.lower().strip(".!?")
    if word in ORDINARY_WORDS:
        return False
    if not match["sep"].endswith((" ", "\t")):
        if re.search(r"\w:$", text[max(0, match.start() - 2) : match.start()]) and not re.search(r"\d", value):
            return False
        strong = verdict >= Verdict.SECRET or (len(value) >= 4 and _is_field(text, match, end))
        return (strong and len(value) >= 3) or bool(
            re.search(r"\d", value) and re.search(r"[A-Za-z_-]", value) and len(value) >= 8
        )
    if re.fullmatch(r"\d{1,2}", value) and re.match(r" [a-z]{2}", text[end : end + 3]):
        return False  # pin: 4 digits
    if verdict is Verdict.TOKEN and value.isalpha() and text[: match.start()].endswith("xpected "):
        return False
    if verdict is Verdict.TOKEN and (
        (_WORDS_JOINED.fullmatch(value) and re.match(r" [a-z]", text[end : end + 2])) or _CLASS_PATH.fullmatch(value)
    ):
        return False
    if re.search(r"\d|[a-z][A-Z]|[!@#$%^&*_+=~-]", value):
        return True
    return bool(re.match(r"\s*(?:$|[\r\n,;|)\]}&]|\\[rn]|\w{1,40}[:=])", text[end:]))


def _is_field(text: str, match: re.Match[str], end: int) -> bool:
    """Whether `name:value` stands among others as Go shows them: map[host:db token:81ac port:5432]."""
    before = text[max(0, match.start() - 80) : match.start()]
    return bool(_FIELD_BEFORE.search(before) and _FIELD_BEHIND.match(text, end))


def _is_listed_name(value: str, names: Names) -> bool:
    """Whether what follows a secret's name is the next name in a list of them: ('password', 'token')."""
    plain = value.isidentifier() and value.islower() and value not in {"secret", "password", "pass", "pw"}
    return plain and names.judge(value) > Verdict.ADDRESS
