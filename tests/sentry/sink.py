"""What SDKs send to the sandbox's Sentry, by the kinds of its items, and ways to wait for it."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from tests.sandbox import Fault, Sandbox
from tests.sandbox.sentry import SentryPart


class Sink:
    """Where to send to (`dsn`; its server is at `url`), and what arrived, in order."""

    def __init__(self, sentry: SentryPart) -> None:
        self._sentry = sentry
        self.dsn = sentry.dsn("shop")
        self.url = sentry.url

    def of(self, kind: str) -> list[Any]:
        """The payloads of one type of item, parsed where they are JSON."""
        return [item.payload for item in list(self._sentry.events) if item.type == kind]

    def wait_for(self, kind: str, count: int = 1, seconds: float = 15) -> list[Any]:
        self._sentry.events.wait_for(lambda _: len(self.of(kind)) >= count, seconds)
        return self.of(kind)

    @property
    def event(self) -> Any:
        """The only event, once it has arrived."""
        (event,) = self.wait_for("event")
        return event

    @property
    def raw(self) -> bytes:
        """Every envelope as it came, unpacked."""
        return b"".join(self._sentry.envelopes)

    @contextlib.contextmanager
    def hanging(self) -> Iterator[threading.Event]:
        """While inside, requests are accepted and read but not answered; the event is set once there is one."""
        asked, goes_on = threading.Event(), threading.Event()

        def hold_up(_: object) -> bool:
            asked.set()
            goes_on.wait()
            return False

        fault = self._sentry.fault(Fault(match=hold_up))
        try:
            yield asked
        finally:
            goes_on.set()
            fault.remove()


@contextlib.contextmanager
def running_sink() -> Iterator[Sink]:
    with Sandbox() as sandbox:
        yield Sink(sandbox.sentry)
