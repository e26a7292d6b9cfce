"""What people did, on the page and in the terminal: whole, in the same words, and not buried under failed logins."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerting import housekeeping
from alerting.actions import perform, scope
from alerting.actions.models import AuditEntry
from alerting.commands import audit_command
from alerting.status import login
from tests.support.incidents import evaluator, incident

pytestmark = pytest.mark.django_db
ANN = perform.Actor("ann", "cli")
LINK = r'<a href="(/silences/\?before=\d+)#audit">Older'
GUESSER, ANOTHER = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def client(settings: Any) -> Client:
    evaluator()
    settings.STATUS_PASSWORD = "correct horse"
    client = Client(SERVER_NAME="localhost")
    client.post("/login/", {"name": "ann", "password": "correct horse"})
    return client


def guess(client: Client, name: str = "root", address: str = GUESSER) -> None:
    answer = Client(SERVER_NAME="localhost").post("/login/", {"name": name, "password": "wrong"}, REMOTE_ADDR=address)
    assert answer.status_code == 403


def failures() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=login.FAILED).order_by("id"))


def listed(client: Client, address: str = "/silences/") -> list[str]:
    """What the page says that people did, newest first, without markup."""
    page = client.get(address).content.decode().partition('id="audit"')[2]
    cells = re.findall(r'</td><td class="text">(.*?)</td><td class="text">', page)
    return [html.unescape(re.sub("<[^>]*>", "", each)) for each in cells]


def acted(times: int) -> None:
    for number in range(times):
        perform.audit(ANN, "planned maintenance", f"number {number}", datetime.now(UTC))


def test_failed_logins_of_one_address_are_one_entry_that_counts(client: Client) -> None:
    for _ in range(3):
        guess(client)
    guess(client, address=ANOTHER)
    several, one = failures()
    assert re.fullmatch(r"the page, 3 times until [\d-]{10} [\d:]{5} UTC", several.subject)
    assert (one.subject, one.address) == ("the page", ANOTHER)
    assert listed(client)[:2] == [f"failed to log in {each}" for each in ("the page", several.subject)]


def test_who_guesses_all_day_fills_one_line_and_another_the_next_day(client: Client) -> None:
    now = datetime.now(UTC)
    for hours in (23, 12, 1):
        guess(client)
        recent = login.FailedLogin.objects.filter(at__gte=now)
        recent.update(at=now - timedelta(hours=hours))
        AuditEntry.objects.filter(action=login.FAILED).update(at=now - timedelta(hours=23))
        housekeeping.take_turn(datetime.now(UTC), 90)
    guess(client)
    assert "4 times" in failures()[0].subject
    AuditEntry.objects.filter(action=login.FAILED).update(at=now - timedelta(hours=25))
    guess(client)
    assert len(failures()) == 2 and failures()[1].subject == "the page"


def test_the_names_that_were_tried_from_an_address_are_kept_as_far_as_they_fit(client: Client) -> None:
    for name in ("root", "ann", "root"):
        guess(client, name)
    assert failures()[0].who == "root, ann"
    guess(client, "x" * 80)
    assert failures()[0].who.startswith("root, ann, xxx") and len(failures()[0].who) == 80


def test_what_is_older_is_read_page_by_page_with_an_address_for_each(client: Client) -> None:
    acted(120)
    addresses, found = ["/silences/"], listed(client)
    while older := re.search(
        r'<a href="(/silences/\?before=\d+)#audit">Older', client.get(addresses[-1]).content.decode()
    ):
        addresses.append(older[1])
        found += listed(client, older[1])
    assert len(addresses) == 3
    assert found == [f"planned maintenance number {number}" for number in reversed(range(120))] + [
        "logged in the page, as operator"
    ]
    assert "Newest</a>" in client.get(addresses[1]).content.decode()


@pytest.mark.parametrize("before", ["1", "0", "x", "-1", "9" * 30, ""])
def test_the_page_answers_whatever_it_is_asked(client: Client, before: str) -> None:
    answer = client.get(f"/silences/?before={before}")
    assert answer.status_code == 200 and (b"Nothing older." in answer.content) is (before in {"0", "1"})


def test_an_old_page_takes_no_more_queries(
    client: Client, django_assert_max_num_queries: type[CaptureQueriesContext]
) -> None:
    now, made = datetime.now(UTC), incident("shop")
    for number in range(120):
        perform.silence(scope.About("", "shop"), now + timedelta(hours=1), f"deploy {number}", ANN, now, made)
    with django_assert_max_num_queries(10):
        assert len(listed(client, f"/silences/?before={AuditEntry.objects.latest('id').pk}")) == 50


def test_the_command_lists_the_same_in_the_same_words(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    now, made = datetime.now(UTC), incident("shop")
    perform.acknowledge(made.pk, ANN, now, "rolling back")
    perform.silence(scope.About("", "shop"), now + timedelta(hours=1), "deploy", ANN, now, made)
    guess(client)
    audit_command.audit(None, 50, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert [each["what"] for each in found] == listed(client)
    assert found[2]["what"] == f"acknowledged incident {made.pk}" and found[2]["incident"] == made.pk
    assert found[1]["what"].endswith(f"UTC (incident {made.pk})")
    assert (found[0]["who"], found[0]["from"], found[0]["address"]) == ("root", "page", GUESSER)
    audit_command.audit(None, 50, as_json=False)
    said = capsys.readouterr().out
    assert all(each["what"] in said for each in found) and f"page {GUESSER}" in said


def test_the_command_goes_back_as_far_as_one_asks(capsys: pytest.CaptureFixture[str]) -> None:
    acted(5)
    newest = AuditEntry.objects.latest("id").pk
    audit_command.audit(None, 2)
    assert f"`alerting audit --before {newest - 1}` lists what is older." in capsys.readouterr().out
    audit_command.audit(newest - 1, 50)
    said = capsys.readouterr().out
    assert "number 2" in said and "number 3" not in said and "is older" not in said


def test_an_incident_that_is_kept_no_more_is_still_called_one(capsys: pytest.CaptureFixture[str]) -> None:
    made = incident("shop")
    perform.acknowledge(made.pk, ANN, datetime.now(UTC))
    number = made.pk
    made.delete()
    audit_command.audit(None, 50)
    assert f"acknowledged incident {number}" in capsys.readouterr().out
