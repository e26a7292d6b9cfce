"""The exceptions behind an event: the raised one and what it stands for, with what the event says of each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from traceback import walk_tb
from typing import Any, NamedTuple

_MAX_LINKS = 20
_MAX_CHARS = 20_000

# Wrappers that say nothing of their own: the error they were raised during is the one to look at.
_GENERIC = frozenset(
    """
    builtins.Exception builtins.BaseException builtins.RuntimeError builtins.ExceptionGroup builtins.BaseExceptionGroup
    celery.exceptions.MaxRetriesExceededError
    """.split()
)


class Frame(NamedTuple):
    """A frame the exception passed through; its variables are values, or what the event shows of them."""

    module: str
    variables: Mapping[str, Any]
    function: str


@dataclass(frozen=True)
class Fault:
    """One exception of a chain. An event that was made by hand has no `error`."""

    names: tuple[str, ...]
    """Dotted names of its class and all its bases, the most specific first; without `error` the stated one only."""
    stated: Mapping[str, Any]
    """What the event says of it, empty where it says nothing."""
    error: BaseException | None = None

    @property
    def text(self) -> str:
        return str(self.stated.get("value") or "")[:_MAX_CHARS]

    @cached_property
    def frames(self) -> list[Frame]:
        """The frames, the one that raised first."""
        if self.error is not None:
            passed = [frame for frame, _ in walk_tb(self.error.__traceback__)][::-1]
            return [Frame(str(one.f_globals.get("__name__")), one.f_locals, one.f_code.co_name) for one in passed]
        stated = [(one, one.get("vars")) for one in self.stated_frames]
        return [
            Frame(str(one.get("module")), held if isinstance(held, Mapping) else {}, str(one.get("function")))
            for one, held in stated
        ]

    @property
    def stated_frames(self) -> list[Mapping[str, Any]]:
        """What the event says of the frames, the one that raised first."""
        stacktrace = self.stated.get("stacktrace")
        return _mappings(stacktrace.get("frames") if isinstance(stacktrace, Mapping) else None)


def faults_of(event: Mapping[str, Any], hint: Mapping[str, Any]) -> list[Fault]:
    """The raised exception and what it stands for, outermost first."""
    section = event.get("exception")
    stated = _mappings(section.get("values") if isinstance(section, Mapping) else section)
    error = raised(hint)
    if error is None:
        return [Fault((f"{one.get('module') or 'builtins'}.{one.get('type')}",), one) for one in stated]
    faults = []
    for link in _behind(error):
        kind = type(link)
        said = next((one for one in stated if one.get("type") in (kind.__name__, kind.__qualname__)), {})
        stated = [one for one in stated if one is not said]
        faults.append(Fault(tuple(lineage(kind)), said, link))
    return faults


def raised(hint: Mapping[str, Any]) -> BaseException | None:
    """The exception object the SDK hands over beside the event, if there is one."""
    exc_info = hint.get("exc_info")
    if isinstance(exc_info, tuple) and len(exc_info) == 3 and isinstance(exc_info[1], BaseException):
        return exc_info[1]
    return None


def lineage(error_type: type) -> Iterator[str]:
    """Dotted names of a class and all its bases, the most specific first."""
    return (f"{cls.__module__}.{cls.__qualname__}" for cls in error_type.__mro__)


def held_at(holder: Any, path: str) -> Any:
    """What a foreign object or mapping holds at a dotted path, None where it has nothing there or fails to tell."""
    for name in path.split("."):
        # Properties of foreign objects run foreign code: httpx raises where no request was set.
        try:
            holder = holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)
        except Exception:  # noqa: BLE001
            return None
    return holder


def first(found: Iterable[str | None]) -> str:
    """The first that is not empty."""
    return next((one for one in found if one), "")


def last_breadcrumb(event: Mapping[str, Any], name: str, value: str) -> Mapping[str, Any]:
    """The last breadcrumb whose `name` is `value`."""
    crumbs = event.get("breadcrumbs")
    held = _mappings(crumbs.get("values") if isinstance(crumbs, Mapping) else crumbs)
    return next((crumb for crumb in held if crumb.get(name) == value), {})


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The error and what it stands for; each member of a group with what is behind it.

    An explicit cause (`raise … from error`) always counts. The error that merely happened to be handled counts only
    behind a generic wrapper: elsewhere the new error is a different fault than the old one.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting and len(seen) < _MAX_LINKS:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting += reversed(current.exceptions[:_MAX_LINKS])
        if current.__cause__ is not None:
            waiting.append(current.__cause__)
        elif not current.__suppress_context__ and next(lineage(type(current))) in _GENERIC:
            waiting.append(current.__context__)


def _mappings(values: Any) -> list[Mapping[str, Any]]:
    """The mappings of a list, the last first; empty for anything else."""
    return [one for one in reversed(values) if isinstance(one, Mapping)] if isinstance(values, list) else []
