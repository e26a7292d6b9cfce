"""The outermost layer of an HTTP stand-in: records requests and commits faults on the real socket."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.sandbox.faults import Fault
from tests.sandbox.part import Part
from tests.sandbox.prepared import Reply
from tests.sandbox.records import RecordedRequest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

DRIP_SECONDS = 0.2
BYTE_SECONDS = 0.05
CUT, SOCKET = "sandbox.cut", "sandbox.socket"
# The sandbox's own page beside them always works, and uses no fault up.
FAULTY = ("/api/", "/services/")
PORT = re.compile(r":\d+$")
FOREIGN = b"The sandbox answers to 127.0.0.1 and localhost only.\n"
TOO_LARGE = b"The request's body is larger than the sandbox takes.\n"


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, handing the application its socket and a way to cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope[CUT], scope[SOCKET] = transport.abort, transport
            await inner(scope, receive, send)

        self.app = app


@dataclass
class Answer:
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""

    def set_header(self, name: str, value: str) -> None:
        wanted = name.lower().encode("latin-1")
        self.headers = [pair for pair in self.headers if pair[0] != wanted]
        self.headers.append((wanted, value.encode("latin-1")))


class Front:
    """Wraps `app`, the answers of `part`.

    `record` sees each request as it arrives; `stand_in` writes the body a bare faulty status gets. `clock` is the
    server's own, as its Date header tells it. What names a foreign host, or has a body of more than `most_bytes`, is
    refused unread and unrecorded.
    """

    def __init__(
        self,
        app: App,
        part: Part[Any],
        record: Callable[[RecordedRequest], None],
        stand_in: Callable[[int], tuple[str, str]],
        clock: Callable[[], datetime],
        most_bytes: int,
    ) -> None:
        self._app = app
        self._part = part
        self._record = record
        self._stand_in = stand_in
        self._clock = clock
        self._most_bytes = most_bytes
        self.closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if PORT.sub("", headers.get(b"host", "localhost")).lower() not in self._part.own_names:
            return await _refuse(send, 421, FOREIGN)
        body = await _read(receive, headers.get(b"content-length", ""), self._most_bytes)
        if body is None:
            return await _refuse(send, 413, TOO_LARGE)
        request = _recorded(scope, body)
        self._record(request)
        prepared = self._part.prepare(request)
        fault = Fault() if prepared else self._fault(request)
        gone = asyncio.ensure_future(_until_gone(receive))
        closing = asyncio.ensure_future(self.closing.wait())
        try:
            if prepared:
                return await self._say(scope, send, prepared, request, gone, closing)
            if fault.delay:
                await asyncio.wait({gone, closing}, timeout=fault.delay, return_when=asyncio.FIRST_COMPLETED)
            handled = fault.drop == "after"
            if fault.hang and not handled:
                await asyncio.wait({gone, closing}, return_when=asyncio.FIRST_COMPLETED)
            if (fault.hang and not handled) or fault.drop == "before" or gone.done():
                return await _cut(scope, gone)
            answer = await self._answer(scope, body, fault)
            if handled:
                if fault.hang:
                    await asyncio.wait({gone, closing}, return_when=asyncio.FIRST_COMPLETED)
                return await _cut(scope, gone)
            request.status = answer.status
            await self._emit(scope, send, answer, fault, gone)
        finally:
            for waiting in (gone, closing):
                waiting.cancel()

    async def _say(
        self,
        scope: Scope,
        send: Send,
        reply: Reply,
        request: RecordedRequest,
        gone: asyncio.Future[Any],
        closing: asyncio.Future[Any],
    ) -> None:
        """What a test has prepared."""
        if reply.hang:
            await asyncio.wait({gone, closing}, return_when=asyncio.FIRST_COMPLETED)
            return await _cut(scope, gone)
        if reply.drip is not None:
            for piece in _bytewise(reply.drip):
                if gone.done() or self.closing.is_set():
                    break
                scope[SOCKET].write(piece)
                await asyncio.sleep(BYTE_SECONDS)
            return await _cut(scope, gone)
        if reply.raw is not None:
            scope[SOCKET].write(reply.raw)
            scope[SOCKET].close()
            await gone
            return None
        answer = Answer(reply.status, body=reply.content)
        answer.set_header("date", format_datetime(self._clock().astimezone(UTC), usegmt=True))
        answer.set_header("content-type", reply.content_type)
        for name, value in reply.headers.items():
            answer.set_header(name, value)
        request.status = answer.status
        return await self._emit(scope, send, answer, Fault(), gone)

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
            answer.set_header("content-type", content_type)
        answer.set_header("date", format_datetime(self._clock().astimezone(UTC), usegmt=True))
        if fault.body is not None:
            true = answer.body if isinstance(answer.body, bytes) else b""
            answer.body = fault.body(true) if callable(fault.body) else _encoded(fault.body)
        if fault.content_type is not None:
            answer.set_header("content-type", fault.content_type)
        for name, value in fault.headers.items():
            answer.set_header(name, value)
        return answer

    async def _true_answer(self, scope: Scope, body: bytes) -> Answer:
        answer, chunks = Answer(), bytearray()
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return pending.pop() if pending else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
            else:
                chunks.extend(message.get("body", b""))

        await self._app(scope, receive, send)
        answer.body = bytes(chunks)
        return answer

    async def _emit(self, scope: Scope, send: Send, answer: Answer, fault: Fault, gone: asyncio.Future[None]) -> None:
        body = answer.body
        if isinstance(body, bytes):
            answer.set_header("content-length", str(len(body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if fault.drop == "middle" and isinstance(body, bytes):
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(0.05)  # so that what was sent leaves before the connection is cut
            return await _cut(scope, gone)
        if isinstance(body, bytes) and not fault.drip:
            return await send({"type": "http.response.body", "body": body})
        for chunk in _bytewise(body) if isinstance(body, bytes) else body:
            if gone.done() or self.closing.is_set():
                return await _cut(scope, gone)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(DRIP_SECONDS if fault.drip else 0)
        return await send({"type": "http.response.body", "body": b""})


def _recorded(scope: Scope, body: bytes) -> RecordedRequest:
    headers = dict(scope["headers"])
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    texts = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    return RecordedRequest(
        at=datetime.now(UTC),
        method=scope["method"],
        path=scope["path"],
        query=query,
        host=texts.get("host", ""),
        body=body,
        headers=texts,
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


async def _refuse(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(scope: Scope, gone: asyncio.Future[None]) -> None:
    scope[CUT]()
    await gone


def _bytewise(body: bytes) -> Iterable[bytes]:
    return (body[index : index + 1] for index in range(len(body)))


def _encoded(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body
