"""A Sentry that only listens: an HTTP server on loopback that takes envelopes apart and lets tests wait for them."""

import contextlib
import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sentry_sdk.envelope import Envelope


@dataclass
class Sink:
    """What arrived, in order: (item type, parsed payload) pairs, and every body as it came."""

    dsn: str
    items: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, Any]] = field(default_factory=list)
    raw: bytes = b""
    requests: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    gate: threading.Event = field(default_factory=threading.Event)

    def of(self, kind: str) -> list[Any]:
        with self.changed:
            return [payload for item, payload in self.items if item == kind]

    def wait_for(self, kind: str, count: int = 1, seconds: float = 15) -> list[Any]:
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.of(kind)) >= count, seconds)
        assert arrived, f"waited for {count} × {kind}, got {[item for item, _ in self.items]}"
        return self.of(kind)

    def wait_for_request(self, count: int = 1, seconds: float = 15) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.requests >= count, seconds), "nobody called the sink"

    @property
    def event(self) -> Any:
        """The only event, once it has arrived."""
        (event,) = self.wait_for("event")
        return event

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """While inside, requests are accepted and read but not answered."""
        self.gate.clear()
        try:
            yield
        finally:
            self.gate.set()

    def take(self, body: bytes) -> None:
        envelope = Envelope.deserialize(body)
        with self.changed:
            self.raw += body
            self.headers.append(dict(envelope.headers))
            for item in envelope.items:
                self.items.append((item.type or "", item.payload.json or item.payload.get_bytes()))
            self.changed.notify_all()


@contextlib.contextmanager
def running_sink() -> Iterator[Sink]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with sink.changed:
                sink.requests += 1
                sink.changed.notify_all()
            sink.gate.wait()
            sink.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink = Sink(dsn=f"http://public@127.0.0.1:{server.server_address[1]}/1")
    sink.gate.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
