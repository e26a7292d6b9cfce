"""What a stand-in can be told to do wrong."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.sandbox.records import RecordedRequest

Body = str | bytes | Callable[[bytes], bytes | Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour.

    Over HTTP it applies to requests whose `path?query` contains `match` (or for which `match` says yes). With a
    `status` the request is not handled, only answered; with just `headers` or a `body` the true answer is changed
    (a `body` that is a function gets the true one). `drop` cuts the connection "before" the request is handled,
    "middle": half-way through the answer, "after": handled but not answered. `hang` never answers (with `drop` "after":
    it handles the request first), `raw` is written to the socket instead of an answer, `drip` sends a byte at a time,
    `delay` waits so many seconds first and combines with the rest.

    Over SMTP `stage` is "connect", "auth", "rcpt" or "data", `reply` what is said there ("451 later"),
    `recipient` narrows it to one address.

    `times` limits how often it happens.
    """

    match: str | Callable[[RecordedRequest], object] | None = None
    status: int | None = None
    body: Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    delay: float = 0.0
    drop: Literal["before", "middle", "after"] | None = None
    hang: bool = False
    raw: bytes | None = None
    drip: bool = False
    times: int | None = None
    stage: str = ""
    reply: str = ""
    recipient: str = ""

    def applies_to(self, request: RecordedRequest) -> bool:
        if self.match is None or isinstance(self.match, str):
            return (self.match or "") in request.target
        return bool(self.match(request))


class Active:
    """A fault in force."""

    def __init__(self, fault: Fault, owner: "Faults") -> None:
        self.fault = fault
        self.happened = 0
        self._owner = owner

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.happened >= self.fault.times

    def remove(self) -> None:
        """Behave again."""
        self._owner.remove(self)


class Faults:
    """The faults of one stand-in. Where several apply, the newest happens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[Active] = []

    def add(self, fault: Fault) -> Active:
        active = Active(fault, self)
        with self._lock:
            self._active.append(active)
        return active

    def remove(self, active: Active) -> None:
        with self._lock:
            self._active = [each for each in self._active if each is not active]

    def clear(self) -> None:
        with self._lock:
            self._active.clear()

    def take(self, applies: Callable[[Fault], object]) -> Fault | None:
        """The newest fault for which `applies` holds, counted as having happened once more."""
        with self._lock:
            for active in reversed(self._active):
                if not active.spent and applies(active.fault):
                    active.happened += 1
                    return active.fault
        return None


def truncated(body: bytes) -> bytes:
    """For `Fault(body=truncated)`: the first half of the true answer, correctly framed."""
    return body[: len(body) // 2]


def swollen(megabytes: int) -> Callable[[bytes], Iterator[bytes]]:
    """For `Fault(body=swollen(100))`: valid JSON of that size, made while it is sent."""

    def grow(_body: bytes) -> Iterator[bytes]:
        yield b'{"data":[],"meta":{"padding":"'
        for _ in range(16 * megabytes):
            yield b"x" * 65_536
        yield b'"}}'

    return grow
