"""Secrets in links: passwords before the host, tokens in the path, authorization codes and keys in the query."""

import re
from urllib.parse import unquote

from alerting.sentry.patterns import MARKER

_USERINFO = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)(?P<userinfo>(?:(?!://)[^\s\"'<>]){1,400})@(?=[\w.\[%-]|/(?!/))"
)
_AUTHORITY = re.compile(r"([^/?#]*)(.*)", re.DOTALL)
_HOST = re.compile(r"[\w-]*(?:\.[\w.-]+(?::\d{1,5})?|:\d{1,5})|localhost|\[.*")
_SHOWN_USERINFO = re.compile(
    r"(?P<way>\buserinfo=b?(?P<quote>['\"])[^'\":]{0,200}:)(?P<value>[^'\"]{1,400})(?=(?P=quote))"
)
_SHOWN_NETLOC = re.compile(
    r"(?P<way>\bnetloc=b?(?P<quote>['\"])[^'\":@]{0,200}:)[^'\"]{1,400}(?=@[^@'\"]{0,255}(?P=quote))"
)
_LINK_TOKEN = re.compile(
    r"(?P<way>/(?:reset|password[_-]reset|reset[_-]password|confirm|activate|activation|invite|invitation|magic|magic[_-]link|"
    r"hooks?|webhooks?|join|accept[_-]invite|set[_-]password|"
    r"unsubscribe|verify|verify[_-]email)/(?:[A-Za-z0-9_=-]{1,12}/)?)(?P<token>[A-Za-z0-9_=.:-]{20,200})(?![\w-])",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SESSION_KEY = re.compile(
    r"(?P<name>sessions?\.(?:cached_db|cache|db)(?=[a-z]{0,40}\d)|(?<![A-Za-z0-9])(?:session|sess)(?=[a-z0-9]{32}(?![a-z0-9]))"
    r"|(?<![A-Za-z0-9])sess(?:ions?)?[:.](?=[A-Za-z_-]{0,40}\d)(?=[\d_-]{0,40}[A-Za-z]))"
    r"(?P<id>[A-Za-z0-9_-]{6,128})(?![A-Za-z0-9])"
)
_NUMBERED = re.compile(r"v\d+|[a-z]{3,}[_-]?\d{1,3}")
_CODE = re.compile(r"(?P<way>(?<![\w-])code=)(?P<value>(?=[^&\s#]{0,60}\d)(?=[^&\s#]{0,60}[A-Za-z])[\w.~%/+-]{8,1024})")
_AUTHORIZING = re.compile(
    r"(?:[?&;\s]|^)(?:state|scope|grant_type|redirect_uri|session_state|code_verifier)=|/(?:o?auth2?|oidc|sso|callback|signin|login)\b",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"(?P<way>(?:^|[?&;\s])key=)(?=[\w-]{0,80}\d)(?=[\w-]{0,80}[A-Z])(?=[\w-]{0,80}[a-z])"
    r"(?P<value>[\w-]{16,120})(?![\w.+/-])"
)
# p%61ssword= means password=. No second % before it, so that nothing new becomes an encoded letter.
_ENCODED_LETTER = re.compile(r"(?<!%)%(?:2[dD]|3\d|[46][1-9a-fA-F]|[57][\daA]|5[fF])(?=[^\s&]{0,60}=)")
_HEX_KEY = re.compile(r"(?P<way>[?&]key=)(?=[a-f]{0,40}\d)[a-f0-9]{24,64}(?![\w.+/-])")


def with_plain_letters(text: str) -> str:
    """The text with the letters and digits that a link's names need not encode as they are."""
    return _ENCODED_LETTER.sub(lambda match: unquote(match[0]), text)


def without_userinfo(text: str) -> str:
    """The text with the passwords of its URLs replaced; a user's name alone stays unless it looks like a token."""

    def cut(match: re.Match[str]) -> str:
        userinfo = match["userinfo"]
        # Greedy up to the last @ of the run: a password may hold @, / and #. A path behind a host may hold an @, too.
        authority, behind = _AUTHORITY.fullmatch(userinfo).groups()  # type: ignore[union-attr]
        known, at, host = authority.rpartition("@")
        if behind and at and _HOST.fullmatch(host):
            return f"{match['scheme']}{_masked(known)}@{host}{behind}@"
        user, colon, password = authority.partition(":")
        if behind and not at and (not colon or password.isdigit() or (not password and user)):
            return match[0]
        return f"{match['scheme']}{_masked(userinfo)}@"

    text = _USERINFO.sub(cut, text) if "/" in text else text
    if "userinfo=" in text:
        text = _SHOWN_USERINFO.sub(lambda match: f"{match['way']}{MARKER}", text)
    if "netloc=" in text:
        text = _SHOWN_NETLOC.sub(lambda match: f"{match['way']}{MARKER}", text)
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
    return (
        bool(re.search(r"\d", token)) and bool(re.search(r"[A-Za-z]", token)) and not _UUID.fullmatch(token.rstrip("."))
    )


def without_session_keys(text: str) -> str:
    """The text with the session ids in keys of a cache or of Redis replaced."""

    def cut(match: re.Match[str]) -> str:
        return match[0] if _NUMBERED.fullmatch(match["id"]) else f"{match['name']}{MARKER}"

    return _SESSION_KEY.sub(cut, text)


def without_codes(text: str) -> str:
    """The text with authorization codes and keys in query strings replaced, where their company tells what they are."""
    if "code=" in text and _AUTHORIZING.search(text):
        text = _CODE.sub(lambda match: f"{match['way']}{MARKER}", text)
    if "key=" in text:
        text = _HEX_KEY.sub(lambda match: f"{match['way']}{MARKER}", text)
        text = _KEY.sub(lambda match: f"{match['way']}{MARKER}", text)
    return text
