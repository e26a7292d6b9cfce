"""`alerting check` on mail: each way a server wants something else, named quickly with its variable."""

import contextlib
import shutil
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerting.config import load
from alerting.findings import Finding, Status
from alerting.notifiers.email import probe
from tests.notifiers.stand_ins import MAIL_PASSWORD, MailServer, mail_server
from tests.support import certificate

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl"),
]
LOGIN = {"EMAIL_HOST_USER": "ops", "EMAIL_HOST_PASSWORD": MAIL_PASSWORD}
STARTTLS, TLS = {"EMAIL_USE_TLS": "true"}, {"EMAIL_USE_SSL": "true"}


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate.make(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def serving(pem: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server needs whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return certificate.serving(pem)


def look(server: MailServer, **environ: str) -> Finding:
    values = {
        "EMAIL_HOST": "localhost",
        "EMAIL_PORT": str(server.port),
        "DEFAULT_FROM_EMAIL": "a@example.com",
        **environ,
    }
    recipients = {"SENTRY_ALERT_EMAIL_RECIPIENTS": "ann@example.com,bob@example.com"}
    found = probe.check(load({"SENTRY_EMAIL_ALERTS_ENABLED": "true", **recipients, **values}))
    assert server.handler.envelopes == [] and MAIL_PASSWORD not in found.said
    return found


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def test_a_user_without_a_password_fails() -> None:
    with mail_server() as server:
        found = look(server, EMAIL_HOST_USER="ops")
    assert found.status is Status.FAIL and "nobody logs in" in found.said and "EMAIL_HOST_PASSWORD" in found.advice


def test_a_server_that_wants_a_login_and_gets_none_fails() -> None:
    with mail_server(login=True, auth_required=True) as server:
        found = look(server)
    assert found.status is Status.FAIL and "wants a login first: 530" in found.said
    assert "Set EMAIL_HOST_USER and EMAIL_HOST_PASSWORD." in found.said and found.advice == ""


@pytest.mark.parametrize(
    "reply", ["550 5.7.1 Client was not authenticated", "554 5.7.1 Authentication required to relay"]
)
def test_a_server_that_says_so_at_the_recipients_fails_too(reply: str) -> None:
    with mail_server() as server:
        server.handler.replies = {"ann@example.com": reply, "bob@example.com": reply}
        assert "wants a login first" in look(server).said


def test_a_server_that_wants_starttls_and_gets_none_fails(serving: ssl.SSLContext) -> None:
    with mail_server(tls_context=serving, require_starttls=True) as server:
        found = look(server)
    assert found.status is Status.FAIL and "Set EMAIL_USE_TLS=true." in found.said and found.advice == ""


def test_a_server_that_takes_logins_after_starttls_only_is_told_apart_from_a_wrong_password(
    serving: ssl.SSLContext,
) -> None:
    with mail_server(login=True, auth_require_tls=True, tls_context=serving) as server:
        assert "Set EMAIL_USE_TLS=true." in look(server, **LOGIN).said
        assert look(server, **LOGIN, **STARTTLS).status is Status.PASS


def test_starttls_on_a_port_with_tls_from_the_first_byte_is_named_quickly(serving: ssl.SSLContext) -> None:
    with mail_server(ssl_context=serving) as server, within(8):
        found = look(server, **STARTTLS)
    assert found.status is Status.FAIL
    assert (
        found.said
        == f"localhost:{server.port} speaks TLS from the first byte. Set EMAIL_USE_SSL=true and EMAIL_USE_TLS=false."
    )


def test_no_tls_on_a_port_with_tls_from_the_first_byte_is_named_quickly(serving: ssl.SSLContext) -> None:
    with mail_server(ssl_context=serving) as server, within(8):
        assert look(server).said.endswith("speaks TLS from the first byte. Set EMAIL_USE_SSL=true.")


def test_tls_on_a_port_that_begins_in_the_clear_is_named_quickly() -> None:
    with mail_server() as server, within(8):
        found = look(server, **TLS)
    assert found.status is Status.FAIL
    assert "begins in the clear" in found.said and "Set EMAIL_USE_SSL=false and EMAIL_USE_TLS=true." in found.said


@pytest.mark.parametrize("way", [STARTTLS, TLS])
def test_an_authority_of_ones_own_leads_to_its_variable(
    way: dict[str, str], pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certificate.serving(pem)
    with mail_server(**{"tls_context" if way is STARTTLS else "ssl_context": context}) as server:
        found = look(server, **way)
        assert found.status is Status.FAIL and "SSL_CERT_FILE" in found.said and found.advice == ""
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        assert look(server, **way).status is Status.PASS
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
        assert look(server, **way).said == "SSL_CERT_FILE: /nowhere/ca.pem cannot be read: No such file or directory."


def test_a_login_in_the_clear_is_said_where_the_server_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(login=True) as server:
        assert look(server, **LOGIN).status is Status.PASS
        monkeypatch.setattr(probe, "is_loopback", lambda host: host != "localhost")
        found = look(server, **LOGIN)
    assert found.status is Status.WARNING and "EMAIL_USE_TLS=true" in found.advice


def test_a_recipient_that_is_turned_away_is_named_beside_those_that_are_not() -> None:
    with mail_server() as server:
        server.handler.replies = {"bob@example.com": "550 5.1.1 no such user"}
        found = look(server)
    assert found.status is Status.FAIL
    assert "bob@example.com: 550 5.1.1 no such user" in found.said and "ann@" not in found.said


def test_a_server_that_puts_us_off_is_a_warning() -> None:
    with mail_server() as server:
        server.handler.replies = dict.fromkeys(("ann@example.com", "bob@example.com"), "450 4.2.0 greylisted")
        assert look(server).status is Status.WARNING


def test_a_sender_that_is_refused_names_its_variable() -> None:
    with mail_server() as server:
        server.handler.replies = {"mail": "553 5.7.1 sender not owned by user"}
        assert "DEFAULT_FROM_EMAIL" in look(server).said
