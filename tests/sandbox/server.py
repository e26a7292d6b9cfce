"""All stand-ins in one asyncio thread on real loopback sockets."""

import asyncio
import logging
import socket
import threading
from types import TracebackType

import uvicorn

from tests.sandbox import front, ingest, mail, page, sentry_api, slack
from tests.sandbox.front import CuttableProtocol, Front
from tests.sandbox.mail import MailPart
from tests.sandbox.part import HOST
from tests.sandbox.sentry import SentryPart
from tests.sandbox.slack import SlackPart

START_SECONDS = 10.0
STOP_SECONDS = 10.0
GRACE_SECONDS = 1.0
# Longer than any poll interval: a connection that is closed while the next request is on its way fails that request.
KEEP_ALIVE_SECONDS = 600
logger = logging.getLogger(__name__)


class Sandbox:
    """Sentry, Slack and a mail server for tests and the quick start: `with Sandbox() as sandbox: …`.

    Ports given as 0 are chosen when it first starts and kept when it is stopped and started again; so is what
    arrived. Every member may be used from any thread.
    """

    def __init__(self, sentry_port: int = 0, slack_port: int = 0, smtp_port: int = 0) -> None:
        self.sentry = SentryPart(sentry_port)
        self.slack = SlackPart(slack_port)
        self.mail = MailPart(smtp_port)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def start(self) -> None:
        """Listen. Raises OSError where a port is taken."""
        sockets: list[socket.socket] = []
        for part in (self.sentry, self.slack, self.mail):
            try:
                listener = _listener(part.port)
            except OSError as error:
                for opened in sockets:
                    opened.close()
                raise OSError(error.errno, f"cannot listen on {HOST}:{part.port}: {error.strerror}") from None
            part.port = listener.getsockname()[1]
            sockets.append(listener)
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(sockets, ready)), name="sandbox", daemon=True
        )
        self._thread.start()
        if not ready.wait(START_SECONDS):
            raise TimeoutError(f"the sandbox was not ready within {START_SECONDS:g} s")

    def stop(self) -> None:
        """Close every connection and port, hung ones too."""
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None or self._stop is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(STOP_SECONDS)

    def __enter__(self) -> "Sandbox":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _run(self, sockets: list[socket.socket], ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        closing = asyncio.Event()
        on_sentry, on_slack, on_mail = sockets
        beside = [ingest.route(self.sentry), *page.routes(self.sentry, self.slack, self.mail)]
        fronts = [
            Front(sentry_api.application(self.sentry, beside), self.sentry, sentry_api.stand_in_body),
            Front(slack.application(self.slack), self.slack, slack.stand_in_body),
        ]
        servers = [_Http(each) for each in fronts]
        serving = [
            asyncio.create_task(servers[0].serve([on_sentry])),
            asyncio.create_task(servers[1].serve([on_slack])),
        ]
        smtp = await self._loop.create_server(mail.protocol(self.mail, closing), sock=on_mail)
        for server in servers:
            await server.began.wait()
        ready.set()
        await self._stop.wait()
        closing.set()
        smtp.close()
        for each, server in zip(fronts, servers, strict=True):
            each.closing.set()
            server.ended.set()
        await asyncio.gather(*serving)


def _listener(port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is; else each answer, sent as
    # head and body, waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(256)
    except OSError:
        listener.close()
        raise
    return listener


class _Http(uvicorn.Server):
    """A uvicorn server that says when it has begun, inside a loop that is not its own."""

    def __init__(self, app: front.Front) -> None:
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
        self.began, self.ended = asyncio.Event(), asyncio.Event()

    # uvicorn looks for the end ten times a second, and sleeps as long again in its shutdown: every test would wait.

    async def main_loop(self) -> None:
        await self.ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE_SECONDS)
        await asyncio.sleep(0)  # so that what was closed is gone

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.began.set()
