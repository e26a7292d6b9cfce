"""What a reply says: its JSON, its error text, the next page's cursor, its limits. Pure."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from alerting.errors import SourceError, SourceFault
from alerting.http.exchange import Reply
from alerting.http.retry_after import rate_limit_reset, retry_after
from alerting.poll.budget import Seen

# 4,000 for each of 100 rows; as objects they take some 40 MB at the worst.
MOST_ELEMENTS = 400_000
DETAIL_LENGTH = 200
CURSOR_LENGTH = 200
CONCURRENCY_PAUSE_SECONDS = 1.0
DEFAULT_PAUSE_SECONDS = 10.0
# A reset that is over by our clock may not be by the server's: three tries at once would all be refused.
SHORTEST_PAUSE_SECONDS = 0.5
EXPENSIVE_PAUSE_SECONDS = 30.0

# Attributes alone are looked for: where a URL ends cannot be told by its `>`, which it may hold itself.
_ATTRIBUTE = r';\s*(?:[\w*-]+)\s*=\s*(?:"[^"]*"|[^\s"<>,;]+)'
_ATTRIBUTES = re.compile(rf"{_ATTRIBUTE}(?:\s*{_ATTRIBUTE})*")
_PAIR = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s"<>,;]+))')
_SPEAKS_OF_NEXT = re.compile(r"\brel\s*=\s*[\"']?next\b", re.IGNORECASE)
_WINDOW = re.compile(r"Limit is (\d{1,6}) requests in (\d{1,6}) seconds")


# How many rows of a page were new, and whether the next page is wanted.
Taken = tuple[int, bool]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of JSON. `cursor` asks for the next one; empty on the last. `linked`: the reply said which it was."""

    data: Any
    cursor: str = ""
    linked: bool = True


def page(reply: Reply, endpoint: str) -> Page:
    """The reply's JSON; raises SourceError GARBLED where it is none, or names a next page without saying how to ask."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        problem = f"it is {kind or 'of no declared type'}, not JSON; is SENTRY_URL the address of a Sentry?"
        raise SourceError(SourceFault.GARBLED, str(garbled(endpoint, problem)), no_path=True)
    if _elements(reply.body) > MOST_ELEMENTS:
        said = f"Sentry's answer to {endpoint} holds more than a page of 100 rows can; not read."
        raise SourceError(SourceFault.TOO_LARGE, said)
    try:
        data = json.loads(reply.body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        size = "1 byte is" if len(reply.body) == 1 else f"{len(reply.body)} bytes are"
        raise garbled(endpoint, f"its {size} not whole JSON.") from None
    following = _next(reply.headers.get("link", ""), endpoint)
    return Page(data, following or "", following is not None)


def _elements(body: bytes) -> int:
    """At least how many objects the JSON would become, told without making them (in strings such signs count too)."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def garbled(endpoint: str, why: str) -> SourceError:
    return SourceError(SourceFault.GARBLED, f"Sentry's answer to {endpoint} cannot be understood: {why}")


def detail(reply: Reply) -> str:
    """The server's own words about a failure, on one line; empty where it sent none (or a web page)."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        kind = reply.headers.get("content-type", "")
        found = reply.text if kind.startswith("text/plain") else ""
    if isinstance(found, dict):
        found = found.get("detail", found.get("info", found.get("error", "")))
    if isinstance(found, dict):
        found = found.get("message") or found.get("code") or json.dumps(found)
    elif isinstance(found, list):
        found = "; ".join(_complaint(each) for each in found)
    return _one_line(found) if isinstance(found, str) else ""


def _complaint(item: Any) -> str:
    """One of a list of complaints; pydantic's, as GlitchTip sends them, name a parameter and say what it should be."""
    if not isinstance(item, dict) or not isinstance(item.get("msg"), str):
        return item if isinstance(item, str) else json.dumps(item)
    place = item.get("loc")
    return f"{place[-1]}: {item['msg']}" if isinstance(place, list) and place else str(item["msg"])


def seen(reply: Reply, now: float) -> Seen:
    """What the reply's headers, and a 429's body, say about limits. `now` is epoch seconds."""
    headers = reply.headers
    text = detail(reply) if reply.status == 429 else ""
    spoken = _WINDOW.search(text)
    reset_in = rate_limit_reset(headers, now)
    return Seen(
        answered=reply.status < 500,
        limit=_whole(headers.get("x-sentry-rate-limit-limit")) or (int(spoken[1]) if spoken else None),
        window=float(spoken[2]) if spoken else None,
        remaining=_whole(headers.get("x-sentry-rate-limit-remaining")),
        reset_in=reset_in,
        concurrent=_whole(headers.get("x-sentry-rate-limit-concurrentlimit")),
        block_for=_pause(reply, text, reset_in, now) if reply.status == 429 else 0.0,
    )


def _pause(reply: Reply, text: str, reset_in: float | None, now: float) -> float:
    """How long to leave an endpoint alone after a 429. The middleware sends no Retry-After; a proxy may."""
    wished = retry_after(reply.headers, now)
    if wished is not None:
        return wished
    if "concurrency" in text.lower():
        return CONCURRENCY_PAUSE_SECONDS
    if "smaller date range" in text.lower():
        return EXPENSIVE_PAUSE_SECONDS
    return DEFAULT_PAUSE_SECONDS if reset_in is None else max(reset_in, SHORTEST_PAUSE_SECONDS)


def _next(link: str, endpoint: str) -> str | None:
    """The `cursor` of rel="next" while it has results="true", else empty; None where the header knows no next page.

    Its URL is never looked at: it may be another host, and may hold anything.
    """
    for attributes in _ATTRIBUTES.findall(link):
        found = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(attributes)}
        if found.get("rel") != "next":
            continue
        if found.get("results", "false") == "false":
            return ""
        cursor: str = found.get("cursor", "")
        if not cursor or len(cursor) > CURSOR_LENGTH:
            raise garbled(endpoint, "it has a next page but no cursor to ask for it.")
        return cursor
    if _SPEAKS_OF_NEXT.search(link):
        raise garbled(endpoint, "its Link header speaks of a next page in a way that cannot be read.")
    return None


def _whole(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"\d{1,12}", value.strip()) else None


def _one_line(text: str) -> str:
    clean = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(clean.split())[:DETAIL_LENGTH].rstrip(".")


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def number(value: object) -> float | None:
    """A finite number that is not negative; None for anything else, booleans and texts included."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return float(value)
