"""Who may ask the stand-in for Sentry, and how often."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.sandbox.params import FORBIDDEN, ApiError

ORG_TOKEN_PREFIX = "sntrys_"
MOST_WINDOWS = 1_000
CHALLENGE = 'Bearer realm="api"'


class TokenKind(StrEnum):
    """What a token is; the organisation's own tokens can do nothing but upload."""

    USER = "user"
    INTEGRATION = "integration"
    ORG = "org"
    EXPIRED = "expired"
    SSO = "sso"


# Any of the listed scopes is enough.
READ_ORG = ("org:read", "org:write", "org:admin")
READ_EVENTS = ("event:read", "event:write", "event:admin")
READ_PROJECT = ("project:read", "project:write", "project:admin")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the token, what it is, and what it may do. `kind` is None for nobody."""

    token: str = ""
    kind: TokenKind | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def is_member(self) -> bool:
        """People are in teams; an integration is in none and sees no project of its own."""
        return self.kind is TokenKind.USER

    def require(self, *scopes: str) -> None:
        """Raise the 403 unless one of the scopes is there."""
        if not self.scopes.intersection(scopes):
            raise ApiError(403, FORBIDDEN)


def caller(authorization: str | None, tokens: Mapping[str, str], scopes: frozenset[str], org: str) -> Caller:
    """Whose request it is; raises the 401 that fits. Every well-formed organisation token counts as this one's."""
    if not authorization:
        raise ApiError(401, "Authentication credentials were not provided.", WWW_Authenticate=CHALLENGE)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise ApiError(401, "Authentication credentials were not provided.", WWW_Authenticate=CHALLENGE)
    if token.startswith(ORG_TOKEN_PREFIX):
        return Caller(token, TokenKind.ORG, frozenset({"org:ci"}))
    kind = tokens.get(token)
    if kind is None:
        raise ApiError(401, "Invalid token", WWW_Authenticate=CHALLENGE)
    match TokenKind(kind):
        case TokenKind.EXPIRED:
            raise ApiError(401, "Token expired", WWW_Authenticate=CHALLENGE)
        case TokenKind.SSO:
            extra = {"loginUrl": f"/auth/login/{org}/"}
            detail = {"code": "sso-required", "message": "Must login via SSO", "extra": extra}
            raise ApiError(401, detail, WWW_Authenticate=CHALLENGE)
        case TokenKind.ORG:
            return Caller(token, TokenKind.ORG, frozenset({"org:ci"}))
        case known:
            return Caller(token, known, scopes)


@dataclass
class Meter:
    """Fixed windows of one second for each caller and endpoint, on the real clock as the headers name it."""

    _counts: OrderedDict[tuple[str, str, int], int] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, who: str, endpoint: str, limit: float) -> tuple[bool, dict[str, str]]:
        """Count one request: whether it is allowed, and the headers that tell."""
        second = int(time.time())
        with self._lock:
            key = (who, endpoint, second)
            used = self._counts[key] = self._counts.get(key, 0) + 1
            while len(self._counts) > MOST_WINDOWS:
                self._counts.popitem(last=False)
        whole = max(1, int(limit))
        headers = {
            "X-Sentry-Rate-Limit-Limit": str(whole),
            "X-Sentry-Rate-Limit-Remaining": str(max(0, whole - used)),
            "X-Sentry-Rate-Limit-Reset": str(second + 1),
            "X-Sentry-Rate-Limit-ConcurrentLimit": "25",
            "X-Sentry-Rate-Limit-ConcurrentRemaining": "24",
        }
        return used <= whole, headers


def too_often(limit: float) -> dict[str, str]:
    return {
        "detail": "You are attempting to use this endpoint too frequently. "
        f"Limit is {max(1, int(limit))} requests in 1 seconds"
    }
