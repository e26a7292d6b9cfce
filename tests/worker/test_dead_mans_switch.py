"""Whatever is at the other end of HEARTBEAT_URL, it holds no tick for long and fills no memory."""

import socket
import threading
import time
import tracemalloc

import pytest

from tests.sandbox import Sandbox
from tests.sandbox.prepared import Reply
from worker import dead_mans_switch


def test_a_switch_that_answers_12_mb_a_second_without_end_is_heard_out_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def flood() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65_536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
            try:
                while not over.wait(0.01):
                    client.sendall(b"x" * 120_000)
            except OSError:
                return

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=flood, daemon=True).start()
        tracemalloc.start()
        dead_mans_switch.call(f"http://127.0.0.1:{listener.getsockname()[1]}/ping")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        over.set()
    assert most < 3_000_000
    assert caplog.messages == [], "long before the time was over"


def test_a_switch_that_hangs_drips_or_refuses_is_left_on_time_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dead_mans_switch, "SECONDS", 0.4)
    replies = iter([Reply(hang=True), Reply(drip=b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 100), Reply({}, 404)])
    with Sandbox() as sandbox:
        sandbox.sentry.prepare = lambda _: next(replies)
        began = time.monotonic()
        for _ in range(3):
            dead_mans_switch.call(f"{sandbox.sentry.url}/secret-path")
        assert time.monotonic() - began < 20
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "HEARTBEAT_URL was not reached",
        "HEARTBEAT_URL was not reached",
        "HEARTBEAT_URL answered with status 404",
    ]
    assert "secret-path" not in caplog.text


def test_a_name_lookup_that_hangs_holds_no_tick(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    over = threading.Event()
    monkeypatch.setattr(dead_mans_switch, "SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait())
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    try:
        began = time.monotonic()
        dead_mans_switch.call("https://hc.example.com/secret-path")
        assert time.monotonic() - began < 10
    finally:
        over.set()
    assert "did not answer in full" in caplog.text
