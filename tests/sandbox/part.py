"""What the stand-ins for Sentry, Slack and the mail server have in common."""

from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

from tests.sandbox.arrivals import Arrivals
from tests.sandbox.faults import Active, Fault, Faults
from tests.sandbox.prepared import Prepare, nothing
from tests.sandbox.records import RecordedRequest

Item = TypeVar("Item")
HOST = "127.0.0.1"
# A web page anywhere can have its own name resolve to this machine, but it cannot make the browser say one of these.
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Part(Generic[Item]):
    """One stand-in on one port of the loopback interface. `arrivals` is what it is asked to wait for."""

    def __init__(self, arrivals: Arrivals[Item]) -> None:
        self.host = HOST
        self.port = 0
        self.faults = Faults()
        self._arrivals = arrivals

    def fault(self, fault: Fault) -> Active:
        """Misbehave from now on; the handle's `remove()` ends it."""
        return self.faults.add(fault)

    def wait_for(self, predicate: Callable[[list[Item]], object], timeout: float = 30.0) -> list[Item]:
        """A copy of what arrived, once the predicate holds of it; AssertionError listing it after `timeout` s."""
        return self._arrivals.wait_for(predicate, timeout)


class WebPart(Part[Item]):
    """A stand-in that speaks HTTP, and takes bodies of at most `most_bytes`.

    `prepare` may be set to give some requests, or all of them, a prepared answer instead of the true one; `own_names`
    are the hosts it answers to, `clock` is the server's own, as its Date header tells it.
    """

    most_bytes: int

    def __init__(self, arrivals: Arrivals[Item]) -> None:
        super().__init__(arrivals)
        self.prepare: Prepare = nothing
        self.own_names = OWN_NAMES
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    @abstractmethod
    def note(self, request: RecordedRequest) -> None:
        """Record a request as it arrives."""
