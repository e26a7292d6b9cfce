"""The page under its real server: clients that begin a request and go no further do not stop it."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from alerting.commands.failures import CommandError
from alerting.commands.serve import THREADS, listen, listen_nearby
from tests.sandbox import Sandbox
from tests.support.service import Service

pytestmark = [pytest.mark.flow, pytest.mark.xdist_group("serve")]
NOWHERE = "redis://127.0.0.1:1/0"
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Unfinished: "
BODY = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\npassword="


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Sandbox() as sandbox:
        made = Service(sandbox, tmp_path_factory.mktemp("page"), NOWHERE)
        try:
            made.migrate()
            made.start_page()
            yield made
        finally:
            made.close()


@pytest.mark.parametrize("begun", [HEAD, BODY, b""], ids=["half a head", "half a body", "nothing"])
def test_clients_that_go_no_further_do_not_stop_the_page(page: Service, begun: bytes) -> None:
    address = urlsplit(page.page_url)
    with contextlib.ExitStack() as stack:
        for _ in range(THREADS + 4):
            client = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=5))
            client.sendall(begun)
        assert httpx.get(page.page_url, timeout=30).status_code == 200
    assert "Traceback" not in page.log("page")


def trickle(clients: list[socket.socket], ended: threading.Event) -> None:
    """Send one more byte on each connection again and again, as long as it is open."""
    while not ended.wait(0.5):
        for client in clients:
            with contextlib.suppress(OSError):
                client.sendall(b"x")


@pytest.mark.parametrize("begun", [HEAD, BODY], ids=["a head", "a body"])
def test_clients_that_send_byte_by_byte_do_not_stop_the_page(page: Service, begun: bytes) -> None:
    address, ended = urlsplit(page.page_url), threading.Event()
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=5))
            for _ in range(THREADS + 8)
        ]
        for client in clients:
            client.sendall(begun)
        sender = threading.Thread(target=trickle, args=(clients, ended))
        sender.start()
        stack.callback(sender.join)
        stack.callback(ended.set)
        assert httpx.get(page.page_url, timeout=20).status_code == 200
    assert "Traceback" not in page.log("page")


def test_the_log_has_a_line_for_what_somebody_can_mend_and_none_for_the_rest(page: Service) -> None:
    before = len(page.log("page"))
    for path in ("", "login/", "healthz", "incidents/999/", "silences/add/", "static/nothing.js"):
        for method in ("GET", "HEAD"):
            httpx.request(method, f"{page.page_url}{path}")
    for _ in range(3):
        httpx.get(page.page_url, headers={"Host": "other.example"})
        httpx.post(f"{page.page_url}silences/add/", data={"reason": "x" * 100_000})
    lines = page.log("page")[before:].splitlines()
    assert [line.partition("told again: ")[2][:40] for line in lines] == [
        "Invalid HTTP_HOST header: 'other.example",
        "Forbidden (CSRF cookie not set.): /silen",
    ]
    assert "DJANGO_ALLOWED_HOSTS" in lines[0]


def test_head_has_the_headers_of_get_and_no_body(page: Service) -> None:
    got, head = httpx.get(page.page_url), httpx.head(page.page_url)
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Length"] == str(len(got.content))


def test_static_files_are_what_they_say_and_for_this_page_only(page: Service) -> None:
    answer = httpx.get(f"{page.page_url}static/style.css")
    assert answer.status_code == 200 and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "max-age=31536000, public"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_place_that_others_have_is_said_in_one_line_and_at_once(page: Service) -> None:
    taken = urlsplit(page.page_url).netloc
    page.overrides = {"ALERTING_STATUS_BIND": taken}
    second = page.command("serve")
    page.overrides = {}
    assert second.returncode == 1
    assert second.stderr.splitlines() == [
        f"The page cannot listen on ALERTING_STATUS_BIND={taken}: another program listens there. Stop it, or set "
        "ALERTING_STATUS_BIND to another port, such as 127.0.0.1:8001."
    ]


def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(CommandError, match=r"=192\.0\.2\.1:8000: this machine has no such address"):
        listen("192.0.2.1:8000")


def test_where_nobody_chose_a_place_a_free_port_is_found(page: Service) -> None:
    taken = urlsplit(page.page_url).netloc
    with listen_nearby(taken) as found:
        assert found.getsockname()[0] == "127.0.0.1" and found.getsockname()[1] not in {0, urlsplit(page.page_url).port}


def test_what_cannot_be_answered_is_said_in_our_own_words(page: Service) -> None:
    missing = httpx.get(f"{page.page_url}nothing/")
    foreign = httpx.get(page.page_url, headers={"Host": "evil.example"})
    forged = httpx.post(f"{page.page_url}silences/add/", data={"reason": "x"})
    assert [each.status_code for each in (missing, foreign, forged)] == [404, 400, 403]
    for answer, said in ((missing, "Nothing here"), (foreign, "Not understood"), (forged, "The form is too old")):
        assert said in answer.text and "<style" not in answer.text
