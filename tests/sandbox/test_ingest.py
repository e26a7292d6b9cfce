"""Real envelopes from the real SDK: counted, grouped, sampled, and given back."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sentry_sdk
from sentry_sdk import logger
from sentry_sdk.crons import capture_checkin

from tests.sandbox import Fault, Sandbox
from tests.sandbox.conftest import ORG

Started = Callable[..., sentry_sdk.Client]
COUNT = "field=project&field=count()&project=-1&statsPeriod=5m"


@pytest.fixture
def started(sandbox: Sandbox) -> Iterator[Started]:
    """A client of the SDK's own, sending to the project "shop"; the clock is the real one, as the SDK's is."""
    sandbox.sentry.clock = lambda: datetime.now(UTC)
    clients: list[sentry_sdk.Client] = []

    def start(**options: Any) -> sentry_sdk.Client:
        client = sentry_sdk.Client(
            dsn=sandbox.sentry.dsn("shop"),
            environment="staging",
            release="1.2.3",
            default_integrations=False,
            auto_enabling_integrations=False,
            **options,
        )
        clients.append(client)
        sentry_sdk.get_isolation_scope().set_client(client)
        return client

    with sentry_sdk.isolation_scope():
        yield start
        for client in clients:
            client.close(timeout=2)


def fail(number: int) -> None:
    raise LookupError(f"no story {number}")


def report(number: int = 1) -> str:
    try:
        fail(number)
    except LookupError as error:
        return sentry_sdk.capture_exception(error) or ""
    return ""


def rows(api: httpx.Client, question: str) -> list[dict[str, Any]]:
    answer = api.get(f"{ORG}events/?{question}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def kinds(sandbox: Sandbox) -> list[str]:
    return [item.type for item in sandbox.sentry.events]


def test_an_exception_becomes_a_count_and_an_issue(sandbox: Sandbox, api: httpx.Client, started: Started) -> None:
    started()
    for number in range(3):
        report(number)
    sentry_sdk.flush()
    sandbox.sentry.events.wait_for(lambda items: len(items) == 3)
    assert rows(api, f"dataset=errors&{COUNT}") == [{"project": "shop", "count()": 3}]
    assert rows(api, f"dataset=errors&{COUNT}&environment=staging")[0]["count()"] == 3
    (issue,) = api.get(f"{ORG}issues/?project=-1&query=firstSeen:>=2026-01-01T00:00:00").json()
    assert issue["title"] == "LookupError: no story 0"
    assert issue["culprit"].endswith("in fail")
    assert issue["count"] == "3"


def test_a_fingerprint_decides_the_group(sandbox: Sandbox, api: httpx.Client, started: Started) -> None:
    started()
    for number in range(2):
        for group in ("one", "two"):
            with sentry_sdk.new_scope() as scope:
                scope.fingerprint = ["v1", group]
                report(number)
    sentry_sdk.flush()
    sandbox.sentry.events.wait_for(lambda items: len(items) == 4)
    issues = api.get(f"{ORG}issues/?project=-1").json()
    assert [issue["count"] for issue in issues] == ["2", "2"]


def test_transactions_are_counted_by_their_sample_rate(sandbox: Sandbox, api: httpx.Client, started: Started) -> None:
    # The first has been decided on elsewhere, at 10 %; the second here, at 100 %.
    started(traces_sample_rate=1.0)
    trace = {
        "sentry-trace": "771a43a4192642f0b136d5159a501700-1234567890abcdef-1",
        "baggage": "sentry-trace_id=771a43a4192642f0b136d5159a501700,sentry-sample_rate=0.1,sentry-sampled=true",
    }
    with sentry_sdk.start_transaction(sentry_sdk.continue_trace(trace, op="http", name="GET /books")):
        pass
    with sentry_sdk.start_transaction(op="http", name="GET /"):
        pass
    sentry_sdk.flush()
    sandbox.sentry.events.wait_for(lambda items: len(items) >= 2)
    question = f"{COUNT}&field=p95"
    (row,) = rows(api, f"dataset=spans&query=is_transaction:true&{question}(span.duration)")
    assert row["count()"] == 11
    assert 0 <= row["p95(span.duration)"] < 5_000
    (row,) = rows(api, f"dataset=transactions&{question}(transaction.duration)")
    assert row["count()"] == 2


def test_an_event_can_be_read_back_with_all_that_was_sent(
    sandbox: Sandbox, api: httpx.Client, started: Started
) -> None:
    started()
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("color", "tag-blue")
        scope.set_extra("basket", "extra-3")
        scope.set_context("order", {"id": "context-9"})
        scope.set_user({"id": "user-7"})
        scope.add_breadcrumb(message="crumb-1")
        scope.add_event_processor(lambda event, _: {**event, "request": {"url": "https://shop/request-5"}})
        event_id = report(4)
    sentry_sdk.flush()
    sandbox.sentry.events.wait_for(lambda items: items)
    event = api.get(f"/api/0/projects/acme/shop/events/{event_id}/").json()
    everything = json.dumps(event)
    for sent in ("tag-blue", "extra-3", "context-9", "user-7", "crumb-1", "request-5", "no story 4", "staging"):
        assert sent in everything
    (exception,) = event["entries"][0]["data"]["values"]
    frame = exception["stacktrace"]["frames"][-1]
    assert (frame["function"], frame["vars"]["number"]) == ("fail", "4")
    (issue,) = api.get(f"{ORG}issues/?project=-1").json()
    assert event["groupID"] == issue["id"]


def test_a_transaction_can_be_read_back_and_has_no_group(sandbox: Sandbox, api: httpx.Client, started: Started) -> None:
    started(traces_sample_rate=1.0)
    with (
        sentry_sdk.start_transaction(op="http", name="GET /"),
        sentry_sdk.start_span(op="db", name="span-text") as span,
    ):
        span.set_data("rows", "span-data")
    sentry_sdk.flush()
    (item,) = sandbox.sentry.events.wait_for(lambda items: items)
    event = api.get(
        f"/api/0/projects/acme/{sandbox.sentry.add_project('shop')}/events/{item.payload['event_id']}/"
    ).json()
    assert (event["type"], event["groupID"], event["title"]) == ("transaction", None, "GET /")
    assert "span-text" in json.dumps(event) and "span-data" in json.dumps(event)


def test_what_is_not_there_is_not_found(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_project("shop")
    missing = api.get(f"/api/0/projects/acme/shop/events/{'0' * 32}/")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Event not found"})


def test_sessions_check_ins_and_logs_are_taken_and_kept(sandbox: Sandbox, started: Started) -> None:
    started(enable_logs=True)
    with sentry_sdk.sessions.track_session(sentry_sdk.get_isolation_scope()):
        logger.warning("a log line")
        capture_checkin(monitor_slug="heartbeat", status="ok")
    sentry_sdk.flush()
    sandbox.sentry.events.wait_for(lambda items: {"check_in", "log"} <= {item.type for item in items})
    check_in = next(item for item in sandbox.sentry.events if item.type == "check_in")
    assert check_in.payload["monitor_slug"] == "heartbeat"
    assert check_in.project == "shop"


@pytest.mark.parametrize("algorithm", ["gzip", "none"])
def test_the_sdk_may_compress_or_not(sandbox: Sandbox, started: Started, algorithm: str) -> None:
    started(_experiments={"transport_compression_algo": algorithm})
    report()
    sentry_sdk.flush()
    (item,) = sandbox.sentry.events.wait_for(lambda items: items)
    assert item.payload["exception"]["values"][0]["type"] == "LookupError"


ENVELOPE = b'{"event_id":"%s"}\n{"type":"event"}\n{"event_id":"%s","message":"by hand"}\n' % (b"a" * 32, b"a" * 32)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("", bytes)])
def test_every_plain_encoding_is_read(sandbox: Sandbox, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    answer = post(sandbox, pack(ENVELOPE), {"Content-Encoding": encoding} if encoding else {})
    assert (answer.status_code, answer.json()) == (200, {"id": "a" * 32})
    assert sandbox.sentry.events[0].payload["message"] == "by hand"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"not json\n", {}),
        (b'{}\n{"type":"event","length":99}\nshort', {}),
        (b"not gzip", {"Content-Encoding": "gzip"}),
        (ENVELOPE, {"Content-Encoding": "zstd"}),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(sandbox: Sandbox, body: bytes, headers: dict[str, str]) -> None:
    answer = post(sandbox, body, headers)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "bad envelope" and answer.json()["causes"]
    assert sandbox.sentry.events == []


def test_a_wrong_key_and_no_key_are_refused(sandbox: Sandbox) -> None:
    assert post(sandbox, ENVELOPE, {"X-Sentry-Auth": "Sentry sentry_key=0000"}).status_code == 403
    assert post(sandbox, ENVELOPE, {"X-Sentry-Auth": ""}).json() == {"detail": "missing authorization information"}
    assert kinds(sandbox) == []


def test_envelopes_are_no_questions_and_their_door_can_fail_alone(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.fault(Fault("/envelope/", status=429, headers={"Retry-After": "60"}))
    assert post(sandbox, ENVELOPE, {}).status_code == 429
    assert api.get(ORG).status_code == 200
    assert [asked.path for asked in sandbox.sentry.requests] == [ORG]


def post(sandbox: Sandbox, body: bytes, headers: dict[str, str]) -> httpx.Response:
    key, _, rest = sandbox.sentry.dsn("shop").removeprefix("http://").partition("@")
    place, _, number = rest.partition("/")
    own = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}, sentry_client=test/1"}
    return httpx.post(f"http://{place}/api/{number}/envelope/", content=body, headers={**own, **headers})
