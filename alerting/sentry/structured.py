"""Secrets whose name and value are apart in a text's structure: URLs, SQL, XML, forms in parts."""

import re

from alerting.sentry.keys import Names, Verdict
from alerting.sentry.patterns import MARKER, looks_random

_USERINFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)(?P<userinfo>[^\s\"'<>]{1,400})@(?=[\w.\[%-])")
_AUTHORITY = re.compile(r"([^/?#]*)(.*)", re.DOTALL)
_LINK_TOKEN = re.compile(
    r"(?P<way>/(?:reset|password[_-]reset|reset[_-]password|confirm|activate|activation|invite|invitation|magic|magic[_-]link|"
    r"unsubscribe|verify|verify[_-]email)/(?:[A-Za-z0-9_=-]{1,12}/)?)(?P<token>[A-Za-z0-9_=.:-]{20,200})(?![\w-])",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SESSION_KEY = re.compile(
    r"(?P<name>sessions?\.(?:cached_db|cache|db)|session|sess)(?P<sep>[:.]?)(?P<id>[a-z0-9]{32})(?![a-z0-9])"
)
_STATEMENT = re.compile(
    r"\b(?:insert|replace|update|select|delete|create|alter|set|merge|values|grant)\b", re.IGNORECASE
)
_INSERT = re.compile(
    r"\b(?:insert|replace)\b.{0,40}?\binto\s+[\w.\"`\[\]]{1,120}\s*\((?P<names>[^()]{1,2000})\)\s*"
    r"(?:overriding \w+ value\s*)?"
    r"values\s*",
    re.IGNORECASE | re.DOTALL,
)
_LITERAL = re.compile(
    r"\s*(?P<value>[NnEeXxBb]?'(?:[^'\\]|''|\\.)*(?:'|$)|[^,()']*(?:\([^()]*\)[^,()']*)*)\s*(?P<end>[,)]|$)", re.DOTALL
)
_GRANTED = re.compile(
    r"\b(?P<way>identified\s+(?:with\s+\S{1,60}\s+)?(?:by|as)(?:\s+password)?|password)\s+(?P<value>'(?:[^'\\]|''|\\.){1,500}(?:'|$))",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?P<name>[\w.\"`\[\]]{1,120})\s{0,4}(?P<op>\b(?:not\s+)?i?like\b|\bin\b|<>|!=|=\s*any\b)\s{0,4}(?P<value>'(?:[^']|''){1,500}'|"
    r"\((?:\s*'(?:[^']|''){0,500}'\s*,?){1,100}\))",
    re.IGNORECASE,
)
_ENCRYPTED = re.compile(
    r"\b(?P<way>crypt|hmac|digest|pgp_sym_\w{2,8}crypt|aes_\w{2}crypt|md5|sha\d+|password)\s*\((?P<rest>[^()]{1,2000})",
    re.IGNORECASE,
)
_ELEMENT = re.compile(
    r"<(?P<tag>(?:[\w-]{1,40}:)?(?P<name>[\w.-]{1,80}))(?P<attributes>\s[^<>]{0,400})?>(?P<value>[^<>]{1,8192})(?P<end></|$)"
)
_CDATA = re.compile(r"<(?P<name>[\w.:-]{1,80})>\s*<!\[CDATA\[(?P<value>.{0,8192}?)\]\]>", re.DOTALL)
_PART = re.compile(
    r"(?P<head>\bname=\\?[\"']?(?P<name>[^\"'\r\n;\\]{1,120})\\?[\"']?[^\r\n\\]{0,300}"
    r"(?:(?:\r?\n|\\r\\n|\\n)[\w-]{1,40}:[^\r\n\\]{0,200}){0,6}(?:\r?\n|\\r\\n|\\n){2})(?P<value>.{1,8192}?)"
    r"(?=(?:\r?\n|\\r\\n|\\n)--|$)",
    re.DOTALL,
)


def without_userinfo(text: str) -> str:
    """The text with the passwords of its URLs replaced; a user's name alone stays unless it looks like a token."""

    def cut(match: re.Match[str]) -> str:
        userinfo = match["userinfo"]
        # Greedy up to the last @ of the run: a password may hold @, / and #. A path behind a host may hold an @, too.
        authority, behind = _AUTHORITY.fullmatch(userinfo).groups()  # type: ignore[union-attr]
        known, at, host = authority.rpartition("@")
        if behind and at and re.search(r"[.:]|^localhost$", host):
            return f"{match['scheme']}{_masked(known)}@{host}{behind}@"
        user, colon, password = authority.partition(":")
        if behind and not at and (not colon or password.isdigit() or (not password and user)):
            return match[0]
        return f"{match['scheme']}{_masked(userinfo)}@"

    text = _USERINFO.sub(cut, text)
    return _LINK_TOKEN.sub(
        lambda match: f"{match['way']}{MARKER}" if _is_link_token(match["token"]) else match[0], text
    )


def _masked(userinfo: str) -> str:
    user, colon, password = userinfo.partition(":")
    if colon:
        return f"{user}:{MARKER}" if password and not re.fullmatch(r"%s|\{\w*\}|\*+|\$\{\w+\}", password) else userinfo
    token = len(user) >= 16 and re.search(r"\d", user) and not re.fullmatch(r"[\w.-]+(?:@|%40)[\w.-]+", user)
    return MARKER if token else userinfo


def _is_link_token(token: str) -> bool:
    return bool(re.search(r"\d", token)) and bool(re.search(r"[A-Za-z]", token)) and not _UUID.fullmatch(token)


def without_session_keys(text: str) -> str:
    """The text with the session ids in keys of a cache or of Redis replaced."""
    return _SESSION_KEY.sub(lambda match: f"{match['name']}{match['sep']}{MARKER}", text)


def without_literals(text: str, names: Names) -> str:
    """The text with an SQL statement's values for secret columns replaced: inserted, compared, granted, encrypted."""
    if not _STATEMENT.search(text):
        return text
    text = _inserted(text, names)
    text = _GRANTED.sub(lambda match: f"{match['way']} '{MARKER}'", text)

    def compared(match: re.Match[str]) -> str:
        if names.judge(match["name"]) <= Verdict.ADDRESS:
            return match[0]
        hidden = re.sub(r"'(?:[^']|'')+'", f"'{MARKER}'", match["value"])
        return match[0][: match.start("value") - match.start()] + hidden

    text = _COMPARED.sub(compared, text)
    return _ENCRYPTED.sub(lambda match: f"{match['way']}({_hidden_literals(match['rest'])}", text)


def _hidden_literals(text: str) -> str:
    return re.sub(r"'(?:[^']|'')+'", f"'{MARKER}'", text)


def _inserted(text: str, names: Names) -> str:
    done = 0
    kept: list[str] = []
    for insert in _INSERT.finditer(text):
        secret = [names.judge(name.strip()) > Verdict.ADDRESS for name in insert["names"].split(",")]
        if insert.start() < done or not any(secret):
            continue
        at = insert.end()
        while text[at : at + 1] == "(":
            at, column = at + 1, 0
            while found := _LITERAL.match(text, at):
                value = found["value"].strip()
                if column < len(secret) and secret[column] and _is_literal(value):
                    kept += (text[done : found.start("value")], f"'{MARKER}'" if "'" in value else MARKER)
                    done = found.start("value") + len(found["value"].rstrip())
                at, column = found.end(), column + 1
                if found["end"] != "," or at >= len(text):
                    break
            more = re.compile(r"\s*,\s*(?=\()").match(text, at)
            at = more.end() if more else at
            if not more:
                break
    return "".join((*kept, text[done:])) if kept else text


def _is_literal(value: str) -> bool:
    return bool(value) and not re.fullmatch(
        r"(?i)%s|%\(\w+\)s|\?|\$\d+|:\w+|null|default|true|false|now\(\)|'?\[filtered\]'?|''|…|\.\.\.", value
    )


def without_elements(text: str, names: Names) -> str:
    """The text with the contents of XML elements that bear a secret's name replaced."""

    def cut(match: re.Match[str]) -> str:
        if names.judge(match["name"]) <= Verdict.ADDRESS or not match["value"].strip():
            return match[0]
        start, end = match.start("value") - match.start(), match.end("value") - match.start()
        return f"{match[0][:start]}{MARKER}{match[0][end:]}"

    text = _ELEMENT.sub(cut, text)
    return _CDATA.sub(cut, text) if "CDATA" in text else text


def without_parts(text: str, names: Names) -> str:
    """The text with the secret fields of a form sent in parts (multipart/form-data) replaced."""

    def cut(match: re.Match[str]) -> str:
        secret = names.judge(match["name"]) > Verdict.ADDRESS
        return f"{match['head']}{MARKER}" if secret else match[0]

    return _PART.sub(cut, text)


def is_secret_argument(value: str) -> bool:
    """Whether what follows an option like --password is its value rather than the next option."""
    return (bool(value) and not value.startswith("-")) or looks_random(value)
