"""What the stand-ins for Sentry, Slack and the mail server have in common."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from tests.sandbox.arrivals import Arrivals
from tests.sandbox.faults import Active, Fault, Faults
from tests.sandbox.prepared import Prepare, nothing

Item = TypeVar("Item")
HOST = "127.0.0.1"
# A web page anywhere can have its own name resolve to this machine, but it cannot make the browser say one of these.
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Part(Generic[Item]):
    """One stand-in on one port of the loopback interface. `arrivals` is what it is asked to wait for.

    `prepare` may be set to give some requests, or all of them, a prepared answer instead of the true one; `own_names`
    are the hosts it answers to.
    """

    def __init__(self, port: int, arrivals: Arrivals[Item]) -> None:
        self.host = HOST
        self.port = port
        self.faults = Faults()
        self.prepare: Prepare = nothing
        self.own_names = OWN_NAMES
        self.lock = threading.RLock()
        self._arrivals = arrivals

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def fault(self, fault: Fault) -> Active:
        """Misbehave from now on; the handle's `remove()` ends it."""
        return self.faults.add(fault)

    def wait_for(self, predicate: Callable[[list[Item]], object], timeout: float = 30.0) -> list[Item]:
        """A copy of what arrived, once the predicate holds of it; AssertionError listing it after `timeout` s."""
        return self._arrivals.wait_for(predicate, timeout)
