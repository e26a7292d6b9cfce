"""Errors that are too noisy to be sent: the one place to extend, besides the `ignore_errors` option."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from alerting.sentry.grouping.chain import faults_of, lineage, raised

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
    return any(_is_named(fault.names, entry) for fault in faults_of(event, hint)[:1] for entry in ignored)


def _is_one_of(error: BaseException, ignored: Sequence[str | type]) -> bool:
    names = tuple(lineage(type(error)))
    if any(_is_named(names, entry) or isinstance(error, _class_of(entry)) for entry in ignored):
        return True
    return isinstance(error, BaseExceptionGroup) and all(_is_one_of(member, ignored) for member in error.exceptions)


def _is_named(names: Sequence[str], entry: str | type) -> bool:
    """Whether one of the dotted names is the listed one, whose module may be any package around the real one.

    `django.http.Http404` is defined in `django.http.response`. A listed name without dots is compared alone.
    """
    if not isinstance(entry, str):
        return False
    listed_module, _, listed = entry.rpartition(".")
    modules = [name.rpartition(".")[0] for name in names if name.endswith(f".{listed}")]
    return any(not listed_module or f"{module}.".startswith(f"{listed_module}.") for module in modules)


def _class_of(entry: str | type) -> type | tuple[()]:
    """The listed class, where its module is imported: `socket.timeout` is another's second name."""
    if isinstance(entry, type):
        return entry
    module, _, own = entry.rpartition(".")
    found = getattr(sys.modules.get(module or "builtins"), "__dict__", {}).get(own)
    return found if isinstance(found, type) else ()
