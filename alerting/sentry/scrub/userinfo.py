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
_RUN = re.compile(r"(?:(?!://)\S){0,400}")
_STRUCTURE = re.compile(r"[\"'](?:,|:|, |: | \+ )[\"'{\[]|[\"']\)")
_UNQUOTED = re.compile(r"[^\"'<>`]*")


def find(text: str, work: Work) -> Iterator[Cut]:
    """Where the secrets of URLs stand; a user's name alone stays unless it looks like a token."""
    if "@" not in text:
        return
    done = 0
    for match in _SLASHES.finditer(text):
        start = match.end()
        if start < done or text.find("@", start, start + 400) < 0:
            continue
        work.spend(250)
        userinfo = _userinfo(text, start)
        user, colon, password = userinfo.partition(":")
        authority = _AUTHORITY.match(userinfo)[0]  # type: ignore[index]
        _, colon, port = authority.partition(":")
        if authority != userinfo and "@" not in authority and (not colon or (port.isdigit() and len(port) > 1)):
            continue  # a host of its own, and an @ in the path
        done = start + len(userinfo)
        if password and not password.startswith(MARKER[:-1]) and not holds_nothing(password):
            yield start + len(user) + 1, done, "url-userinfo"
        if (not password or "oauth" in password) and _is_token(user):
            yield start, start + len(user), "url-userinfo"


def _userinfo(text: str, start: int) -> str:
    """What stands before the last @ that a host follows; a password may hold @, / and quotes."""
    run = _RUN.match(text, start)[0]  # type: ignore[index]
    for part in (run, _UNQUOTED.match(run)[0]):  # type: ignore[index]
        at = len(part)
        while (at := part.rfind("@", 0, at)) >= 0:
            if _HOST.match(text, start + at + 1) and not _STRUCTURE.search(part, 0, at):
                return part[:at]
    return ""


def _is_token(user: str) -> bool:
    is_long = len(user) >= 16 and looks_random(user) and any(map(str.isdigit, user))
    return is_long and "@" not in user and "%40" not in user
