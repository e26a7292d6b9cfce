"""The outermost layer of an HTTP stand-in: records requests and commits faults on the real socket."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.sandbox.faults import Fault
from tests.sandbox.part import WebPart
from tests.sandbox.records import RecordedRequest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

DRIP_SECONDS = 0.2
BYTE_SECONDS = 0.05
SOCKET = "sandbox.socket"
# The sandbox's own page beside them always works, and uses no fault up.
FAULTY = ("/api/", "/services/")
PORT = re.compile(r":\d+$")
FOREIGN = "The sandbox answers to 127.0.0.1 and localhost only.\n"
CLOSED = {"Connection": "close"}
TOO_LARGE = "The request's body is larger than the sandbox takes.\n"


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, handing the application its socket."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope[SOCKET] = transport
            await inner(scope, receive, send)

        self.app = app


@dataclass
class Answer:
    status: int = 0
    headers: MutableHeaders = field(default_factory=MutableHeaders)
    body: bytes | Iterable[bytes] = b""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where an answer goes: `gone` is done when the client has left, `closing` when the sandbox stops."""

    scope: Scope
    send: Send
    gone: asyncio.Future[Any]
    closing: asyncio.Future[Any]

    @property
    def is_over(self) -> bool:
        return self.gone.done() or self.closing.done()

    async def wait(self, seconds: float | None = None) -> None:
        """So long, or until it is over."""
        await asyncio.wait({self.gone, self.closing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def write(self, raw: bytes, pause: float) -> None:
        """These bytes, without HTTP of ours around them, and the end; with a pause (seconds) one after the other."""
        for piece in _bytewise(raw) if pause else [raw]:
            if self.is_over:
                break
            self.scope[SOCKET].write(piece)
            await asyncio.sleep(pause)
        self.scope[SOCKET].close()
        await self.gone

    async def cut(self) -> None:
        self.scope[SOCKET].abort()
        await self.gone


class Front:
    """Wraps `app`, the answers of `part`; `stand_in` writes the body a bare faulty status gets,
    `closing` is set when the sandbox stops.

    What names a foreign host, or has too large a body, is refused unread and unrecorded.
    """

    def __init__(
        self,
        app: App,
        part: WebPart[Any],
        stand_in: Callable[[int], tuple[str, str]],
        closing: asyncio.Event,
    ) -> None:
        self._app = app
        self._part = part
        self._stand_in = stand_in
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(raw=scope["headers"])
        if PORT.sub("", headers.get("host", "localhost")).lower() not in self._part.own_names:
            return await PlainTextResponse(FOREIGN, 421, CLOSED)(scope, receive, send)
        body = await _read(receive, headers.get("content-length", ""), self._part.most_bytes)
        if body is None:
            return await PlainTextResponse(TOO_LARGE, 413, CLOSED)(scope, receive, send)
        request = _recorded(scope, body)
        self._part.note(request)
        prepared = self._part.prepare(request)
        fault = prepared.as_fault() if prepared else self._fault(request)
        gone = asyncio.ensure_future(_until_gone(receive))
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await self._respond(Connection(scope, send, gone, closing), request, body, fault)
        finally:
            for waiting in (gone, closing):
                waiting.cancel()

    async def _respond(self, to: Connection, request: RecordedRequest, body: bytes, fault: Fault) -> None:
        if fault.delay:
            await to.wait(fault.delay)
        is_handled = fault.drop == "after"
        if fault.hang and not is_handled:
            await to.wait()
        if (fault.hang and not is_handled) or fault.drop == "before" or to.gone.done():
            return await to.cut()
        if fault.raw is not None:
            return await to.write(fault.raw, BYTE_SECONDS if fault.drip else 0)
        answer = await self._answer(to.scope, body, fault)
        if is_handled:
            if fault.hang:
                await to.wait()
            return await to.cut()
        request.status = answer.status
        return await _emit(to, answer, fault)

    def _fault(self, request: RecordedRequest) -> Fault:
        if not request.path.startswith(FAULTY):
            return Fault()
        return self._part.faults.take(lambda fault: not fault.stage and fault.applies_to(request)) or Fault()

    async def _answer(self, scope: Scope, body: bytes, fault: Fault) -> Answer:
        if fault.status is None:
            answer = await self._true_answer(scope, body)
        else:
            text, content_type = self._stand_in(fault.status)
            answer = Answer(fault.status, body=text.encode())
            answer.headers["content-type"] = content_type
        answer.headers["date"] = format_datetime(self._part.clock().astimezone(UTC), usegmt=True)
        if fault.body is not None:
            true = answer.body if isinstance(answer.body, bytes) else b""
            said = fault.body(true) if callable(fault.body) else fault.body
            answer.body = said.encode() if isinstance(said, str) else said
        if fault.content_type is not None:
            answer.headers["content-type"] = fault.content_type
        answer.headers.update(fault.headers)
        return answer

    async def _true_answer(self, scope: Scope, body: bytes) -> Answer:
        answer, chunks = Answer(), bytearray()
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return pending.pop() if pending else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = MutableHeaders(raw=list(message["headers"]))
            else:
                chunks.extend(message.get("body", b""))

        await self._app(scope, receive, send)
        answer.body = bytes(chunks)
        return answer


async def _emit(to: Connection, answer: Answer, fault: Fault) -> None:
    body = answer.body
    if isinstance(body, bytes):
        answer.headers["content-length"] = str(len(body))
    await to.send({"type": "http.response.start", "status": answer.status, "headers": answer.headers.raw})
    if fault.drop == "middle" and isinstance(body, bytes):
        await to.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(0.05)  # so that what was sent leaves before the connection is cut
        return await to.cut()
    if isinstance(body, bytes) and not fault.drip:
        return await to.send({"type": "http.response.body", "body": body})
    for chunk in _bytewise(body) if isinstance(body, bytes) else body:
        if to.is_over:
            return await to.cut()
        await to.send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(DRIP_SECONDS if fault.drip else 0)
    return await to.send({"type": "http.response.body", "body": b""})


def _recorded(scope: Scope, body: bytes) -> RecordedRequest:
    headers = Headers(raw=scope["headers"])
    return RecordedRequest(
        at=datetime.now(UTC),
        method=scope["method"],
        path=scope["path"],
        query=parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
        host=headers.get("host", ""),
        body=body,
        headers=dict(headers),
        connection=scope["client"][1],
    )


async def _read(receive: Receive, declared: str, most_bytes: int) -> bytes | None:
    """The body; None, with the rest of it unread, as soon as it is known to be too large."""
    if declared.isdigit() and int(declared) > most_bytes:
        return None
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > most_bytes:
            return None
        if not message.get("more_body", False):
            break
    return bytes(body)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _bytewise(body: bytes) -> Iterable[bytes]:
    return (body[index : index + 1] for index in range(len(body)))
