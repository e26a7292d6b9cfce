"""Closed unless opened: who sees the page, who may act, and what a wrong password, a proxy or a forger gets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from alerting.actions.models import Acknowledgement, AuditEntry
from alerting.status import peer
from alerting.status.models import FailedLogin
from tests.support.incidents import evaluator, incident

pytestmark = pytest.mark.django_db
PASSWORD, READING = "correct horse", "just looking"


@pytest.fixture
def client() -> Client:
    evaluator()
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def with_password(settings: Any) -> None:
    settings.STATUS_PASSWORD, settings.STATUS_READONLY_PASSWORD = PASSWORD, READING


@pytest.fixture
def behind_proxy(settings: Any) -> None:
    settings.STATUS_TRUSTED_PROXIES, settings.STATUS_USER_HEADER = ["10.0.0.0/8"], "HTTP_X_FORWARDED_USER"


def log_in(client: Client, password: str, name: str = "ann", **extra: Any) -> Any:
    return client.post("/login/", {"name": name, "password": password, "next": "/rules/"}, **extra)


def test_without_a_password_it_answers_on_this_machine(client: Client) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/", REMOTE_ADDR="::1").status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "", "not an address"])
def test_without_a_password_others_are_told_how_to_open_it(client: Client, address: str) -> None:
    answer = client.get("/", REMOTE_ADDR=address)
    assert answer.status_code == 403 and b"ALERTING_STATUS_PASSWORD" in answer.content


@pytest.mark.parametrize(
    "header",
    [
        *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PORT", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA"),
        *("HTTP_X_CLIENT_IP", "HTTP_X_SCHEME", "HTTP_X_ENVOY_EXTERNAL_ADDRESS", "HTTP_CF_CONNECTING_IP"),
    ],
)
def test_a_proxy_on_this_machine_does_not_open_it_to_the_world(client: Client, header: str) -> None:
    assert client.get("/", **{header: "192.0.2.7"}).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_SIGNING_SECRET", "s" * 32),
        ("STATUS_TRUSTED_PROXIES", ["127.0.0.1"]),
        ("STATUS_TRUSTED_PROXIES", ["10.0.0.1"]),
    ],
)
def test_a_proxy_on_this_machine_that_says_nothing_does_not_open_it_either(
    client: Client, settings: Any, name: str, value: object
) -> None:
    setattr(settings, name, value)
    answer = client.get("/", SERVER_PROTOCOL="HTTP/1.0", HTTP_HOST="127.0.0.1:8000")
    assert answer.status_code == 403 and b"set <code>ALERTING_STATUS_PASSWORD" in answer.content


def test_what_came_through_our_proxy_did_not_come_from_this_machine() -> None:
    assert not peer.find("127.0.0.1", "", False, peer.networks(["127.0.0.1"])).is_loopback
    assert peer.find("127.0.0.1", "", False, ()).is_loopback


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.7, 198.51.100.2:5001", "198.51.100.2"),
        ("[2001:db8::1]:5001", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("198.51.100.2, 10.0.0.2:80", "198.51.100.2"),
        ("192.0.2.7, unknown", "10.0.0.1"),
        ("192.0.2.7, 198.51.100.2:50:01", "10.0.0.1"),
    ],
)
def test_a_client_is_one_whatever_its_port(forwarded: str, client: str) -> None:
    assert peer.find("10.0.0.1", forwarded, True, peer.networks(["10.0.0.0/8"])).address == client


def test_a_foreign_host_name_is_refused(client: Client) -> None:
    assert client.get("/", HTTP_HOST="evil.example").status_code == 400


@pytest.mark.usefixtures("with_password")
def test_with_a_password_everybody_logs_in_even_here(client: Client) -> None:
    answer = client.get("/history/?project=shop")
    assert answer.status_code == 302 and answer.url == "/login/?next=%2Fhistory%2F%3Fproject%3Dshop"
    assert log_in(client, PASSWORD).url == "/rules/"
    assert b"ann" in client.get("/").content
    client.post("/logout/")
    assert client.get("/").status_code == 302


@pytest.mark.usefixtures("with_password")
def test_the_reading_password_reads_and_changes_nothing(client: Client) -> None:
    made = incident("shop")
    log_in(client, READING)
    assert b"I have it" not in client.get(f"/incidents/{made.pk}/").content
    for address in (f"/incidents/{made.pk}/acknowledge/", f"/incidents/{made.pk}/silence/", "/maintenance/"):
        assert client.post(address, {"reason": "x", "seconds": "3600"}).status_code == 403
    assert client.post("/silences/1/end/").status_code == client.post("/silences/add/").status_code == 403
    assert not Acknowledgement.objects.exists()


@pytest.mark.usefixtures("with_password")
def test_what_one_does_is_signed_with_the_name_given_at_login(client: Client) -> None:
    made = incident("shop")
    log_in(client, PASSWORD, "ann")
    client.post(f"/incidents/{made.pk}/acknowledge/")
    entry = AuditEntry.objects.get(action="acknowledged")
    assert (entry.who, entry.via, entry.address) == ("ann", "page", "127.0.0.1")
    assert client.post("/login/", {"name": " ", "password": PASSWORD}).status_code == 400


@pytest.mark.usefixtures("with_password")
def test_a_changed_password_ends_the_sessions_that_began_with_it(client: Client, settings: Any) -> None:
    log_in(client, PASSWORD)
    settings.STATUS_PASSWORD = "another"
    assert client.get("/").status_code == 302


@pytest.mark.usefixtures("with_password")
def test_guessing_is_stopped_after_five_and_only_for_who_guesses(client: Client) -> None:
    for _ in range(5):
        assert log_in(client, "wrong").status_code == 403
    late = log_in(client, PASSWORD)
    assert late.status_code == 429 and late["Retry-After"] == "900"
    assert log_in(client, PASSWORD, REMOTE_ADDR="192.0.2.9").status_code == 302
    FailedLogin.objects.update(at=datetime.now(UTC) - timedelta(minutes=16))
    assert log_in(client, PASSWORD).status_code == 302


@pytest.mark.usefixtures("with_password")
def test_one_ipv6_network_counts_as_one_guesser(client: Client) -> None:
    for number in range(5):
        log_in(client, "wrong", REMOTE_ADDR=f"2001:db8:0:1::{number}")
    assert log_in(client, PASSWORD, REMOTE_ADDR="2001:db8:0:1::ffff").status_code == 429


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil"])
def test_a_login_leads_to_no_other_site(client: Client, target: str) -> None:
    answer = client.post("/login/", {"name": "ann", "password": PASSWORD, "next": target})
    assert answer.url == "/"


@pytest.mark.usefixtures("behind_proxy")
def test_our_proxy_names_who_is_logged_in(client: Client) -> None:
    answer = client.get("/", REMOTE_ADDR="10.1.2.3", HTTP_X_FORWARDED_USER="bob", HTTP_X_FORWARDED_FOR="192.0.2.7")
    assert answer.status_code == 200 and b"bob" in answer.content


@pytest.mark.usefixtures("behind_proxy")
@pytest.mark.parametrize("address", ["192.0.2.7", "127.0.0.1"])
def test_nobody_else_can_name_themselves(client: Client, address: str) -> None:
    answer = client.get("/", REMOTE_ADDR=address, HTTP_X_FORWARDED_USER="bob")
    assert answer.status_code == 403 and b"ALERTING_TRUSTED_PROXIES" in answer.content


@pytest.mark.usefixtures("behind_proxy")
def test_a_proxys_request_without_a_name_stays_outside(client: Client) -> None:
    assert client.get("/", REMOTE_ADDR="10.1.2.3").status_code == 403


@pytest.mark.usefixtures("with_password")
def test_a_request_from_elsewhere_without_our_token_changes_nothing() -> None:
    evaluator()
    made = incident("shop")
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert strict.post("/login/", {"name": "ann", "password": PASSWORD}).status_code == 403
    token = strict.get("/login/").content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {"name": "ann", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert strict.post("/login/", form).status_code == 302
    assert strict.post(f"/incidents/{made.pk}/acknowledge/").status_code == 403
    assert not Acknowledgement.objects.exists()


def test_every_answer_forbids_what_our_pages_do_not_need(client: Client) -> None:
    answer = client.get("/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY" and answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    assert "style=" not in page and "<style" not in page and "onclick" not in page


@pytest.mark.usefixtures("with_password")
def test_behind_tls_cookies_stay_there_and_the_browser_remembers_it(client: Client, settings: Any) -> None:
    settings.STATUS_TRUSTED_PROXIES = ["10.0.0.0/8"]
    secure = {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_PROTO": "https"}
    answer = log_in(client, PASSWORD, **secure)
    assert answer.cookies["alerting_session"]["secure"] and answer.cookies["alerting_session"]["httponly"]
    assert "max-age" in answer["Strict-Transport-Security"]
    claimed = client.get("/login/", HTTP_X_FORWARDED_PROTO="https")
    assert "Strict-Transport-Security" not in claimed


def test_a_password_is_on_no_page_and_in_no_session(client: Client, settings: Any) -> None:
    settings.STATUS_PASSWORD = PASSWORD
    log_in(client, PASSWORD)
    assert PASSWORD not in str(dict(client.session))
    assert not any(PASSWORD.encode() in client.get(each).content for each in ("/", "/rules/", "/health/", "/silences/"))
