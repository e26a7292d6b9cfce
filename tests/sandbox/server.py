"""All stand-ins in one asyncio thread on real loopback sockets."""

import asyncio
import socket
import threading
from typing import Any

import uvicorn

from tests.sandbox import ingest, mail, page, sentry_api, slack
from tests.sandbox.front import CuttableProtocol, Front
from tests.sandbox.mail import MailPart
from tests.sandbox.part import HOST, Part
from tests.sandbox.sentry import SentryPart
from tests.sandbox.slack import SlackPart

START_SECONDS = 10.0
STOP_SECONDS = 10.0
GRACE_SECONDS = 1.0
# Longer than any poll interval: a connection that is closed while the next request is on its way fails that request.
KEEP_ALIVE_SECONDS = 600


class Sandbox:
    """Sentry, Slack and a mail server for tests and the quick start: `with Sandbox() as sandbox: …`.

    Every member may be used from any thread.
    """

    def __init__(self) -> None:
        self.sentry = SentryPart()
        self.slack = SlackPart()
        self.mail = MailPart()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()

    def start(self) -> None:
        """Listen, each on a port of its own."""
        sockets = [_listen(part) for part in (self.sentry, self.slack, self.mail)]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(sockets, ready)), name="sandbox", daemon=True
        )
        self._thread.start()
        if not ready.wait(START_SECONDS):
            raise TimeoutError(f"the sandbox was not ready within {START_SECONDS:g} s")

    def stop(self) -> None:
        """Close every connection and port, hung ones too."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(STOP_SECONDS)

    def __enter__(self) -> "Sandbox":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _run(self, sockets: list[socket.socket], ready: threading.Event) -> None:
        self._loop, closing = asyncio.get_running_loop(), self._closing
        beside = [ingest.route(self.sentry), *page.routes(self.sentry, self.slack, self.mail)]
        servers = [
            _Http(Front(sentry_api.application(self.sentry, beside), self.sentry, sentry_api.stand_in_body, closing)),
            _Http(Front(slack.application(self.slack), self.slack, slack.stand_in_body, closing)),
        ]
        on_sentry, on_slack, on_mail = sockets
        await servers[0].begin(on_sentry)
        await servers[1].begin(on_slack)
        smtp = await self._loop.create_server(mail.protocol(self.mail, closing), sock=on_mail)
        ready.set()
        await closing.wait()
        smtp.close()
        for server in servers:
            await server.shutdown()


def _listen(part: Part[Any]) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is; else each answer, sent as
    # head and body, waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind((HOST, 0))
    listener.listen(256)
    part.port = listener.getsockname()[1]
    return listener


class _Http(uvicorn.Server):
    """A uvicorn server inside a loop that is not its own, which says when it begins and ends."""

    def __init__(self, app: Front) -> None:
        config = uvicorn.Config(
            app,
            http=CuttableProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        super().__init__(config)

    async def begin(self, listener: socket.socket) -> None:
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup([listener])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which sleeps a tenth of a second in it: every test would wait."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE_SECONDS)
        await asyncio.sleep(0)  # so that what was closed is gone
