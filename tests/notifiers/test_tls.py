"""Mail and Slack over TLS, with a certificate we trust and with one we do not."""

import shutil
import ssl
from pathlib import Path

import pytest

from alerting.errors import DeliveryError
from alerting.examples.afternoon import firing
from alerting.notifiers.email.notifier import EmailNotifier
from alerting.notifiers.email.smtp import SmtpBackend
from alerting.notifiers.slack.notifier import SlackNotifier, WebhookMode
from tests.notifiers.stand_ins import mail_server, slack_server
from tests.support import certificate

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate for localhost and its key."""
    return certificate.make(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def serving(pem: Path) -> ssl.SSLContext:
    return certificate.serving(pem)


@pytest.fixture
def trusted(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))


def mail_to(port: int, *, starttls: bool) -> EmailNotifier:
    def connect() -> SmtpBackend:
        return SmtpBackend(host="localhost", port=port, use_tls=starttls, use_ssl=not starttls, timeout=5)

    return EmailNotifier(["ann@example.com"], "alerts@example.com", connect)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("starttls", [True, False])
def test_mail_goes_through_tls(serving: ssl.SSLContext, starttls: bool) -> None:
    with mail_server(**{"tls_context" if starttls else "ssl_context": serving}) as server:
        mail_to(server.port, starttls=starttls).send(firing(), {}, "k:1:email")
        assert len(server.handler.envelopes) == 1


@pytest.mark.parametrize("starttls", [True, False])
def test_a_mail_server_we_do_not_trust_gets_nothing(serving: ssl.SSLContext, starttls: bool) -> None:
    with (
        mail_server(**{"tls_context" if starttls else "ssl_context": serving}) as server,
        pytest.raises(DeliveryError, match="certificate of the mail server localhost was not accepted") as caught,
    ):
        mail_to(server.port, starttls=starttls).send(firing(), {}, "k:1:email")
    assert (caught.value.reason, caught.value.permanent) == ("tls_certificate", False)
    assert server.handler.envelopes == []


def test_a_server_without_starttls_is_permanent_where_it_is_asked_for() -> None:
    with mail_server() as server, pytest.raises(DeliveryError) as caught:
        mail_to(server.port, starttls=True).send(firing(), {}, "k:1:email")
    assert (caught.value.reason, caught.value.permanent) == ("smtp_starttls", True)


@pytest.mark.usefixtures("trusted")
def test_slack_goes_through_tls(serving: ssl.SSLContext) -> None:
    with slack_server(serving) as server:
        SlackNotifier(WebhookMode(server.webhook_url)).send(firing(), {}, "k:1:slack")
        assert len(server.requests) == 1


def test_a_slack_we_do_not_trust_gets_nothing(serving: ssl.SSLContext) -> None:
    with slack_server(serving) as server:
        with pytest.raises(DeliveryError) as caught:
            SlackNotifier(WebhookMode(server.webhook_url)).send(firing(), {}, "k:1:slack")
        assert caught.value.reason == "tls_certificate"
        assert server.requests == []
