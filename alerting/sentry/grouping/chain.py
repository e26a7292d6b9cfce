"""The exceptions behind an event: the raised one, what it was raised from, and what the event says of each."""

from collections.abc import Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any

MAX_LINKS = 20

# Wrappers that say nothing of their own: the error they were raised during is the one to look at.
GENERIC = frozenset(
    {
        "builtins.Exception",
        "builtins.BaseException",
        "builtins.RuntimeError",
        "builtins.BaseExceptionGroup",
        "builtins.ExceptionGroup",
        "celery.exceptions.MaxRetriesExceededError",
    }
)


def raised(hint: Mapping[str, Any]) -> BaseException | None:
    """The exception object the SDK hands over beside the event, if there is one."""
    exc_info = hint.get("exc_info")
    if isinstance(exc_info, tuple) and len(exc_info) == 3 and isinstance(exc_info[1], BaseException):
        return exc_info[1]
    return None


def behind(error: BaseException) -> Iterator[BaseException]:
    """The error and what it stands for, outermost first; each member of a group with what is behind it.

    An explicit cause (`raise … from error`) always counts. The error that merely happened to be handled counts only
    behind a generic wrapper: elsewhere the new error is a different fault than the old one.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting and len(seen) < MAX_LINKS:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        generic = f"{type(current).__module__}.{type(current).__qualname__}" in GENERIC
        if isinstance(current, BaseExceptionGroup):
            waiting += reversed(current.exceptions[:MAX_LINKS])
        if current.__cause__ is not None:
            waiting.append(current.__cause__)
        elif generic and not isinstance(current, BaseExceptionGroup) and not current.__suppress_context__:
            waiting.append(current.__context__)


def frames(error: BaseException) -> list[FrameType]:
    """The frames an error passed through, the one that raised it first."""
    found: list[FrameType] = []
    step = error.__traceback__
    while step is not None:
        found.append(step.tb_frame)
        step = step.tb_next
    return found[::-1]


def last_step(error: BaseException) -> TracebackType | None:
    """The step of the traceback that raised the error."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return step


def attribute(holder: Any, name: str) -> Any:
    """An attribute of a foreign object, None where it has none or fails to tell."""
    # Properties of foreign objects run foreign code: httpx raises where no request was set.
    try:
        return getattr(holder, name, None)
    except Exception:  # noqa: BLE001
        return None


def module_of(frame: FrameType) -> str:
    """Dotted module name of a frame, empty where it has none."""
    name = frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


def event_exceptions(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the event says about its exceptions, outermost first."""
    section = event.get("exception")
    values = section.get("values") if isinstance(section, Mapping) else section
    if not isinstance(values, list):
        return []
    return [value for value in reversed(values) if isinstance(value, Mapping)]


def event_frames(exception: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The stack frames an event holds for one of its exceptions, the one that raised it first."""
    stacktrace = exception.get("stacktrace")
    values = stacktrace.get("frames") if isinstance(stacktrace, Mapping) else None
    if not isinstance(values, list):
        return []
    return [frame for frame in reversed(values) if isinstance(frame, Mapping)]
