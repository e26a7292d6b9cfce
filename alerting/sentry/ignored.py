"""Errors that are too noisy to be sent: the one place to extend, besides the `ignore_errors` option."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from alerting.sentry.grouping.chain import MAX_LINKS, event_exceptions, raised
from alerting.sentry.grouping.schemes import lineage, same_class

# Answers to visitors rather than faults. Subclasses are ignored too. A module may be the public one.
IGNORED: tuple[str, ...] = (
    "django.http.Http404",
    "rest_framework.exceptions.NotFound",
    "rest_framework.exceptions.PermissionDenied",
)


def is_ignored(event: Mapping[str, Any], hint: Mapping[str, Any], ignored: Sequence[str | type] = IGNORED) -> bool:
    """Whether the raised error is, or descends from, one of `ignored`.

    Entries are classes or names, dotted or bare. Only the error that was raised counts, not its causes; a group counts
    where all its members do. An event made by hand, without the exception object, is judged by the type and module it
    states.
    """
    error = raised(hint)
    if error is not None:
        return _is_one_of(error, ignored)
    stated = event_exceptions(event)
    if not stated:
        return False
    name = f"{stated[0].get('module') or 'builtins'}.{stated[0].get('type')}"
    return any(same_class(name, entry) for entry in ignored if isinstance(entry, str))


def _is_one_of(error: BaseException, ignored: Sequence[str | type], depth: int = 0) -> bool:
    names = tuple(lineage(type(error)))
    for entry in ignored:
        known = entry if isinstance(entry, type) else _imported(entry)
        if known is not None and isinstance(error, known):
            return True
        if isinstance(entry, str) and any(same_class(name, entry) for name in names):
            return True
    if isinstance(error, BaseExceptionGroup) and depth < MAX_LINKS:
        return all(_is_one_of(member, ignored, depth + 1) for member in error.exceptions)
    return False


def _imported(name: str) -> type | None:
    """The class of that name, where its module is imported: `socket.timeout` is another's second name."""
    module, _, own = name.rpartition(".")
    found = getattr(sys.modules.get(module or "builtins"), "__dict__", {}).get(own)
    return found if isinstance(found, type) else None
