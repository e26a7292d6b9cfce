"""One exchange against servers that hang, drip and swell, and through proxies that do and do not let us pass."""

import base64
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerting.errors import HttpError, HttpFault
from alerting.http import exchange
from alerting.http.exchange import Bearer
from tests.http.proxy_server import proxy_to
from tests.sandbox import Sandbox
from tests.sandbox.prepared import Reply
from tests.sandbox.sentry import SentryPart
from tests.support import certificate
from tests.support.tls_front import tls_front

HOST = "sentry.test"
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")


def fails(url: str, seconds: float = 5.0) -> tuple[HttpFault, str]:
    with pytest.raises(HttpError) as caught:
        exchange.get(url, seconds=seconds)
    return caught.value.fault, str(caught.value)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate.make(tmp_path_factory.mktemp("tls"), HOST)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def server(running: Sandbox) -> SentryPart:
    """Answers with what a test prepares."""
    running.sentry.begin_anew()
    return running.sentry


@pytest.fixture
def secured(server: SentryPart, pem: Path) -> Iterator[int]:
    """What the proxies lead to: the port of https://sentry.test."""
    server.own_names = frozenset({HOST, "localhost"})
    server.prepare = lambda request: Reply({"host": request.host})
    with tls_front(pem, server.port) as port:
        yield port


def test_a_name_lookup_that_hangs_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait())
    try:
        for _ in range(10):
            began = time.monotonic()
            assert fails("https://sentry.example/", 0.3)[0] is HttpFault.TIMEOUT
            assert time.monotonic() - began < 10
    finally:
        over.set()


def test_a_server_that_drips_is_left_on_time(server: SentryPart) -> None:
    server.prepare = lambda _: Reply(drip=b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 100)
    began = time.monotonic()
    assert fails(server.url, 0.5) == (
        HttpFault.TIMEOUT,
        f"127.0.0.1:{server.port} did not answer in full within 0 seconds.",
    )
    assert 0.4 < time.monotonic() - began < 10


def test_plain_http_is_for_this_machine_only() -> None:
    fault, said = fails("http://sentry.example/path?secret")
    assert (fault, said) == (
        HttpFault.UNREACHABLE,
        "sentry.example is not asked: only https:// is, and loopback hosts.",
    )


def test_a_login_in_the_url_is_sent_and_never_shown(server: SentryPart) -> None:
    server.prepare = lambda _: Reply({}, 404)
    assert exchange.get(f"http://user:hunter22@127.0.0.1:{server.port}/api/0/", seconds=5.0).status == 404
    expected = "Basic " + base64.b64encode(b"user:hunter22").decode()
    assert server.requests[0].headers["authorization"] == expected
    assert "hunter22" not in fails("http://user:hunter22@127.0.0.1:9/")[1]


def test_a_post_has_a_connection_of_its_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard: list[bytes] = []

        def answer() -> None:
            for _ in range(2):
                client, _ = listener.accept()
                with client:
                    heard.append(b"")
                    while not heard[-1].endswith(b"{}"):
                        heard[-1] += client.recv(65_536)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for _ in range(2):
            assert exchange.post(url, b"{}", {"Content-Type": "application/json"}, seconds=5.0).body == b"ok"
    assert all(b"connection: close" in text.lower() and text.endswith(b"\r\n\r\n{}") for text in heard)


