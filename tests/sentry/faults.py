"""Errors for the grouping tests to fail with, also those of libraries that are not installed here."""

import socket
from collections.abc import Callable


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def foreign(module: str, *names: str) -> type[Exception]:
    """A class as a library that is not installed here would define it, its bases first."""
    made: type[Exception] = Exception
    for name in names:
        made = type(name, (made,), {"__module__": module})
    return made
