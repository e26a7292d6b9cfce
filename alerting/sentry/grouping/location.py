"""Where in the application an event happened: the function, or the endpoint."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from alerting.sentry.grouping.chain import event_frames
from alerting.sentry.grouping.schemes import LIBRARIES

# Ids in a raw path, where no route pattern is known: numbers and what is made of them, UUIDs, hex digests, long tokens
# with a digit, names with a number (ORD-1234), and addresses, which must not leave at all.
_ID_SEGMENT = re.compile(
    r"\d+|\+?[\d-]{7,}|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f-]{32,36}|(?=[^/]*\d)[0-9a-f]{8,}"
    r"|(?=[^/]*\d)[\w.~=:-]{20,}|(?=(?:[^\d/]*\d){3})[\w.~-]{5,}|[^/<{@]+(?:@|%40)[^/]*",
    re.IGNORECASE,
)


def function_of(stated: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> str:
    """Dotted name of the application's function that raised, else its endpoint; empty where neither is known.

    Validation happens inside libraries; the frame that names the problem is the application's nearest one.
    """
    for exception in stated:
        found = event_frames(exception)
        own = [frame for frame in found if frame.get("in_app") is True]
        likely = [frame for frame in found if frame.get("in_app") is not False]
        # An application installed as a package has no frame that the SDK takes for its own.
        unknown = [frame for frame in found if str(frame.get("module")).partition(".")[0] not in LIBRARIES]
        for frame in (own or likely or unknown or found)[:1]:
            place = frame.get("module") or frame.get("filename")
            return ".".join(str(part) for part in (place, frame.get("function")) if part)
    return endpoint_of(event)


def endpoint_of(event: Mapping[str, Any]) -> str:
    """The route pattern or task the event happened in, else the request's path with its ids blanked."""
    transaction = event.get("transaction")
    if isinstance(transaction, str) and transaction:
        return _without_ids(transaction)
    request = event.get("request")
    url = request.get("url") if isinstance(request, Mapping) else None
    try:
        return _without_ids(urlsplit(url).path) if isinstance(url, str) else ""
    except ValueError:
        return ""


def _without_ids(path: str) -> str:
    path = path.partition("?")[0][:2_000]
    if "/" not in path:  # the name of a task or of a view
        return path
    return "/".join("{id}" if _ID_SEGMENT.fullmatch(segment) else segment for segment in path.split("/"))
