"""Whatever Sentry answers: nothing fires or resolves because of it, blindness is told once, and its end too."""

import json
import resource
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from typer import Exit

from alerting.commands import explain, health
from alerting.incidents.models import Decision, Incident
from alerting.rules.answers import Measure, Question
from alerting.rules.model import Trust, Window
from tests.flow.conftest import MakeService
from tests.sandbox import Fault, Sandbox
from tests.sandbox.faults import swollen, truncated
from tests.support.pipeline import World
from tests.support.sandboxed import world_on
from tests.support.service import Service

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


# What Sentry does, and what people must be told about it.
MISBEHAVIOUR = {
    "401": (detail(401, "Invalid token"), "does not accept the token"),
    "401 that is an object": (
        Fault(
            status=401, body='{"detail": {"code": "sso-required", "message": "Must login via SSO"}}', content_type=JSON
        ),
        "Must login via SSO",
    ),
    "403": (detail(403, "You do not have permission to perform this action."), "needs the scope org:read"),
    "404": (detail(404, "The requested resource does not exist"), "SENTRY_ORG"),
    "429": (detail(429, "You are attempting to use this endpoint too frequently.", "text/html"), "limits our requests"),
    "429 for concurrency": (
        detail(429, "You are attempting to go above the allowed concurrency", "text/html"),
        "above the allowed concurrency",
    ),
    "429 with a reset": (
        detail(
            429,
            "You are attempting to use this endpoint too frequently.",
            "text/html",
            **{"X-Sentry-Rate-Limit-Reset": "1"},
        ),
        "limits our requests",
    ),
    "500": (detail(500, "Internal Error"), "status 500 (“Internal Error”)"),
    "502 with a page": (
        Fault(status=502, body="<html>Bad Gateway</html>", content_type="text/html"),
        "status 502 with a web page",
    ),
    "504": (detail(504, "Query timeout. Please try again."), "Query timeout"),
    "200 with a page": (Fault(status=200, body="<html>login</html>", content_type="text/html"), "not JSON"),
    "200 and empty": (Fault(status=200, body="", content_type=JSON), "0 bytes are not whole JSON"),
    "truncated": (Fault(body=truncated), "not whole JSON"),
    "wrong types": (Fault(status=200, body='{"data": "many", "meta": []}', content_type=JSON), "no list of rows"),
    "a null count": (
        Fault(
            status=200,
            body='{"data": [{"project": "shop", "project.id": 1, "count()": null}], "meta": {}}',
            content_type=JSON,
        ),
        "count() is missing for project shop",
    ),
    "a redirect": (
        Fault(status=302, body="", headers={"Location": "http://127.0.0.2:9/"}),
        "redirects events to 127.0.0.2",
    ),
    "a reset": (Fault(drop="before"), "broke off"),
    "a reset half-way": (Fault(drop="middle"), "broke off"),
}


# One of each kind of failure. The others of its kind differ only in the words, which an answer brings with it.
LIVED_THROUGH = ("401", "403", "404", "429", "500", "a null count", "a reset half-way")


@pytest.mark.parametrize("name", MISBEHAVIOUR)
@pytest.mark.parametrize("measure", [Measure.ERRORS, Measure.PERFORMANCE])
def test_whatever_sentry_does_is_an_answer_without_a_number_that_says_it(
    sandbox: Sandbox, transactional_db: None, name: str, measure: Measure
) -> None:
    fault, said = MISBEHAVIOUR[name]
    world = world_on(sandbox, World(NOON))
    question = Question(measure, Window(NOON - timedelta(minutes=5), NOON))
    sandbox.sentry.add_errors("shop", 11, at=NOON - timedelta(minutes=1), issue=False)
    assert world.source.ask(question).trust is Trust.VALUE
    sandbox.sentry.fault(fault)
    answer = world.source.ask(question)
    assert answer.trust is (Trust.PARTIAL if name == "a null count" else Trust.SOURCE_ERROR)
    assert answer.fault is not None and dict(answer.rows) == {}
    assert said in answer.note and sandbox.sentry.token not in answer.note


@pytest.mark.parametrize("name", LIVED_THROUGH)
def test_a_failing_sentry_neither_fires_nor_resolves_and_is_told_once(
    world: World, sandbox: Sandbox, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fault, said = MISBEHAVIOUR[name]
    world.interval = 60
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 11, issue=False)
    world.now += timedelta(seconds=1)
    world.run(timedelta(seconds=60))
    assert world.kinds() == ["first"]
    active = sandbox.sentry.fault(fault)
    sandbox.sentry.add_errors("blog", 500, issue=False)
    world.run(timedelta(minutes=8))
    assert world.kinds() == world.kinds("email") == ["first", "blind"]
    assert said in world.slack.sent[-1].sentence
    assert Incident.objects.get(rule="critical_errors").state == "firing"
    assert said in " ".join(command_line(capsys).split())
    assert Decision.objects.filter(incident__rule="critical_errors", trust__in=("source_error", "partial")).exists()
    assert sandbox.sentry.token not in repr(world.slack.sent)
    active.remove()
    world.run(timedelta(minutes=6))
    assert sorted((notice.project, notice.kind) for notice in world.slack.sent[2:]) == [
        ("blog", "late"),
        ("sentry", "sighted"),
        ("shop", "resolved"),
    ]
    assert world.kinds("email").count("late") == 1
    assert said not in command_line(capsys)


