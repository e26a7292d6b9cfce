"""Prepared answers: down to their bytes, for those requests alone that a test means, and forgotten with all else."""

import socket

import httpx
import pytest

from tests.sandbox import Fault, Sandbox
from tests.sandbox.conftest import ORG
from tests.sandbox.prepared import Reply


def test_only_the_requests_that_are_meant_get_the_prepared_answer(sandbox: Sandbox, api: httpx.Client) -> None:
    prepared = Reply({"detail": "no"}, 418, {"X-Why": "tea", "Date": "never"})
    sandbox.sentry.prepare = lambda request: prepared if request.one("per_page") == "1" else None
    assert api.get(ORG).json()["slug"] == "acme"
    answer = api.get(f"{ORG}events/", params={"per_page": "1"})
    assert (answer.status_code, answer.json(), answer.headers["x-why"]) == (418, {"detail": "no"}, "tea")
    assert answer.headers["date"] == "never"
    assert [each.status for each in sandbox.sentry.requests] == [200, 418]


def heard(port: int) -> bytes:
    """What is answered to one request, as bytes, until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(f"GET {ORG} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return b"".join(iter(lambda: client.recv(100), b""))


@pytest.mark.parametrize("reply", [Reply(raw=b"non\0sense"), Reply(drip=b"non\0sense"), Reply(raw=b"")])
def test_bytes_are_sent_as_they_are_and_the_connection_is_closed(sandbox: Sandbox, reply: Reply) -> None:
    sandbox.sentry.prepare = lambda _: reply
    assert heard(sandbox.sentry.port) == (reply.raw or reply.drip or b"")


def test_who_never_answers_ends_with_the_server(sandbox: Sandbox) -> None:
    sandbox.sentry.prepare = lambda _: Reply(hang=True)
    with socket.create_connection(("127.0.0.1", sandbox.sentry.port), timeout=10) as client:
        client.sendall(f"GET {ORG} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        sandbox.sentry.wait_for(len)
        sandbox.stop()
        assert client.recv(100) == b""


def test_what_was_asked_is_recorded_with_its_headers_and_its_connection(sandbox: Sandbox, api: httpx.Client) -> None:
    for _ in range(2):
        api.get(ORG, headers={"X-Mine": "7"}, params={"field": ["a", "b"]})
    first, second = sandbox.sentry.requests
    assert (first.all("field"), first.one("field"), first.one("sort")) == (["a", "b"], "a", "")
    assert first.headers["x-mine"] == "7" and first.connection == second.connection > 0
    assert sandbox.sentry.token not in repr(first)


def test_another_host_is_answered_where_it_is_named_as_ours(sandbox: Sandbox, api: httpx.Client) -> None:
    assert api.get(ORG, headers={"Host": "sentry.test"}).status_code == 421
    sandbox.sentry.own_names = frozenset({"sentry.test"})
    assert api.get(ORG, headers={"Host": "sentry.test"}).status_code == 200


def test_beginning_anew_forgets_all_but_the_token(sandbox: Sandbox, api: httpx.Client) -> None:
    sentry = sandbox.sentry
    sentry.prepare = lambda _: Reply(b"", 500)
    sentry.fault(Fault(status=503))
    sentry.add_errors("shop", 3)
    sentry.datasets, sentry.rate_limit = set(), 1.0
    api.get(ORG)
    sentry.begin_anew()
    assert sentry.requests == [] and not sentry.store.projects
    assert api.get(f"{ORG}projects/").json() == []
    assert (len(sentry.datasets), sentry.rate_limit) == (4, None)
