"""Passwords and tokens before the @ of a URL, whatever signs they hold."""

import re
from collections.abc import Iterator

from alerting.sentry.scrub.values import MARKER, holds_nothing, looks_random
from alerting.sentry.scrub.work import Cut, Work

_SLASHES = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,30}+:)/{1,2}(?!/)|(?<![^\s\"'(=])//(?=[\w.-]{0,60}:)")
_HOST = re.compile(
    r"[\w-]*+(?:\.[\w.-]++)?(?::\d{1,5})?(?=[/?#,;\s\"'<>)\]}\\]|\Z)|\[[\da-fA-F:.]+\]|%|/(?!/)|[\w.*{<%-]"
)
_AUTHORITY = re.compile(r"[^/?#]*+")
_WITHOUT_SCHEME = re.compile(
    r"(?<![\w@.:%/-])(?:(?<![^/]/))[A-Za-z_][\w.-]*+:(?P<value>[^\s:/@'\"<>()\[\]{},;=]{3,100})"
    r"@(?!sha\d)(?:[A-Za-z][\w.-]{0,100}|\d{1,3}(?:\.\d{1,3}){3})(?![\w@.-])"
)
_NOT_USERS = re.compile(
    r"(?i)(?:mailto|e?-?mail|user(?:name)?|from|to|cc|bcc|for|by|sip|xmpp|acct|info|error|debug|warn(?:ing)?):"
)
_OWN_HOST = re.compile(r"[\w-]*(?:\.[\w.-]+(?::\d{1,5})?|:\d{1,5})|localhost|\[.*")
_LONGEST = 400
_SIGNS = frozenset("0123456789!#$%^&*+")
_STRUCTURE = re.compile(r"[\"'](?:,|:|, |: | \+ )[\"'{\[]|[\"']\)")


def find(text: str, work: Work) -> Iterator[Cut]:
    """Where the secrets of URLs stand; a user's name alone stays unless it looks like a token."""
    if "@" not in text or ":" not in text:
        return
    done = 0
    for match in _SLASHES.finditer(text):
        start = match.end()
        at_sign = text.find("@", start, start + _LONGEST)
        if at_sign < 0 or start < done:
            continue
        work.spend(250)
        end = _end_of_userinfo(text, match)
        if end <= start:
            continue
        for first, last in _secrets(text, start, end, single=match[0].endswith(":/")):
            done = last
            yield first, last, "url-userinfo"

    for bare in _WITHOUT_SCHEME.finditer(text):
        if not _NOT_USERS.match(bare[0]) and not _SIGNS.isdisjoint(bare["value"]):
            yield (*bare.span("value"), "url-userinfo")


def _end_of_userinfo(text: str, match: re.Match[str]) -> int:
    """Where the last @ stands that a host follows; a password may hold @, / and quotes."""
    start = match.end()
    window = text[start : start + _LONGEST]
    run = f".{window}".partition("://")[0].split()[0][1:]
    before = text[match.start() - 1 : match.start()] if match.start() else ""
    if before and before in "\"'`<":
        run = run.partition(">" if before == "<" else before)[0]
    plain = re.match(r"[^\"'<>`]*", run)
    for part in (plain[0] if plain else "", run):
        at = len(part)
        while (at := part.rfind("@", 0, at)) >= 0:
            userinfo = part[:at]
            if _HOST.match(text, start + at + 1) and not _STRUCTURE.search(userinfo):
                if part is run or not (":" in run[at:] and _more(text, start, run, at)):
                    return start + at
                break
    return -1


def _more(text: str, start: int, run: str, at: int) -> bool:
    """Whether the run behind this @ is still part of the password: a quote in it, and another @ with a host."""
    last = run.rfind("@")
    return last > at and bool(_HOST.match(text, start + last + 1)) and not _STRUCTURE.search(run[:last])


def _secrets(text: str, start: int, end: int, *, single: bool) -> Iterator[tuple[int, int]]:
    userinfo = text[start:end]
    authority = _AUTHORITY.match(userinfo)[0]  # type: ignore[index]
    behind = len(authority) < len(userinfo)
    known, at, host = authority.rpartition("@")
    if behind and at and _OWN_HOST.fullmatch(host):
        userinfo = known  # an @ in the path of a URL that has its own
    else:
        user, colon, password = authority.partition(":")
        if (
            behind
            and not at
            and (not colon or password.isdigit() or (not password and user and userinfo[len(authority)] == "/"))
        ):
            return
    user, colon, password = userinfo.partition(":")
    if single and not (colon and password):
        return
    if colon and password and not _is_hole(password):
        yield start + len(user) + 1, start + len(userinfo)
    if user and _is_token(user) and not (colon and password and "oauth" not in password):
        yield start, start + len(user)


def _is_hole(password: str) -> bool:
    return password.startswith(MARKER[:-1]) or holds_nothing(password)


def _is_token(user: str) -> bool:
    return (
        len(user) >= 16 and looks_random(user) and any(map(str.isdigit, user)) and "@" not in user and "%40" not in user
    )
