"""Who may ask the stand-in for Sentry, and how often."""

import time
from collections import Counter
from collections.abc import Collection

from starlette.exceptions import HTTPException

from tests.sandbox.params import FORBIDDEN

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="api"'}

# Any of the listed scopes is enough.
READ_ORG = ("org:read", "org:write", "org:admin")
READ_EVENTS = ("event:read", "event:write", "event:admin")
READ_PROJECT = ("project:read", "project:write", "project:admin")


def check(authorization: str | None, tokens: Collection[str]) -> None:
    """Raise the 401 that fits unless the request comes with one of the tokens."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise HTTPException(401, "Authentication credentials were not provided.", CHALLENGE)
    if token not in tokens:
        raise HTTPException(401, "Invalid token", CHALLENGE)


def require(scopes: Collection[str], *enough: str) -> None:
    """Raise the 403 unless one that is enough is among the scopes, or none is needed."""
    if enough and not set(enough).intersection(scopes):
        raise HTTPException(403, FORBIDDEN)


class Meter:
    """Fixed windows of one second for each caller and endpoint, on the real clock as the headers name it."""

    def __init__(self) -> None:
        self._second = 0
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, who: str, endpoint: str, limit: float) -> tuple[bool, dict[str, str]]:
        """Count one request: whether it is allowed, and the headers that tell."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._counts.clear()
        self._counts[who, endpoint] += 1
        used, whole = self._counts[who, endpoint], max(1, int(limit))
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
