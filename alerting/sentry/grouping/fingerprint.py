"""Decides the group of an error event, so that one fault is one issue whatever values it came with.

Sentry's own `{{ default }}` could only split the groups it makes from stack traces further; these fingerprints
replace it. An error no scheme knows keeps Sentry's grouping, and so does one the application grouped itself.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from alerting.sentry.grouping.chain import Fault, faults_of
from alerting.sentry.grouping.schemes import LIBRARIES, Scheme, scheme_of
from alerting.sentry.grouping.service import service_of
from alerting.sentry.grouping.statement import query_kind

# The key of the SDK's hint that carries the status of an HTTP answer reported without an exception.
STATUS_HINT = "http_status"

# Where no host is known, these packages are the service: each speaks to one vendor only.
_VENDORS = frozenset({"stripe", "twilio", "sendgrid", "slack_sdk", "openai", "anthropic", "braintree", "github"})
# Ids in a raw path, where no route pattern is known: numbers and what is made of them, UUIDs, hex digests, long tokens
# with a digit, names with a number (ORD-1234), and addresses, which must not leave at all.
_ID_SEGMENT = re.compile(
    r"\d+|\+?[\d-]{7,}|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f-]{32,36}|(?=[^/]*\d)[0-9a-f]{8,}"
    r"|(?=[^/]*\d)[\w.~=:-]{20,}|(?=(?:[^\d/]*\d){3})[\w.~-]{5,}|[^/<{@]+(?:@|%40)[^/]*",
    re.IGNORECASE,
)


def fingerprint(event: Mapping[str, Any], hint: Mapping[str, Any]) -> list[str] | None:
    """The fingerprint for an event, or None to leave its grouping as it is.

    The first part names the scheme and its version, the second what the scheme groups by. Must see the event before
    it is scrubbed: a statement's table or a URL's host may be part of a text that scrubbing shortens.
    """
    if event.get("fingerprint") or event.get("type") in ("transaction", "check_in"):
        return None
    if (status := hint.get(STATUS_HINT)) is not None:
        return [Scheme.HTTP_STATUS.value, str(status), endpoint_of(event)]
    faults = faults_of(event, hint)
    schemes = [scheme_of(fault.names) for fault in faults]
    if Scheme.TIME_LIMIT in schemes:
        # It interrupts any line, also inside a library that wraps it: the fault is the task that takes too long.
        return [Scheme.TIME_LIMIT.value, "SoftTimeLimitExceeded", endpoint_of(event) or _function_of(faults, event)]
    for position, scheme in enumerate(schemes):
        if scheme:
            key = _key(scheme, faults[position:], event)
            return [scheme.value, key] if key else None
    return None


def _key(scheme: Scheme, faults: Sequence[Fault], event: Mapping[str, Any]) -> str:
    """What errors of the scheme are grouped by; the first of these is the one it belongs to."""
    match scheme:
        case Scheme.DATABASE:
            return query_kind(faults, event) or _function_of(faults, event)
        case Scheme.EXTERNAL:
            # Python's own ConnectionError or TimeoutError may be about anything; with a host it is about a service.
            package = faults[0].names[0].partition(".")[0].replace("builtins", "")
            known = service_of(faults, event, package) or (package if package in _VENDORS else "")
            return known or (f"{package} in {_function_of(faults, event)}" if package else "")
        case Scheme.RATE_LIMIT:
            return endpoint_of(event) or _function_of(faults, event)
    return _function_of(faults, event)


def _function_of(faults: Sequence[Fault], event: Mapping[str, Any]) -> str:
    """Dotted name of the application's function that raised, else its endpoint; empty where neither is known.

    Validation happens inside libraries; the frame that names the problem is the application's nearest one.
    """
    for found in (fault.stated_frames for fault in faults):
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
