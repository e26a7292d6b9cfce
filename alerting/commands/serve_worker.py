"""gunicorn's threads, with a time by which a request must have come whole."""

import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# gunicorn's threads read a request for as long as its sender likes: a few senders of single bytes would stop the page.
READ_SECONDS = 5


class TimedSocket(socket.socket):
    """A connection that is read until `deadline`, in seconds of the monotonic clock, and then only what has come."""

    deadline = 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read as usual; raises TimeoutError where nothing comes before the deadline."""
        before, left = self.gettimeout(), max(self.deadline - time.monotonic(), 0)
        self.settimeout(left if before is None else min(before, left))
        try:
            return super().recv(size, flags)
        except BlockingIOError:
            raise TimeoutError("the request took too long") from None
        finally:
            self.settimeout(before)


class TimedWorker(ThreadWorker):  # type: ignore[misc]
    """Counts from when a request may begin: the connection is accepted, or said something again.

    Waiting for a thread counts too, so that however many are slow, all are gone after that time; whoever sent a whole
    request meanwhile is answered.
    """

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to a thread."""
        if not isinstance(conn.sock, TimedSocket):
            conn.sock = TimedSocket(fileno=conn.sock.detach())
        conn.sock.deadline = time.monotonic() + READ_SECONDS
        super().enqueue_req(conn)
