"""Every way in which a stand-in can be told to fail, on the real socket."""

import gc
import json
import threading
import time
from datetime import UTC, datetime

import httpx
import pytest

from tests.sandbox import Fault, Sandbox
from tests.sandbox.conftest import ORG
from tests.sandbox.faults import Faults, swollen, truncated
from tests.sandbox.records import RecordedRequest

PROJECTS = f"{ORG}projects/"


@pytest.mark.parametrize(
    ("status", "content_type", "part"),
    [
        (401, "application/json", '"Invalid token"'),
        (404, "application/json", "does not exist"),
        (429, "text/html", "too frequently"),
        (500, "application/json", '"errorId": null'),
        (502, "text/html", "<html>"),
        (504, "application/json", "Query timeout"),
    ],
)
def test_a_bare_status_comes_with_the_body_sentry_gives_it(
    sandbox: Sandbox, api: httpx.Client, status: int, content_type: str, part: str
) -> None:
    sandbox.sentry.fault(Fault(status=status, times=1))
    answer = api.get(PROJECTS)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (status, content_type)
    assert part in answer.text
    assert api.get(PROJECTS).status_code == 200
    assert [asked.status for asked in sandbox.sentry.requests] == [status, 200]


def test_status_body_headers_and_type_can_be_chosen(sandbox: Sandbox, api: httpx.Client) -> None:
    page = Fault(status=200, body="<html>log in</html>", content_type="text/html", headers={"X-Proxy": "yes"})
    sandbox.sentry.fault(page)
    answer = api.get(PROJECTS)
    assert (answer.status_code, answer.text, answer.headers["x-proxy"]) == (200, "<html>log in</html>", "yes")


