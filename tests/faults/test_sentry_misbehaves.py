"""Whatever Sentry answers: nothing fires or resolves because of it, blindness is told once, and its end too."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Incident
from alerting.sandbox import Fault, Sandbox
from tests.flow.conftest import MakeService
from tests.support.pipeline import World
from tests.support.sandboxed import world_on

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
JSON = "application/json"


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """What Sentry answers does not depend on the database."""
    return ""


@pytest.fixture
def world(sandbox: Sandbox, transactional_db: None) -> World:
    return world_on(sandbox, World(NOON))


def detail(status: int, text: str, kind: str = JSON, **headers: str) -> Fault:
    return Fault(status=status, body=f'{{"detail": "{text}"}}', content_type=kind, headers=headers)


MISBEHAVIOUR = {
    "401": detail(401, "Invalid token"),
    "401 that is an object": Fault(
        status=401, body='{"detail": {"code": "sso-required", "message": "Must login via SSO"}}', content_type=JSON
    ),
    "403": detail(403, "You do not have permission to perform this action."),
    "404": detail(404, "The requested resource does not exist"),
    "429": detail(429, "You are attempting to use this endpoint too frequently.", "text/html"),
    "429 for concurrency": detail(429, "You are attempting to go above the allowed concurrency", "text/html"),
    "429 with a reset": detail(
        429,
        "You are attempting to use this endpoint too frequently.",
        "text/html",
        **{"X-Sentry-Rate-Limit-Reset": "1"},
    ),
    "500": detail(500, "Internal Error"),
    "502 with a page": Fault(status=502, body="<html>Bad Gateway</html>", content_type="text/html"),
    "504": detail(504, "Query timeout. Please try again."),
    "200 with a page": Fault(status=200, body="<html>login</html>", content_type="text/html"),
    "200 and empty": Fault(status=200, body="", content_type=JSON),
    "truncated": Fault(status=200, body='{"data": [{"project": "shop", "count()": 99', content_type=JSON),
    "wrong types": Fault(status=200, body='{"data": "many", "meta": []}', content_type=JSON),
    "a null count": Fault(
        status=200,
        body='{"data": [{"project": "shop", "project.id": 1, "count()": null}], "meta": {}}',
        content_type=JSON,
    ),
    "a redirect": Fault(status=302, body="", headers={"Location": "http://127.0.0.2:9/"}),
    "a reset": Fault(drop="before"),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_failing_sentry_neither_fires_nor_resolves_and_is_told_once(
    world: World, sandbox: Sandbox, name: str
) -> None:
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 11, issue=False)
    world.run(timedelta(seconds=45))
    assert world.kinds() == ["first"]
    fault = sandbox.sentry.fault(MISBEHAVIOUR[name])
    sandbox.sentry.add_errors("blog", 500, issue=False)
    world.run(timedelta(minutes=6))
    assert world.kinds() == ["first", "blind"]
    assert Incident.objects.get(rule="critical_errors").state == "firing"
    assert sandbox.sentry.token not in repr(world.slack.sent)
    fault.remove()
    world.run(timedelta(minutes=12))
    assert sorted(world.kinds()[2:]) == ["resolved", "sighted"]


def test_an_answer_of_a_hundred_megabytes_is_not_read_to_its_end(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    body = '{"data": [' + '{"project": "shop"},' * 2_000_000 + "{}]}"
    sandbox.sentry.fault(Fault(status=200, body=body, content_type=JSON))
    assert world.tick().outcome == "partial"
    assert Incident.objects.count() == 0


def test_a_link_to_another_host_is_never_followed(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    link = '<http://127.0.0.2:9/api/0/x/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
    sandbox.sentry.add_errors("shop", 11, issue=False)
    before = len(sandbox.sentry.requests)
    body = '{"data": [], "meta": {}}'
    sandbox.sentry.fault(Fault(status=200, body=body, content_type=JSON, headers={"Link": link}, times=1))
    world.now += timedelta(seconds=15)
    world.tick()
    assert {each.host for each in sandbox.sentry.requests[before:]} == {sandbox.sentry.url.removeprefix("http://")}


def test_an_endless_chain_of_pages_ends(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    link = '<http://127.0.0.1/api/0/x/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
    body = '{"data": [{"project": "shop", "project.id": 1, "count()": 50}], "meta": {}}'
    sandbox.sentry.fault(Fault(status=200, body=body, content_type=JSON, headers={"Link": link}))
    before = len(sandbox.sentry.requests)
    world.tick()
    assert len(sandbox.sentry.requests) - before <= 30
    assert not Incident.objects.filter(rule="critical_errors").exists()


@pytest.mark.parametrize("fault", [Fault(hang=True), Fault(drip=True)], ids=["hangs", "drips"])
def test_a_sentry_that_hangs_costs_a_bounded_time(world: World, sandbox: Sandbox, fault: Fault) -> None:
    world.source.organisation.client._exchange_seconds = 0.3
    world.source.organisation.client._patience_seconds = 0.5
    world.run(timedelta(seconds=15))
    sandbox.sentry.fault(fault)
    world.now += timedelta(seconds=15)
    assert world.tick().outcome == "partial"


@pytest.mark.faults
def test_a_revoked_token_is_told_once_by_the_whole_service(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false").up()
    service.wait_for_good_tick()
    sandbox.sentry.tokens.clear()
    arrived = sandbox.slack.wait_for(lambda all_: len(all_) == 1, timeout=100)
    assert "cannot read Sentry" in arrived[0].text and "SENTRY_AUTH_TOKEN" in arrived[0].text
    sandbox.sentry.tokens[sandbox.sentry.token] = "user"
    arrived = sandbox.slack.wait_for(lambda all_: len(all_) == 2, timeout=30)
    assert "can be read again" in arrived[1].text
    assert sandbox.sentry.token not in service.logs()
