"""What reaches the sandbox without being meant for it: from web pages, in other protocols, beyond all measure."""

import contextlib
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox import Sandbox, slack_limits
from tests.sandbox.sentry import SentryPart


@pytest.fixture(params=["sentry", "slack"])
def server(request: pytest.FixtureRequest, sandbox: Sandbox) -> httpx.URL:
    return httpx.URL(getattr(sandbox, request.param).address)


def say(host: str, port: int, *said: bytes) -> bytes:
    """All that is answered until the other side hangs up, while nothing more is said."""
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.settimeout(10)
        for each in said:
            connection.sendall(each)
        answered = b""
        while chunk := connection.recv(65536):
            answered += chunk
        return answered


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "localhost.evil"]
)
def test_a_foreign_host_is_refused_and_nothing_is_told(server: httpx.URL, sandbox: Sandbox, host: str) -> None:
    answer = httpx.get(server, headers={"Host": host.format(port=server.port)})
    assert answer.status_code == 421
    assert sandbox.sentry.token not in answer.text and "127.0.0.1 and localhost only" in answer.text
    hook = httpx.post(sandbox.slack.webhook_url, headers={"Host": host.format(port=1)}, json={"text": "hello"})
    assert hook.status_code == 421
    assert sandbox.slack.messages == [] and sandbox.sentry.requests == [] and sandbox.slack.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:{port}", "localhost:{port}", "LocalHost", "[::1]:{port}"])
def test_its_own_names_are_answered(server: httpx.URL, host: str) -> None:
    assert httpx.get(server, headers={"Host": host.format(port=server.port)}).status_code != 421


@pytest.mark.parametrize("size", [SentryPart.most_bytes + 1, 10**15])
def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(server: httpx.URL, size: int) -> None:
    head = f"POST /api/1/envelope/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
    answer = say(server.host, server.port or 0, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ") and b"connection: close" in answer.lower()


def test_one_that_is_not_announced_is_refused_once_it_is_too_large(sandbox: Sandbox) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 100 * slack_limits.MOST_BYTES:
            sent += 1 << 16
            yield bytes(1 << 16)

    # The answer may be lost where the other side hangs up while this one is still speaking.
    with contextlib.suppress(httpx.NetworkError):
        assert httpx.post(sandbox.slack.webhook_url, content=endless(), timeout=20).status_code == 413
    assert sent < 4 * slack_limits.MOST_BYTES
    assert sandbox.slack.requests == []


@pytest.mark.parametrize(
    "opening",
    [
        b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\r\n",
        b"\r\nPUT /x HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
@pytest.mark.parametrize("in_pieces", [False, True], ids=["at once", "in pieces"])
def test_a_conversation_with_the_mail_server_that_begins_like_http_is_over(
    sandbox: Sandbox, opening: bytes, in_pieces: bool
) -> None:
    mail = (
        b"EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: forged\r\n\r\nx\r\n.\r\n"
    )
    said = (opening[:3], opening[3:], mail) if in_pieces else (opening + mail,)
    with contextlib.suppress(ConnectionError):
        assert b"250 " not in say(sandbox.mail.host, sandbox.mail.port, *said)
    assert sandbox.mail.messages == []
