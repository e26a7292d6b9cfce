"""Clicks in Slack under the real server: the same one several times at once, a busy database, a Slack that is slow."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.flow.conftest import MakeService
from tests.notifiers.stand_ins import SlackServer, slack_server
from tests.support.service import ROOT, Service, wait_until
from tests.support.slack_clicks import FORM, SECRET, press, signed

pytestmark = [pytest.mark.faults]
AN_INCIDENT = "import django; django.setup(); from tests.support import incidents; print(incidents.incident().uid.hex)"
AT_ONCE = 6


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server() as running:
        yield running


@pytest.fixture
def page(make_service: MakeService, slack: SlackServer) -> Service:
    service = make_service(SENTRY_SLACK_SIGNING_SECRET=SECRET, SENTRY_SLACK_API_URL=slack.api_url)
    service.migrate()
    service.start_page()
    return service


@pytest.fixture
def incident(page: Service) -> str:
    environ = {**page.environment, "DJANGO_SETTINGS_MODULE": "worker.settings"}
    made = subprocess.run([sys.executable, "-c", AN_INCIDENT], cwd=ROOT, env=environ, capture_output=True, check=True)
    return made.stdout.decode().strip()


def click(page: Service, body: str) -> int:
    """The status that Slack sees, waiting for less than SQLite's usual patience."""
    headers = {**signed(body), "Content-Type": FORM}
    return httpx.post(f"{page.page_url}slack/actions/", content=body, headers=headers, timeout=15).status_code


def told(slack: SlackServer, times: int = 1) -> set[str]:
    """What was said to whoever clicked, once it has been said so often."""
    assert wait_until(lambda: len(slack.requests) >= times, 15)
    return {each.body["text"] for each in slack.requests}


@pytest.fixture
def busy(page: Service) -> Callable[[], contextlib.AbstractContextManager[object]]:
    """Somebody else's transaction, which writes to what a click writes to and does not end."""

    @contextlib.contextmanager
    def of_sqlite() -> Iterator[object]:
        with contextlib.closing(sqlite3.connect(page.folder / "alerting.sqlite3")) as connection:
            yield connection.execute("begin immediate")

    @contextlib.contextmanager
    def of_postgres() -> Iterator[object]:
        with psycopg.connect(page.database_url) as connection:
            yield connection.execute("lock table incidents_incident in exclusive mode")

    return of_postgres if page.database_url else of_sqlite


def test_one_click_that_arrives_several_times_at_once_is_carried_out_once(
    page: Service, slack: SlackServer, incident: str
) -> None:
    body = press(incident, answers=slack.url)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(lambda _: click(page, body), range(AT_ONCE))) == {200}
    assert told(slack, AT_ONCE) == {"You have it: no more reminders."}
    assert page.rows("select count(*) from actions_auditentry") == [(1,)]
    assert page.rows("select count(*) from actions_answeredrequest") == [(1,)]


def test_a_busy_database_is_said_in_time_and_the_same_click_can_still_be_carried_out(
    page: Service, slack: SlackServer, incident: str, busy: Callable[[], contextlib.AbstractContextManager[object]]
) -> None:
    body = press(incident, answers=slack.url)
    with busy():
        assert click(page, body) == 503
    (sentence,) = told(slack)
    assert sentence.startswith("Nothing was done, since our database takes no changes")
    assert page.log("page").count("The database took no change (OperationalError): /slack/actions/") == 1
    assert click(page, body) == 200
    assert "You have it: no more reminders." in told(slack, 2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_slack_has_its_answer_before_it_has_taken_ours(page: Service, slack: SlackServer, incident: str) -> None:
    slack.reply = lambda _: slack.released.wait(30) and None
    assert click(page, press(incident, answers=slack.url)) == 200
    assert not slack.released.is_set()
    assert told(slack) == {"You have it: no more reminders."}
