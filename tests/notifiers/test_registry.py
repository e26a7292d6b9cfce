"""Which channels are built from which settings, and how each is tried without sending."""

from collections.abc import Iterator
from email import message_from_bytes

import pytest
from pydantic import SecretStr

from alerting.config import Settings, load, switches
from alerting.errors import DeliveryError
from alerting.examples.afternoon import firing
from alerting.notifiers import registry
from alerting.notifiers.email import probe as mail_probe
from alerting.notifiers.slack import notifier as slack_notifier
from alerting.notifiers.slack import probe as slack_probe
from alerting.rules.model import Severity
from tests.notifiers.stand_ins import BOT_TOKEN, MAIL_PASSWORD, MailServer, SlackServer, api, mail_server, slack_server


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server() as running:
        yield running


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server(login=True) as running:
        yield running


def with_webhook(slack: SlackServer) -> Settings:
    return load({"SENTRY_SLACK_ALERTS_ENABLED": "true", "SENTRY_SLACK_WEBHOOK_URL": slack.webhook_url})


def with_bot(slack: SlackServer) -> Settings:
    return load(
        {
            "SENTRY_SLACK_ALERTS_ENABLED": "true",
            "SENTRY_SLACK_BOT_TOKEN": BOT_TOKEN,
            "SENTRY_SLACK_CHANNEL": "#alerts",
            "SENTRY_SLACK_API_URL": slack.api_url,
        }
    )


def with_mail(mail: MailServer, password: str = MAIL_PASSWORD) -> Settings:
    return load(
        {
            "SENTRY_EMAIL_ALERTS_ENABLED": "true",
            "SENTRY_ALERT_EMAIL_RECIPIENTS": "ann@example.com, bob@example.com",
            "EMAIL_HOST": mail.host,
            "EMAIL_PORT": str(mail.port),
            "EMAIL_HOST_USER": "ops",
            "EMAIL_HOST_PASSWORD": password,
            "DEFAULT_FROM_EMAIL": "alerts@example.com",
        }
    )


def test_every_channel_has_a_variable_that_switches_it_on() -> None:
    assert list(switches()) == [channel.name for channel in registry.CHANNELS]


def test_without_an_enabled_channel_there_is_no_notifier() -> None:
    assert registry.build(load({})) == {}


@pytest.mark.parametrize(
    ("enabled", "high", "medium"),
    [
        (("email", "slack"), "email and Slack", "Slack"),
        (("email",), "email and Slack (off)", "Slack (off)"),
        ((), "nobody: no channel is enabled", "nobody: no channel is enabled"),
    ],
)
def test_who_is_told_says_which_channels_are_off(enabled: tuple[str, ...], high: str, medium: str) -> None:
    assert registry.readers(Severity.HIGH, enabled) == high
    assert registry.readers(Severity.MEDIUM, enabled) == medium


def test_mail_goes_to_the_configured_recipients_from_the_configured_sender(mail: MailServer) -> None:
    registry.build(with_mail(mail))["email"].send(firing(), {}, "k:1:email")
    (envelope,) = mail.handler.envelopes
    assert envelope.mail_from == "alerts@example.com"
    assert envelope.rcpt_tos == ["ann@example.com", "bob@example.com"]


def test_every_notice_says_in_which_environment_the_service_runs_that_tells_it(
    mail: MailServer, slack: SlackServer
) -> None:
    for settings in (with_mail(mail), with_webhook(slack)):
        staging = settings.model_copy(update={"SENTRY_ENVIRONMENT": "staging"})
        for notifier in registry.build(staging).values():
            notifier.send(firing(), {}, "k:1")
    told = "by the alerting service in staging"
    (envelope,) = mail.handler.envelopes
    parts = list(message_from_bytes(envelope.content).walk())[1:]
    assert [told in part.get_payload(decode=True).decode() for part in parts] == [True, True]
    assert told in str(slack.requests[0].body)


def test_a_webhook_is_used_where_there_is_no_token(slack: SlackServer) -> None:
    registry.build(with_webhook(slack))["slack"].send(firing(), {}, "k:1:slack")
    assert slack.requests[0].path in slack.webhook_url


def test_the_bot_is_used_where_there_is_a_token(slack: SlackServer) -> None:
    slack.reply = lambda _: api(channel="C1", ts="1.1")
    registry.build(with_bot(slack))["slack"].send(firing(), {}, "k:1:slack")
    assert slack.paths == ["/api/chat.postMessage"]


@pytest.mark.parametrize("reply", [(400, {}, "no_text"), (400, {}, "invalid_payload")])
def test_a_living_webhook_is_recognised_by_its_complaint(
    slack: SlackServer, reply: tuple[int, dict[str, str], str]
) -> None:
    slack.reply = lambda _: reply
    assert "alive" in slack_probe.handshake(with_webhook(slack))
    assert slack.requests[0].body == {"text": ""}


def test_a_dead_webhook_is_recognised_too(slack: SlackServer) -> None:
    slack.reply = lambda _: (404, {}, "no_service")
    with pytest.raises(DeliveryError, match="Make a new incoming webhook"):
        slack_probe.handshake(with_webhook(slack))


def test_the_bots_token_is_tried_with_auth_test(slack: SlackServer) -> None:
    slack.reply = lambda _: api(user="alerter", team="Acme \u202eevil")
    said = slack_probe.handshake(with_bot(slack))
    assert said == "the token is valid: alerter in Acme evil, posting to #alerts"
    assert slack.paths == ["/api/auth.test"]


def test_a_bot_that_may_not_write_is_told_so(slack: SlackServer) -> None:
    status, headers, body = api(user="alerter", team="Acme")
    slack.reply = lambda _: (status, {**headers, "X-OAuth-Scopes": "channels:read,users:read"}, body)
    with pytest.raises(DeliveryError, match="chat:write") as caught:
        slack_probe.handshake(with_bot(slack))
    assert caught.value.reason == "missing_scope"


def test_a_revoked_token_fails_the_handshake(slack: SlackServer) -> None:
    slack.reply = lambda _: api(error="token_revoked")
    with pytest.raises(DeliveryError, match="revoked"):
        slack_probe.handshake(with_bot(slack))


def test_the_mail_server_is_tried_up_to_the_login_and_gets_no_mail(mail: MailServer) -> None:
    said = mail_probe.handshake(with_mail(mail))
    assert said == f"127.0.0.1:{mail.port} answers (unencrypted, logged in as ops)"
    assert mail.handler.envelopes == []
    assert mail.handler.logins == 1


def test_a_wrong_mail_password_fails_the_handshake_and_is_not_shown(mail: MailServer) -> None:
    with pytest.raises(DeliveryError) as caught:
        mail_probe.handshake(with_mail(mail, password="not the password"))
    assert caught.value.reason == "smtp_auth"
    assert "not the password" not in str(caught.value)


@pytest.mark.parametrize(("token", "secret", "expected"), [(1, 1, True), (1, 0, False), (0, 1, False), (0, 0, False)])
def test_cards_have_buttons_only_where_they_can_be_edited_and_clicks_verified(
    token: int, secret: int, expected: bool, slack: SlackServer
) -> None:
    settings = with_bot(slack) if token else with_webhook(slack)
    if secret:
        settings = settings.model_copy(update={"SENTRY_SLACK_SIGNING_SECRET": SecretStr("s" * 32)})
    assert slack_notifier.has_buttons(settings) is expected
    slack.reply = lambda _: api(channel="C1", ts="1.1")
    slack_notifier.build(settings).send(firing(), {}, "k:1:slack")
    types = {block["type"] for block in slack.requests[0].body["blocks"]}
    assert ("actions" in types) is expected
