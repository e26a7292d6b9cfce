"""What Slack refuses, and what keeps us from Slack: what is tried again, what is not, and for how long it is waited."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from alerting.examples.afternoon import firing
from alerting.http.exchange import Reply
from alerting.notifiers.slack.notifier import SlackNotifier, WebhookMode
from alerting.notifiers.slack.slack_replies import DEFAULT_RETRY_AFTER, refusal
from tests.notifiers.drip import dripping_server
from tests.notifiers.slack_speaking import bot, refused, webhook
from tests.notifiers.stand_ins import SlackServer, api, slack_server

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        *("channel_not_found", "invalid_auth", "account_inactive", "token_revoked", "not_in_channel", "is_archived"),
        *("msg_too_long", "missing_scope", "token_expired"),
    ],
)
def test_what_only_a_person_can_mend_is_permanent_and_says_what_to_do(server: SlackServer, name: str) -> None:
    server.reply = lambda _: api(error=name)
    error = refused(bot(server))
    assert (error.reason, error.permanent) == (name, True)
    assert str(error).startswith("Slack refused: ")
    assert str(error).endswith(".")


@pytest.mark.parametrize("name", ["internal_error", "fatal_error", "service_unavailable", "never_heard_of"])
def test_slacks_own_trouble_and_unknown_errors_are_temporary(server: SlackServer, name: str) -> None:
    server.reply = lambda _: api(error=name)
    assert not refused(bot(server)).permanent


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, "no_service", "no_service"),
        (404, "channel_not_found", "channel_not_found"),
        (410, "channel_is_archived", "channel_is_archived"),
        (403, "action_prohibited", "action_prohibited"),
        (403, "invalid_token", "invalid_token"),
        (404, "<html>gone</html>", "http_404"),
        (400, "user_not_found", "http_400"),
    ],
)
def test_a_dead_webhook_is_permanent(server: SlackServer, status: int, body: str, reason: str) -> None:
    server.reply = lambda _: (status, {}, body)
    error = refused(webhook(server))
    assert (error.reason, error.permanent) == (reason, True)


@pytest.mark.parametrize("seconds", ["7", " 7 "])
def test_429_waits_as_long_as_slack_asks(server: SlackServer, seconds: str) -> None:
    server.reply = lambda _: (429, {"Retry-After": seconds}, "rate_limited")
    for notifier in (webhook(server), bot(server)):
        error = refused(notifier)
        assert (error.reason, error.retry_after, error.permanent) == ("rate_limited", 7.0, False)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("", DEFAULT_RETRY_AFTER),
        ("soon", DEFAULT_RETRY_AFTER),
        ("nan", DEFAULT_RETRY_AFTER),
        ("inf", DEFAULT_RETRY_AFTER),
        ("99999999", 3600.0),
        ("²", DEFAULT_RETRY_AFTER),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(seconds=30), usegmt=True), 0.0),
        ("Mon, 99 Foo 2026 99:99:99 GMT", DEFAULT_RETRY_AFTER),
    ],
)
def test_retry_after_is_read_in_both_forms_and_never_trusted_blindly(value: str, seconds: float) -> None:
    error = refusal(Reply(429, {"retry-after": value}, b""), NOW)
    assert error is not None
    assert error.retry_after == seconds


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "9"}, 9.0), ({}, None)])
def test_an_outage_lasts_as_long_as_slack_says(
    server: SlackServer, headers: dict[str, str], seconds: float | None
) -> None:
    server.reply = lambda _: (503, headers, "")
    error = refused(webhook(server))
    assert (error.reason, error.retry_after, error.permanent) == ("http_503", seconds, False)


def test_a_limit_without_retry_after_waits_a_little(server: SlackServer) -> None:
    server.reply = lambda _: (429, {}, "")
    assert refused(webhook(server)).retry_after == DEFAULT_RETRY_AFTER


@pytest.mark.parametrize(("status", "permanent"), [(301, True), (302, False), (307, False), (308, True)])
def test_a_redirect_is_never_followed(server: SlackServer, status: int, permanent: bool) -> None:
    with slack_server() as elsewhere:
        server.reply = lambda _: (status, {"Location": elsewhere.url + "/stolen"}, "")
        for notifier in (webhook(server), bot(server)):
            error = refused(notifier)
            assert (error.reason, error.permanent) == (f"http_{status}", permanent)
        assert elsewhere.requests == []


def test_a_connection_dropped_without_an_answer_is_temporary(server: SlackServer) -> None:
    server.reply = lambda _: None
    for notifier in (webhook(server), bot(server)):
        assert refused(notifier).reason == "connection_lost"


def test_nobody_listening_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = refused(SlackNotifier(WebhookMode(f"http://127.0.0.1:{port}/services/x")))
    assert (error.reason, error.permanent) == ("connection_refused", False)


def test_a_name_that_does_not_resolve_is_temporary() -> None:
    error = refused(SlackNotifier(WebhookMode("https://hooks.slack.invalid/services/x")))
    assert (error.reason, error.permanent) == ("dns", False)


def test_a_hang_ends_at_the_deadline(server: SlackServer) -> None:
    def hang(_: object) -> None:
        server.released.wait(10)

    server.reply = hang
    error = refused(webhook(server, seconds=0.3))
    assert (error.reason, error.permanent) == ("timeout", False)
    server.released.set()


def test_a_drip_ends_at_the_deadline() -> None:
    with dripping_server(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n") as port:
        notifier = SlackNotifier(WebhookMode(f"http://127.0.0.1:{port}/services/x"), seconds=0.5)
        assert refused(notifier).reason == "timeout"


def test_a_server_without_a_certificate_we_trust_gets_nothing() -> None:
    with slack_server() as plain:
        notifier = SlackNotifier(WebhookMode(plain.webhook_url.replace("http://", "https://")))
        assert refused(notifier).reason == "tls"
        assert plain.requests == []


def test_a_web_page_in_slacks_place_is_no_delivery(server: SlackServer) -> None:
    server.reply = lambda _: (200, {"Content-Type": "text/html"}, "<html>Sign in to the hotel's Wi-Fi</html>")
    assert refused(webhook(server)).reason == "garbled_answer"
    assert refused(bot(server)).reason == "garbled_answer"


@pytest.mark.parametrize("body", ["", "[]", "null", "ok", '{"ok": "yes"}', '{"ok":'])
def test_the_web_api_must_say_that_all_is_well(server: SlackServer, body: str) -> None:
    server.reply = lambda _: (200, {"Content-Type": "application/json"}, body)
    assert not refused(bot(server)).permanent


def test_a_proxy_in_the_environment_is_not_asked_for_loopback(
    server: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    webhook(server).send(firing(), {}, "k:1:slack")
    assert len(server.requests) == 1


def test_a_long_answer_is_not_read_to_its_end(server: SlackServer) -> None:
    server.reply = lambda _: (500, {}, "x" * 1_000_000)
    assert refused(webhook(server)).reason == "http_500"


@pytest.mark.parametrize("status", [*range(200, 205), *range(300, 309), *range(400, 432), 451, *range(500, 512)])
def test_every_status_has_a_verdict(status: int) -> None:
    error = refusal(Reply(status, {}, b""), NOW)
    if 200 <= status < 300:
        assert error is None
    else:
        assert error is not None
        temporary = status >= 500 or status in {302, 303, 304, 305, 306, 307, 300, 408, 421, 425, 429}
        assert error.permanent is not temporary
