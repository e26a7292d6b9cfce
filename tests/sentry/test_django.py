"""A Django application, called through WSGI and ASGI, reporting to a Sentry that listens on loopback."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import sentry_sdk
from django.core.handlers.wsgi import WSGIHandler

from alerting.sentry import init_sentry
from tests.sentry import webapp
from tests.sentry.sdk import Kept
from tests.sentry.sink import Sink
from tests.sentry.webapp import call_asgi, call_wsgi

SECRET = "hunter2-" + "9f8e7d6c5b"
PLACES = [pytest.param(call_wsgi, "fail", id="wsgi"), pytest.param(call_asgi, "fail-async", id="asgi")]


@pytest.fixture(autouse=True)
def _webapp() -> Iterator[None]:
    with webapp.serving():
        yield


@pytest.mark.parametrize(("call", "view"), PLACES)
def test_an_unhandled_error_arrives_scrubbed_and_named_by_its_route(
    sink: Sink, call: Callable[..., int], view: str
) -> None:
    assert init_sentry(dsn=sink.dsn)

    assert call(f"/{view}/bug/17/?token={SECRET}&page=2", method="POST", body=f"password={SECRET}".encode()) == 500

    event = sink.event
    exception = event["exception"]["values"][-1]
    assert exception["type"] == "ZeroDivisionError"
    assert exception["mechanism"]["handled"] is False
    assert event["transaction"] == f"/{view}/{{kind}}/{{number}}/"
    assert event["environment"] == "development"
    assert "page=2" in event["request"]["query_string"]
    (transaction,) = sink.wait_for("transaction")
    assert transaction["transaction"] == event["transaction"]
    assert any(span["op"] == "middleware.django" for span in transaction["spans"])
    sentry_sdk.get_client().close()
    assert SECRET.encode() not in sink.raw
    assert b"203.0.113.9" not in sink.raw


def test_it_arrives_from_a_running_server_too(sink: Sink) -> None:
    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    assert init_sentry(dsn=sink.dsn)
    server = make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/fail/bug/3/", timeout=10)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert sink.event["request"]["url"].endswith("/fail/bug/3/")


@pytest.mark.parametrize("call", [call_wsgi, call_asgi])
@pytest.mark.parametrize("kind", ["missing", "order-missing", "forbidden", "suspicious"])
def test_answers_to_visitors_are_not_errors(started: Callable[..., Kept], call: Any, kind: str) -> None:
    kept = started()
    assert call(f"/fail/{kind}/1/") in {400, 403, 404}
    assert kept.of("event") == []


@pytest.mark.parametrize("kind", ["api-missing", "api-hidden"])
def test_ignored_errors_stay_ignored_where_django_gives_up_on_them(started: Callable[..., Kept], kind: str) -> None:
    """Outside a DRF view nothing turns them into an answer."""
    kept = started()
    assert call_wsgi(f"/fail/{kind}/1/") == 500
    assert kept.of("event") == []


@pytest.mark.parametrize(("call", "view"), [(call_wsgi, "answer"), (call_asgi, "answer-async")])
def test_a_server_error_that_is_answered_without_raising_is_reported(
    started: Callable[..., Kept], call: Any, view: str
) -> None:
    kept = started()
    assert [call(f"/{view}/{status}/") for status in (200, 302, 404, 429, 503)] == [200, 302, 404, 429, 503]

    assert kept.event["message"] == "HTTP 503 Service Unavailable"
    assert kept.event["level"] == "error"
    assert kept.event["contexts"]["response"]["status_code"] == 503
    assert kept.event["fingerprint"] == ["http_status@1", "503", f"/{view}/{{status}}/"]
    assert kept.event["request"]["url"].endswith(f"/{view}/503/")


def test_client_errors_are_reported_only_where_asked_for(started: Callable[..., Kept]) -> None:
    kept = started(failed_request_status_codes={429, 404})
    for status in (403, 404, 429, 503):
        call_wsgi(f"/answer/{status}/")
    call_wsgi("/fail/missing/1/")
    call_wsgi("/nowhere/")

    told = [(event["message"], event["level"]) for event in kept.of("event")]
    assert told == [
        ("HTTP 404 Not Found", "warning"),
        ("HTTP 429 Too Many Requests", "warning"),
        ("HTTP 404 Not Found", "warning"),
        ("HTTP 404 Not Found", "warning"),
    ]


ANSWERED = [
    ("/api/outage/", 503, ["ConnectionRefusedError", "ShelfError", "Outage"]),
    ("/answered/", 502, ["ConnectionRefusedError", "ShelfError"]),
    ("/answered-async/", 502, ["ConnectionRefusedError", "ShelfError"]),
]


@pytest.mark.parametrize("call", [call_wsgi, call_asgi])
@pytest.mark.parametrize(("url", "status", "chain"), ANSWERED, ids=[url for url, *_ in ANSWERED])
def test_an_error_that_somebody_answered_with_5xx_arrives_with_its_cause(
    started: Callable[..., Kept], call: Any, url: str, status: int, chain: list[str]
) -> None:
    kept = started()
    assert call(url) == status

    values = kept.event["exception"]["values"]
    assert [one["type"] for one in values] == chain
    assert values[1]["stacktrace"]["frames"][-1]["function"] == "reach"
    assert kept.event["contexts"]["response"]["status_code"] == status
    assert kept.event["fingerprint"] == ["external@1", "10.0.0.1:8000"]
    assert kept.event["request"]["url"].endswith(url)


def test_an_error_answered_with_4xx_is_reported_only_where_listed(started: Callable[..., Kept]) -> None:
    kept = started()
    assert [call_wsgi(f"/api/{kind}/") for kind in ("denied", "throttled")] == [403, 429]
    assert kept.of("event") == []

    kept = started(failed_request_status_codes={403, 429})
    assert [call_wsgi(f"/api/{kind}/") for kind in ("denied", "throttled")] == [403, 429]
    denied, throttled = kept.of("event")
    assert (denied["message"], denied["level"]) == ("HTTP 403 Forbidden", "warning")  # the error itself is ignored
    assert (throttled["exception"]["values"][-1]["type"], throttled["level"]) == ("Throttled", "warning")


def test_an_ignored_error_is_not_reported_by_the_5xx_it_was_answered_with(started: Callable[..., Kept]) -> None:
    kept = started(ignore_errors=["APIException"])
    assert call_wsgi("/api/outage/") == 503
    assert kept.of("event") == []


CALLS = [(call_wsgi, ""), (call_asgi, ""), (call_asgi, "-async")]


@pytest.mark.parametrize(("call", "kind"), CALLS)
def test_one_failed_request_is_one_event(started: Callable[..., Kept], call: Any, kind: str) -> None:
    kept = started()
    assert call(f"/fail{kind}/bug/1/") == 500
    assert call(f"/told{kind}/") == 503

    first, second = kept.of("event")
    assert first["exception"]["values"][-1]["mechanism"]["handled"] is False
    assert second["contexts"]["custom"] == {"step": "payment"}


@pytest.mark.parametrize(("call", "kind"), CALLS)
def test_a_message_during_the_request_hides_no_failure(started: Callable[..., Kept], call: Any, kind: str) -> None:
    kept = started()
    assert call(f"/chatty{kind}/") == 503
    assert [event["message"] for event in kept.of("event")] == ["cache miss rate high", "HTTP 503 Service Unavailable"]


def test_errors_ignored_by_the_application_are_not_reported_by_their_status(started: Callable[..., Kept]) -> None:
    kept = started(ignore_errors=["ArithmeticError"])
    assert call_wsgi("/fail/bug/1/") == 500
    assert kept.of("event") == []


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("invalid", ["validation@1", "tests.sentry.webapp.fail"]),
        ("throttled", ["rate_limit@1", "/fail/{kind}/{number}/"]),
    ],
)
def test_requests_with_different_ids_are_one_group(started: Callable[..., Kept], kind: str, parts: list[str]) -> None:
    kept = started()
    for number in range(3):
        call_wsgi(f"/fail/{kind}/{number}/")
    assert [event["fingerprint"] for event in kept.of("event")] == [parts] * 3


def test_requests_are_answered_while_sentry_hangs(sink: Sink) -> None:
    """Sending happens behind the request: all of these are over before the sink has answered even the first event."""
    assert init_sentry(dsn=sink.dsn, traces_sample_rate=0.0)
    with sink.hanging() as asked:
        assert call_wsgi("/fail/bug/0/") == 500
        assert asked.wait(15)
        assert [call_wsgi(f"/fail/bug/{number}/") for number in range(1, 6)] == [500] * 5
        assert sink.of("event") == []

    assert len(sink.wait_for("event", 6)) == 6
