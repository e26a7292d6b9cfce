"""Errors that are too noisy to be sent: the one place to extend, besides the `ignore_errors` option."""

from collections.abc import Mapping, Sequence
from typing import Any

from alerting.sentry.chain import event_exceptions, raised
from alerting.sentry.names import lineage, same_class

# Answers to visitors rather than faults. Subclasses are ignored too. A module may be the public one.
IGNORED: tuple[str, ...] = (
    "django.http.Http404",
    "rest_framework.exceptions.NotFound",
    "rest_framework.exceptions.PermissionDenied",
)


def is_ignored(event: Mapping[str, Any], hint: Mapping[str, Any], ignored: Sequence[str | type] = IGNORED) -> bool:
    """Whether the raised error is, or descends from, one of `ignored`.

    Entries are classes or names, dotted or bare. Only the error that was raised counts, not its causes. An event made
    by hand, without the exception object, is judged by the type and module it states.
    """
    error = raised(hint)
    if error is not None:
        names = tuple(lineage(type(error)))
        return any(
            isinstance(error, entry) if isinstance(entry, type) else any(same_class(name, entry) for name in names)
            for entry in ignored
        )
    stated = event_exceptions(event)
    if not stated:
        return False
    name = f"{stated[0].get('module') or 'builtins'}.{stated[0].get('type')}"
    return any(same_class(name, entry) for entry in ignored if isinstance(entry, str))
