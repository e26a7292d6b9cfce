"""Decides the group of an error event, so that one fault is one issue whatever values it came with.

Sentry's own `{{ default }}` could only split the groups it makes from stack traces further; these fingerprints
replace it. An error no scheme knows keeps Sentry's grouping, and so does one the application grouped itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from alerting.sentry.grouping.chain import behind, event_exceptions, raised
from alerting.sentry.grouping.host import service_of
from alerting.sentry.grouping.location import endpoint_of, function_of
from alerting.sentry.grouping.schemes import STATUS_HINT, Scheme, scheme_of, scheme_of_stated
from alerting.sentry.grouping.statement import query_kind

# Where no host is known, these packages are the service: each speaks to one vendor only.
_VENDORS = frozenset({"stripe", "twilio", "sendgrid", "slack_sdk", "openai", "anthropic", "braintree", "github"})


def fingerprint(event: Mapping[str, Any], hint: Mapping[str, Any]) -> list[str] | None:
    """The fingerprint for an event, or None to leave its grouping as it is.

    The first part names the scheme and its version, the second what the scheme groups by. Must see the event before
    it is scrubbed: a statement's table or a URL's host may be part of a text that scrubbing shortens.
    """
    if event.get("fingerprint") or event.get("type") in ("transaction", "check_in"):
        return None
    if (status := hint.get(STATUS_HINT)) is not None:
        return [Scheme.HTTP_STATUS.value, str(status), endpoint_of(event)]
    stated = event_exceptions(event)
    error = raised(hint)
    if error is None:
        return _by_stated_names(stated, event)
    links = list(behind(error))
    schemes = [scheme_of(type(link)) for link in links]
    if Scheme.TIME_LIMIT in schemes:
        # It interrupts any line, also inside a library that wraps it: the fault is the task that takes too long.
        return [Scheme.TIME_LIMIT.value, "SoftTimeLimitExceeded", endpoint_of(event) or function_of(stated, event)]
    for link, scheme in zip(links, schemes, strict=True):
        if scheme:
            return _apply(scheme, list(behind(link)), _matching(stated, link), event, type(link).__module__)
    return None


def _by_stated_names(stated: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> list[str] | None:
    for position, exception in enumerate(stated):
        module, name = str(exception.get("module") or ""), str(exception.get("type") or "")
        if scheme := scheme_of_stated(module, name):
            return _apply(scheme, (), stated[position:], event, module)
    return None


def _apply(
    scheme: Scheme,
    errors: Sequence[BaseException],
    stated: Sequence[Mapping[str, Any]],
    event: Mapping[str, Any],
    module: str,
) -> list[str] | None:
    match scheme:
        case Scheme.DATABASE:
            key = query_kind(errors, stated, event) or function_of(stated, event)
        case Scheme.EXTERNAL:
            # Python's own ConnectionError or TimeoutError may be about anything; with a host it is about a service.
            package = module.partition(".")[0].replace("builtins", "")
            key = service_of(errors, stated, event, package)
            if not key and package:
                key = package if package in _VENDORS else f"{package} in {function_of(stated, event)}"
        case Scheme.RATE_LIMIT:
            key = endpoint_of(event) or function_of(stated, event)
        case _:
            key = function_of(stated, event)
    return [scheme.value, key] if key else None


def _matching(stated: Sequence[Mapping[str, Any]], error: BaseException) -> Sequence[Mapping[str, Any]]:
    """What the event says from this error inwards; all of it where the error cannot be told apart."""
    for position, exception in enumerate(stated):
        if exception.get("type") in (type(error).__name__, type(error).__qualname__):
            return stated[position:]
    return stated
