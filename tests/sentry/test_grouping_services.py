"""Errors of services are one group for each host, however a client tells it."""

import smtplib
import socket
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import redis
import requests

from tests.sentry.faults import closed_port, foreign, raising


def closed(host: str) -> str:
    return f"http://{host}:{closed_port()}"


@pytest.mark.parametrize(
    "get",
    [
        pytest.param(lambda url: httpx.get(url, timeout=2), id="httpx"),
        pytest.param(lambda url: requests.get(url, timeout=2), id="requests"),
        pytest.param(lambda url: urllib.request.urlopen(url, timeout=2), id="urllib"),
        pytest.param(
            lambda url: socket.create_connection(("127.0.0.1", int(url.split(":")[2][:5].split("/")[0])), 2),
            id="socket",
        ),
    ],
)
def test_two_hosts_with_many_paths_give_two_groups(group: Any, get: Callable[[str], Any]) -> None:
    hosts = [closed("127.0.0.1"), closed("127.0.0.1")]
    found = [group(lambda u=f"{host}/orders/{n}?token=t{n}": get(u)) for host in hosts for n in range(5)]

    assert {tuple(one) for one in found} == {("external@1", host.removeprefix("http://")) for host in hosts}


def test_an_error_answer_belongs_to_the_host_that_gave_it(group: Any, sink: Any) -> None:
    def ask(path: str) -> None:
        httpx.get(f"{sink.url}/{path}").raise_for_status()

    def ask_too(path: str) -> None:
        requests.get(f"{sink.url}/{path}", timeout=5).raise_for_status()

    found = {tuple(group(lambda f=f, n=n: f(f"users/{n}"))) for f in (ask, ask_too) for n in range(3)}
    assert found == {("external@1", sink.url.removeprefix("http://"))}


def test_the_callers_variables_tell_the_host_of_an_error_it_raised_itself(group: Any) -> None:
    def call(url: str) -> None:
        raise requests.ConnectionError("no answer")

    assert group(lambda: call("https://api.example.com/v1/orders/7")) == ["external@1", "api.example.com"]


def test_so_do_the_variables_of_the_function_that_called_it(group: Any) -> None:
    def fail(reason: str) -> None:
        raise requests.ConnectionError(reason)

    def call(target: str, path: str) -> None:
        fail(f"no answer from {path}")

    hosts = ("api.example.com", "pay.example.com")
    found = {tuple(group(lambda h=h, n=n: call(f"https://{h}", f"/v1/{n}"))) for h in hosts for n in range(3)}
    assert found == {("external@1", host) for host in hosts}


def test_redis_and_mail_servers_are_services(group: Any) -> None:
    port = closed_port()
    store = redis.Redis.from_url(f"redis://:hunter2@127.0.0.1:{port}/0")

    assert group(lambda: store.get("user:1")) == ["external@1", f"127.0.0.1:{port}"]
    assert group(lambda: store.incr("user:2")) == ["external@1", f"127.0.0.1:{port}"]
    assert group(lambda: smtplib.SMTP("127.0.0.1", port, timeout=2)) == ["external@1", f"127.0.0.1:{port}"]


def test_services_whose_errors_name_no_host_are_named_by_their_package(group: Any) -> None:
    card = foreign("stripe", "StripeError", "CardError")
    assert group(raising(card("Your card was declined: 4242"))) == ["external@1", "stripe"]


def test_cloud_clients_are_told_apart_by_their_endpoint(group: Any) -> None:
    error = foreign("botocore.exceptions", "BotoCoreError", "EndpointConnectionError")("x")
    error.kwargs = {"endpoint_url": "https://sqs.eu-west-1.amazonaws.com/123/orders"}  # type: ignore[attr-defined]
    assert group(raising(error)) == ["external@1", "sqs.eu-west-1.amazonaws.com"]


def test_a_timeout_that_concerns_no_host_is_left_to_sentry(group: Any) -> None:
    assert group(raising(TimeoutError("the lock was held too long"))) is None
