"""What every channel must do: raise DeliveryError and nothing else, and keep its secrets whatever happens."""

import logging
import socket
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from alerting.errors import DeliveryError
from alerting.examples.afternoon import firing
from alerting.examples.every_kind import every_kind
from alerting.notifiers.base import Notifier
from alerting.notifiers.email.notifier import EmailNotifier
from alerting.notifiers.email.smtp import SmtpBackend
from alerting.notifiers.slack.notifier import BotMode, SlackNotifier, WebhookMode
from alerting.outbox.message import Receipt
from tests.notifiers.stand_ins import (
    BOT_TOKEN,
    MAIL_PASSWORD,
    SECRET_PATH,
    MailServer,
    SlackServer,
    api,
    mail_server,
    slack_server,
)

SECRETS = (SECRET_PATH, SECRET_PATH.rsplit("/", 1)[1], BOT_TOKEN, MAIL_PASSWORD)


class Channels:
    """One notifier per way of delivering, all with planted secrets, and ways to make each of them fail."""

    def __init__(self, slack: SlackServer, mail: MailServer) -> None:
        self.slack, self.mail = slack, mail
        self.all: dict[str, Notifier] = {
            "email": EmailNotifier(["ann@example.com"], "alerts@example.com", lambda: self.smtp(mail.port)),
            "webhook": SlackNotifier(WebhookMode(slack.webhook_url)),
            "bot": SlackNotifier(BotMode(BOT_TOKEN, "#alerts", slack.api_url)),
        }

    def smtp(self, port: int) -> SmtpBackend:
        return SmtpBackend(
            host="127.0.0.1", port=port, username="ops", password=MAIL_PASSWORD, use_tls=False, use_ssl=False, timeout=5
        )

    def nobody_there(self, port: int) -> dict[str, Notifier]:
        base = f"http://127.0.0.1:{port}"
        return {
            "email": EmailNotifier(["ann@example.com"], "alerts@example.com", lambda: self.smtp(port)),
            "webhook": SlackNotifier(WebhookMode(base + SECRET_PATH)),
            "bot": SlackNotifier(BotMode(BOT_TOKEN, "#alerts", base + "/api/")),
        }


@pytest.fixture
def channels() -> Iterator[Channels]:
    with ExitStack() as stack:
        yield Channels(stack.enter_context(slack_server()), stack.enter_context(mail_server(login=True)))


def _refuse(channels: Channels) -> None:
    channels.slack.reply = lambda posted: (
        403,
        {},
        f"{posted.path} {posted.headers.get('Authorization')} is not allowed",
    )
    channels.mail.handler.replies["ann@example.com"] = f"550 not with {MAIL_PASSWORD}"


def _refuse_login(channels: Channels) -> None:
    channels.slack.reply = lambda posted: api(error=posted.headers.get("Authorization", "")[:60])
    channels.mail.handler.replies["auth"] = f"535 {MAIL_PASSWORD} is wrong"


def _break(channels: Channels) -> None:
    channels.slack.reply = lambda _: None
    channels.mail.handler.drop = "data"


def _busy(channels: Channels) -> None:
    channels.slack.reply = lambda posted: (503, {"X-Echo": posted.path}, f"<html>{posted.path}</html>")
    channels.mail.handler.replies["data"] = f"451 {MAIL_PASSWORD} later"


def _redirect(channels: Channels) -> None:
    channels.slack.reply = lambda posted: (302, {"Location": f"http://127.0.0.1:1{posted.path}"}, "")
    channels.mail.handler.replies["mail"] = f"421 {MAIL_PASSWORD}"


TROUBLES: Mapping[str, Callable[[Channels], None]] = {
    "refused": _refuse,
    "login refused": _refuse_login,
    "broken off": _break,
    "busy": _busy,
    "redirected": _redirect,
}


@pytest.mark.parametrize("name", ["email", "webhook", "bot"])
def test_every_kind_of_notice_is_delivered(channels: Channels, name: str) -> None:
    channels.slack.reply = lambda _: api(channel="C1", ts="1.1")
    for notice in every_kind().values():
        assert isinstance(channels.all[name].send(notice, {}, f"{notice.key}:1:{name}"), Receipt)


@pytest.mark.parametrize(
    ("name", "trouble"),
    [(name, trouble) for name in ("email", "bot") for trouble in TROUBLES]
    + [("webhook", trouble) for trouble in TROUBLES if trouble != "login refused"],
)
def test_no_secret_leaves_with_an_error_or_a_log_line(
    channels: Channels, name: str, trouble: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    TROUBLES[trouble](channels)
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryError) as caught:
        channels.all[name].send(firing(), {}, "k:1")
    assert_no_secret(caught.value, logged(caplog), *capfd.readouterr())


@pytest.mark.parametrize("name", ["email", "webhook", "bot"])
def test_nothing_listening_is_temporary_and_tells_no_secret(
    channels: Channels, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryError) as caught:
        channels.nobody_there(port)[name].send(firing(), {}, "k:1")
    assert not caught.value.permanent
    assert_no_secret(caught.value, logged(caplog))


@pytest.mark.parametrize("name", ["email", "webhook", "bot"])
def test_success_tells_no_secret_either(
    channels: Channels, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    channels.slack.reply = lambda _: api(channel="C1", ts="1.1")
    with caplog.at_level(logging.DEBUG):
        receipt = channels.all[name].send(firing(), {}, "k:1")
    shown = repr(receipt) + repr(channels.all[name]) + logged(caplog) + "".join(capfd.readouterr())
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("name", ["email", "webhook", "bot"])
def test_a_bug_of_ours_is_a_delivery_error_about_one_notice(channels: Channels, name: str) -> None:
    broken = firing(issue={"title": None})  # type: ignore[dict-item]
    object.__setattr__(broken, "lines", None)
    with pytest.raises(DeliveryError) as caught:
        channels.all[name].send(broken, {}, "k:1")
    assert (caught.value.reason, caught.value.permanent) == ("unrenderable", True)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Every log line but those of the mail server the test runs, which may know the password."""
    return "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")


def assert_no_secret(error: DeliveryError, *shown: str) -> None:
    everything = "".join(
        (str(error), repr(error), repr(error.__dict__), *traceback.format_exception(error), *map(str, shown))
    )
    assert not [secret for secret in SECRETS if secret in everything]
    # Tools that ignore `from None` show the context, and the library's exceptions hold requests with our secrets.
    assert error.__cause__ is None
    assert error.__context__ is None