def test_a_header_alone_changes_the_true_answer(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_project("checkout")
    link = '<https://elsewhere.example/api/0/>; rel="next"; results="true"; cursor="0:100:0"'
    sandbox.sentry.fault(Fault("/projects/", headers={"Link": link}))
    answer = api.get(PROJECTS)
    assert answer.headers["link"] == link
    assert [project["slug"] for project in answer.json()] == ["checkout"]


def test_a_redirect_is_just_an_answer(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.fault(Fault(status=302, body="", headers={"Location": "http://127.0.0.2:9/"}))
    assert api.get(PROJECTS).headers["location"] == "http://127.0.0.2:9/"


def test_faults_apply_where_they_match_and_end_when_removed(sandbox: Sandbox, api: httpx.Client) -> None:
    by_query = sandbox.sentry.fault(Fault("dataset=errors", status=500))
    by_function = sandbox.sentry.fault(Fault(lambda request: request.path.endswith("/issues/"), status=503))
    events = f"{ORG}events/?field=count()&project=-1&dataset="
    assert [api.get(events + name).status_code for name in ("errors", "spans")] == [500, 200]
    assert api.get(f"{ORG}issues/?project=-1").status_code == 503
    by_query.remove()
    assert api.get(f"{events}errors").status_code == 200
    assert (by_query.happened, by_function.happened) == (1, 1)
    sandbox.sentry.faults.clear()
    assert api.get(f"{ORG}issues/?project=-1").status_code == 200


def test_the_newest_of_several_happens_and_then_the_older(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.fault(Fault(status=500))
    sandbox.sentry.fault(Fault(status=502, times=1))
    assert [api.get(PROJECTS).status_code for _ in range(2)] == [502, 500]


def test_a_connection_dropped_before_leaves_nothing_behind(sandbox: Sandbox) -> None:
    sandbox.slack.fault(Fault(drop="before", times=1))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.post(sandbox.slack.webhook_url, json={"text": "hello"})
    assert sandbox.slack.messages == []
    assert [asked.status for asked in sandbox.slack.requests] == [0]


def test_a_connection_dropped_after_has_taken_the_message(sandbox: Sandbox) -> None:
    sandbox.slack.fault(Fault(drop="after", times=1))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.post(sandbox.slack.webhook_url, json={"text": "hello"})
    assert [message.text for message in sandbox.slack.messages] == ["hello"]


def test_a_hang_after_has_taken_the_message_and_never_says_so(sandbox: Sandbox) -> None:
    sandbox.slack.fault(Fault(hang=True, drop="after", times=1))
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(sandbox.slack.webhook_url, json={"text": "once"}, timeout=0.3)
    assert [message.text for message in sandbox.slack.messages] == ["once"]
    assert httpx.post(sandbox.slack.webhook_url, json={"text": "again"}).text == "ok"


def test_a_connection_dropped_in_the_middle_breaks_off_the_body(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.fault(Fault(drop="middle"))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        api.get(PROJECTS)


def test_truncated_json_is_well_framed(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.add_project("checkout")
    sandbox.sentry.fault(Fault(body=truncated))
    answer = api.get(PROJECTS)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_swollen_answer_is_valid_json_made_on_the_way(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.fault(Fault(status=200, body=swollen(3), content_type="application/json"))
    answer = api.get(PROJECTS)
    assert len(answer.content) > 3 * 2**20
    assert answer.json()["data"] == []


def test_nobody_reading_a_swollen_answer_ends_it(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.fault(Fault(status=200, body=swollen(500), content_type="application/json", times=1))
    with api.stream("GET", PROJECTS) as answer:
        next(answer.iter_bytes(1000))
    assert api.get(PROJECTS).status_code == 200


def test_a_delayed_answer_is_late_and_true(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.sentry.fault(Fault(delay=0.2, times=1))
    started = time.monotonic()
    assert api.get(PROJECTS).json() == []
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    "fault", [Fault(hang=True), Fault(delay=60.0), Fault(drip=True)], ids=["hang", "delay", "drip"]
)
def test_what_hangs_or_drips_times_out_and_is_recorded_at_once(
    sandbox: Sandbox, api: httpx.Client, fault: Fault
) -> None:
    for number in range(30):
        sandbox.sentry.add_project(f"app-{number}")
    sandbox.sentry.fault(fault)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            with api.stream("GET", PROJECTS, timeout=0.15) as answer:
                answer.read()
        except httpx.HTTPError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    sandbox.sentry.wait_for(lambda asked: asked, timeout=5)
    asking.join(10)
    assert not asking.is_alive()
    assert len(failures) == 1


def test_a_sandbox_stops_at_once_in_spite_of_those_it_keeps_waiting() -> None:
    sandbox = Sandbox()
    sandbox.start()
    sandbox.slack.fault(Fault(hang=True))
    broken: list[Exception] = []

    def send() -> None:
        try:
            httpx.post(sandbox.slack.webhook_url, json={"text": "hello"}, timeout=20)
        except httpx.HTTPError as error:
            broken.append(error)

    sending = threading.Thread(target=send)
    sending.start()
    sandbox.slack.requests.wait_for(lambda asked: asked)
    started = time.monotonic()
    sandbox.stop()
    assert time.monotonic() - started < 10
    sending.join(5)
    assert len(broken) == 1
    gc.collect()


def test_waiting_in_vain_says_what_did_arrive(sandbox: Sandbox) -> None:
    httpx.post(sandbox.slack.webhook_url, json={"text": "something else"})
    with pytest.raises(AssertionError, match="something else"):
        sandbox.slack.wait_for(lambda arrived: len(arrived) == 2, timeout=0.05)
    with pytest.raises(AssertionError, match="nothing"):
        sandbox.mail.wait_for(lambda arrived: arrived, timeout=0.05)


def test_a_limited_fault_happens_exactly_that_often_whoever_asks() -> None:
    faults = Faults()
    active = faults.add(Fault(times=50))
    request = RecordedRequest(datetime.now(UTC), "GET", "/", [])
    taken: list[Fault | None] = []

    def take() -> None:
        taken.extend(faults.take(lambda fault: fault.applies_to(request)) for _ in range(25))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([fault for fault in taken if fault is not None]) == 50
    assert active.spent
