"""A time limit on a whole conversation: when it passes, every socket of the conversation is shut.

Socket time-outs alone limit one operation; a peer that sends a byte now and then could hold a sender past its lease.
"""

import socket
import threading
import time
from types import TracebackType
from typing import Any, Self


class Deadline:
    """Use as a context manager around one conversation; connect through it, and after an error ask `passed`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = 0.0
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        self._ends = time.monotonic() + self._seconds
        self._timer = threading.Timer(self._seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._ends

    def remaining(self) -> float:
        """Seconds left; raises TimeoutError where none are."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this conversation is over")
        return left

    def connect(self, address: tuple[str, int], timeout: Any) -> socket.socket:
        """A connected socket under this deadline.

        `timeout` (seconds, also for later reads) counts only where it is shorter than what is left.
        """
        failure: OSError | None = None
        for family, kind, protocol, _, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            left = self.remaining()
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(min(timeout, left) if isinstance(timeout, int | float) else left)
                connection.connect(place)
                self._watch(connection)
            except OSError as error:
                connection.close()
                failure = error
            else:
                return connection
        raise failure or OSError(f"{address[0]} has no address")

    def _watch(self, connection: socket.socket) -> None:
        with self._lock:
            self.remaining()
            # TLS detaches the socket it wraps, so the connection is held by a descriptor of its own.
            self._sockets.append(connection.dup())

    def _shut(self) -> None:
        with self._lock:
            for connection in self._sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
