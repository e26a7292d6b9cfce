"""Exception classes recognised by their dotted names, so that no library has to be imported to be known."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

Value = TypeVar("Value")


def lineage(error_type: type) -> Iterator[str]:
    """Dotted names of a class and all its bases, the most specific first."""
    for cls in error_type.__mro__:
        yield f"{cls.__module__}.{cls.__qualname__}"


def lookup(dotted: str, table: Mapping[str, Value]) -> Value | None:
    """The entry for a dotted name or for the nearest package around it: `redis` answers for `redis.exceptions.X`."""
    while dotted:
        if dotted in table:
            return table[dotted]
        dotted = dotted.rpartition(".")[0]
    return None


def same_class(dotted: str, listed: str) -> bool:
    """Whether a class is the listed one.

    Libraries re-export classes from inner modules (`django.http.Http404` is defined in `django.http.response`), so
    the listed module may be any package around the real one. A listed name without dots is compared alone.
    """
    module, _, name = dotted.rpartition(".")
    listed_module, _, listed_name = listed.rpartition(".")
    if name != listed_name:
        return False
    return not listed_module or module == listed_module or module.startswith(f"{listed_module}.")