def command_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What `alerting explain` and `alerting health` say at this moment."""
    explain.explain()
    with suppress(Exit):  # by the real clock, which this world does not live by, the last tick is long ago
        health.health()
    return capsys.readouterr().out


def test_an_answer_of_a_hundred_megabytes_is_not_read_to_its_end(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    world.now += timedelta(seconds=15)
    sandbox.sentry.fault(Fault(match="dataset=errors", body=swollen(100)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert world.tick().outcome == "partial"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000, "kB"
    assert Incident.objects.count() == 0


def test_another_host_in_a_link_or_a_redirect_is_never_asked(world: World, sandbox: Sandbox) -> None:
    world.run(timedelta(minutes=1))
    sandbox.sentry.add_errors("shop", 11, issue=False)
    with Sandbox() as other:
        target = f"{other.sentry.url}/api/0/organizations/acme/events/?cursor=0:100:0"
        link = f'<{target}>; rel="next"; results="true"; cursor="0:100:0"'
        sandbox.sentry.fault(Fault(match="dataset=errors", body='{"data": []}', headers={"Link": link}, times=1))
        before = len(sandbox.sentry.requests)
        world.now += timedelta(seconds=15)
        world.tick()
        assert "0:100:0" in [dict(each.query).get("cursor") for each in list(sandbox.sentry.requests)[before:]]
        sandbox.sentry.fault(Fault(status=307, body="", headers={"Location": target}))
        world.now += timedelta(seconds=15)
        assert world.tick().outcome == "partial"
        assert list(other.sentry.requests) == []


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
def test_a_sentry_that_never_finishes_costs_a_bounded_time_and_is_told(
    sandbox: Sandbox, transactional_db: None, fault: Fault
) -> None:
    world = world_on(sandbox, World(NOON, interval=30), exchange_seconds=0.1)
    world.run(timedelta(minutes=1))
    active = sandbox.sentry.fault(fault)
    began = time.monotonic()
    world.run(timedelta(minutes=3, seconds=30))
    assert time.monotonic() - began < 20
    assert world.kinds() == ["blind"]
    assert "did not answer in full" in world.slack.sent[0].sentence
    active.remove()
    world.run(timedelta(minutes=1))
    assert world.kinds() == ["blind", "sighted"]


@pytest.mark.faults
def test_a_revoked_token_is_told_once_by_the_whole_service(make_service: MakeService, sandbox: Sandbox) -> None:
    service = make_service(SENTRY_NEW_ISSUE_ALERTS_ENABLED="false").up()
    service.wait_for_good_tick()
    sandbox.sentry.tokens.clear()
    service.wait_for_row("select 1 from incidents_tick where outcome = 'partial'")
    pretend_the_last_good_tick_was_a_minute_earlier(service)
    arrived = sandbox.slack.wait_for(lambda all_: len(all_) == 1, timeout=30)
    assert "not been able to read error counts" in arrived[0].text and "SENTRY_AUTH_TOKEN" in arrived[0].text
    assert "does not accept the token" in " ".join(service.command("health").stdout.split())
    sandbox.sentry.tokens.add(sandbox.sentry.token)
    arrived = sandbox.slack.wait_for(lambda all_: len(all_) == 2, timeout=30)
    assert "can be read again" in arrived[1].text
    service.wait_for_good_tick()
    assert len(sandbox.slack.messages) == len(sandbox.mail.wait_for(lambda all_: len(all_) == 2)) == 2
    assert sandbox.sentry.token not in service.logs()


def pretend_the_last_good_tick_was_a_minute_earlier(service: Service) -> None:
    """Blindness is told after a minute, which need not be waited for."""
    service.stop("beat")
    service.wait_for_row("select 1 where not exists (select 1 from incidents_tick where finished_at is null)")
    ((kept,),) = service.rows("select memory from incidents_evaluator")
    memory = json.loads(str(kept))
    good = memory["sight"]["good"]
    for measure, at in good.items():
        good[measure] = (datetime.fromisoformat(at) - timedelta(minutes=1)).isoformat()
    quoted = json.dumps(memory).replace("'", "''")
    service.execute(f"update incidents_evaluator set memory = '{quoted}'")
    service.start_beat()
