"""Proxies on loopback, HTTP and SOCKS5: whatever host they are asked for, they lead to one local port, or refuse."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from tests.support.tls_front import copy


@dataclass
class ProxyServer:
    """`refusal` is the status line it answers with instead; `asked` the hosts it was asked for, `logins` with what."""

    target: int
    refusal: str = ""
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    port: int = 0

    def speak(self, client: socket.socket) -> None:
        reader = client.makefile("rb")
        head = reader.read(1) if self.refusal != "hang" else reader.read(1 << 20)
        if head == b"\x05":
            self._speak_socks(client, reader)
        elif head:
            self._speak_http(client, reader)

    def _speak_http(self, client: socket.socket, reader: BinaryIO) -> None:
        lines = []
        while (line := reader.readline().strip()) or not lines:
            lines.append(line.decode())
        self.asked.append(lines[0].split()[1])
        self.logins += [line.partition(" ")[2] for line in lines if line.lower().startswith("proxy-authorization")]
        if self.refusal:
            client.sendall(f"HTTP/1.1 {self.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._pass_on(client)

    def _speak_socks(self, client: socket.socket, reader: BinaryIO) -> None:
        reader.read(reader.read(1)[0])
        client.sendall(b"\x05\x00")
        reader.read(4)
        self.asked.append(reader.read(reader.read(1)[0]).decode() + f":{int.from_bytes(reader.read(2))}")
        client.sendall(b"\x05" + (b"\x02" if self.refusal else b"\x00") + b"\x00\x01\x00\x00\x00\x00\x00\x00")
        if not self.refusal:
            self._pass_on(client)

    def _pass_on(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=copy, args=(server, client), daemon=True)
            back.start()
            copy(client, server)
            back.join()


@contextlib.contextmanager
def proxy_to(target: int, refusal: str = "") -> Iterator[ProxyServer]:
    proxy = ProxyServer(target, refusal)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy.port = listener.getsockname()[1]

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=converse, args=(client,), daemon=True).start()

        def converse(client: socket.socket) -> None:
            # A client that gives up in the middle leaves nothing to read.
            with client, contextlib.suppress(OSError, IndexError):
                proxy.speak(client)

        threading.Thread(target=serve, daemon=True).start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)
