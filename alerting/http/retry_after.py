"""How long a server asks to be left alone, by its own clock. Pure.

Header names are lower case; `now` is in epoch seconds.
"""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

AGREEING_CLOCKS_SECONDS = 2.0


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from a `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); None where none can be read."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", value, re.ASCII):
        return max(0.0, float(value))
    moment = _moment(value)
    return None if moment is None else max(0.0, moment - _server_now(headers, now))


def rate_limit_reset(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until `X-Sentry-Rate-Limit-Reset`, an epoch second; None where none can be read."""
    value = headers.get("x-sentry-rate-limit-reset", "").strip()
    if not re.fullmatch(r"\d{1,12}", value, re.ASCII):
        return None
    return max(0.0, float(value) - _server_now(headers, now))


def clock_lead(headers: Mapping[str, str], now: float) -> float:
    """By how many seconds our clock is ahead of the server's; 0 where it does not tell the time."""
    moment = _moment(headers.get("date", ""))
    return 0.0 if moment is None else now - moment


def _moment(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _server_now(headers: Mapping[str, str], now: float) -> float:
    """The server's clock where it differs from ours: its times mean nothing on a clock that is an hour off."""
    lead = clock_lead(headers, now)
    return now if abs(lead) <= AGREEING_CLOCKS_SECONDS else now - lead