@needs_openssl
@pytest.mark.parametrize(
    ("variable", "form"),
    [
        ("HTTPS_PROXY", "127.0.0.1:{port}"),
        ("https_proxy", "http://user:hunter22@127.0.0.1:{port}"),
        ("ALL_PROXY", "socks5://127.0.0.1:{port}"),
        ("all_proxy", "socks5h://127.0.0.1:{port}"),
    ],
)
def test_a_proxy_leads_to_the_server_which_is_verified(
    secured: int, pem: Path, monkeypatch: pytest.MonkeyPatch, variable: str, form: str
) -> None:
    with proxy_to(secured) as proxy:
        monkeypatch.setenv(variable, form.format(port=proxy.port))
        fault, said = fails(f"https://{HOST}/")
        assert fault is HttpFault.CERTIFICATE
        assert f"{HOST} through the proxy 127.0.0.1:{proxy.port} is not trusted" in said
        assert "SSL_CERT_FILE" in said
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        for _ in range(3):
            assert exchange.get(f"https://{HOST}/", seconds=5.0).status == 200
        assert proxy.asked == [f"{HOST}:443"] * 2, "the second connection is kept"
        expected = base64.b64encode(b"user:hunter22").decode()
        assert set(proxy.logins) <= {f"Basic {expected}"}
        assert bool(proxy.logins) is ("hunter22" in form)


@pytest.mark.parametrize(
    ("form", "refusal", "told"),
    [
        ("http://user:hunter22@{}", "407 Proxy Authentication Required", "does not accept our login"),
        ("http://user:hunter22@{}", "403 Forbidden", "refuses to connect us to sentry.test (403 Forbidden)"),
        ("http://{}", "502 Bad Gateway", "refuses to connect us to sentry.test (502 Bad Gateway)"),
        ("socks5://{}", "not allowed", "refuses to connect us to sentry.test"),
        ("socks5://user:hunter22@{}", "not allowed", "does not accept our login"),
    ],
)
def test_a_proxy_that_refuses_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, form: str, refusal: str, told: str
) -> None:
    with proxy_to(9, refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", form.format(f"127.0.0.1:{proxy.port}"))
        fault, said = fails(f"https://{HOST}/secret/path")
    assert fault is HttpFault.PROXY
    assert f"The proxy 127.0.0.1:{proxy.port}, which HTTPS_PROXY names," in said
    assert told in said
    assert "hunter22" not in said
    assert "secret" not in said


def test_a_proxy_that_is_not_there_or_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "127.0.0.1:9")
    assert fails(f"https://{HOST}/")[1].startswith("The proxy 127.0.0.1:9, which ALL_PROXY names, cannot be reached")
    monkeypatch.setenv("ALL_PROXY", "socks4://127.0.0.1:9")
    fault, said = fails(f"https://{HOST}/")
    assert fault is HttpFault.PROXY
    assert said.startswith("ALL_PROXY: expected a proxy")


def test_a_proxy_that_hangs_is_left_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy_to(9, "hang") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
        fault, said = fails(f"https://{HOST}/", 0.4)
    assert fault is HttpFault.TIMEOUT
    assert f"{HOST} (through the proxy 127.0.0.1:{proxy.port}) did not answer" in said


@pytest.mark.parametrize(
    ("variable", "content", "told"),
    [
        ("SSL_CERT_FILE", None, "cannot be read: No such file or directory."),
        ("SSL_CERT_FILE", "nonsense", "holds no certificates (PEM) that can be read."),
        ("SSL_CERT_DIR", None, "is no directory."),
    ],
)
def test_authorities_that_cannot_be_read_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, content: str | None, told: str
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    fault, said = fails("https://sentry.example/")
    assert (fault, said) == (HttpFault.CERTIFICATE, f"{variable}: {path} {told}")


@needs_openssl
def test_an_authority_of_ones_own_is_trusted_from_its_file_alone(
    secured: int, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    fault, said = fails(f"https://localhost:{secured}/")
    assert fault is HttpFault.CERTIFICATE, "its name is another"
    assert "not valid for 'localhost'" in said


def test_the_token_is_hidden_where_a_server_repeats_it(server: SentryPart) -> None:
    server.prepare = lambda _: Reply({"detail": "no " + "t" * 40}, 401, {"X-Token": "t" * 40})
    reply = exchange.get(server.url, seconds=5.0, auth=Bearer("t" * 40), max_bytes=1000)
    assert reply.body == b'{"detail": "no [token]"}'
    assert reply.headers["x-token"] == "[token]"
