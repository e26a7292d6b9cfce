"""Slack over real HTTP, in both modes."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from alerting.actions import scope
from alerting.errors import DeliveryError
from alerting.examples.afternoon import firing, resolved
from alerting.examples.every_kind import digest, every_kind
from alerting.notifiers.slack.notifier import BotMode, SlackNotifier, WebhookMode, view
from alerting.notifiers.slack.slack_http import Answer
from alerting.notifiers.slack.slack_replies import DEFAULT_RETRY_AFTER, refusal
from alerting.outbox.message import Notice
from tests.notifiers.drip import dripping_server
from tests.notifiers.stand_ins import BOT_TOKEN, SlackServer, api, slack_server

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with slack_server() as running:
        yield running


def webhook(server: SlackServer, seconds: float = 10.0) -> SlackNotifier:
    return SlackNotifier(WebhookMode(server.webhook_url), seconds=seconds)


def bot(server: SlackServer, channel: str = "#alerts") -> SlackNotifier:
    return SlackNotifier(BotMode(BOT_TOKEN, channel, server.api_url))


def refused(notifier: SlackNotifier, ref: dict[str, str] | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notifier.send(firing(), ref or {}, "k:1:slack")
    return caught.value


def test_a_webhook_gets_one_post_with_blocks_and_a_text_that_is_complete(server: SlackServer) -> None:
    assert webhook(server).send(firing(), {}, "k:1:slack").ref == {}
    (posted,) = server.requests
    assert posted.body["blocks"][0]["type"] == "header"
    assert posted.body["text"].startswith("[firing] High · checkout · production\n37 errors in 5 min, over")
    assert posted.body["unfurl_links"] is False


def test_the_bot_posts_a_card_and_remembers_it(server: SlackServer) -> None:
    server.reply = lambda _: api(channel="C42", ts="1700000000.000100")
    receipt = bot(server).send(firing(), {}, "k:1:slack")
    assert receipt.ref == {"channel": "C42", "ts": "1700000000.000100", "target": "#alerts"}
    (posted,) = server.requests
    assert posted.path == "/api/chat.postMessage"
    assert posted.body["channel"] == "#alerts"
    assert posted.headers["Authorization"] == f"Bearer {BOT_TOKEN}"


def test_the_bot_edits_the_card_and_tells_the_change_in_its_thread(server: SlackServer) -> None:
    server.reply = lambda _: api(channel="C42", ts="17.1")
    ref = bot(server).send(firing(), {}, "k:1:slack").ref
    server.requests.clear()
    assert bot(server).send(resolved(), ref, "k:2:slack").ref == ref
    edited, threaded = server.requests
    assert (edited.path, edited.body["channel"], edited.body["ts"]) == ("/api/chat.update", "C42", "17.1")
    assert (threaded.path, threaded.body["thread_ts"]) == ("/api/chat.postMessage", "17.1")
    assert "[resolved]" in edited.body["text"]
    assert "[resolved]" in threaded.body["text"]


KINDS = every_kind()
# What keeps us from judging: it can be taken in hand, and is always told.
ABOUT_US = {"dropping", "behind"}


@pytest.mark.parametrize("name", KINDS)
def test_only_an_open_incident_has_buttons_and_they_name_it(server: SlackServer, name: str) -> None:
    server.reply = lambda _: api(channel="C42", ts="17.1")
    mode = BotMode(BOT_TOKEN, "#alerts", server.api_url)
    SlackNotifier(mode, has_buttons=True).send(KINDS[name], {}, "k:1:slack")
    SlackNotifier(mode).send(KINDS[name], {}, "k:1:slack")
    with_buttons, without = [
        [each for block in posted.body["blocks"] if block["type"] == "actions" for each in block["elements"]]
        for posted in server.requests
    ]
    opened = {"firing", "reminder", "worse", "rate", "p95", "flapping", "escalated", "late and open", "silence over"}
    key = KINDS[name].key.removesuffix("-escalated")
    expected = ["acknowledge", "silence"] if name in opened else ["acknowledge"] if name in ABOUT_US else []
    assert [(each["action_id"], each["value"]) for each in with_buttons] == [(each, key) for each in expected]
    assert without == []


@pytest.mark.parametrize("rule", scope.ALWAYS_TOLD)
def test_nothing_that_is_always_told_has_a_button_to_silence_it(rule: str) -> None:
    told = [each for each in KINDS.values() if each.rule == rule]
    assert told and not [each for each in told if "silence" in offered(each)]


def test_what_somebody_has_in_hand_is_not_offered_again() -> None:
    assert offered(firing(in_hand="ann")) == ("silence",)


def offered(notice: Notice) -> tuple[str, ...]:
    return view(notice, has_buttons=True).buttons


def test_an_edit_alone_posts_nothing(server: SlackServer) -> None:
    server.reply = lambda _: api(channel="C42", ts="17.1")
    ref = bot(server).send(firing(), {}, "k:1:slack").ref
    server.requests.clear()
    assert bot(server).send(resolved(edit_only=True), ref, "k:2:slack:card").ref == ref
    (edited,) = server.requests
    assert (edited.path, edited.body["ts"]) == ("/api/chat.update", "17.1")
    assert "[resolved]" in edited.body["text"]


@pytest.mark.parametrize("ref", [{}, {"channel": "C42", "ts": "17.1", "target": "#old"}], ids=["none", "elsewhere"])
def test_an_edit_without_a_card_of_ours_does_nothing(server: SlackServer, ref: dict[str, str]) -> None:
    for notifier in (bot(server), webhook(server)):
        notifier.send(resolved(edit_only=True), ref, "k:2:slack:card")
    assert server.requests == []


def test_an_edit_of_a_card_that_is_gone_posts_no_new_one(server: SlackServer) -> None:
    server.reply = lambda _: api(error="message_not_found")
    ref = {"channel": "C42", "ts": "17.1", "target": "#alerts"}
    bot(server).send(resolved(edit_only=True), ref, "k:2:slack:card")
    assert server.paths == ["/api/chat.update"]


def test_a_thread_post_that_fails_is_told_again_without_harm(server: SlackServer) -> None:
    ref = {"channel": "C42", "ts": "17.1", "target": "#alerts"}
    server.reply = lambda posted: api(ts="17.1") if "update" in posted.path else (503, {}, "")
    assert refused(bot(server), ref).retryable
    server.reply = lambda _: api(ts="17.2")
    bot(server).send(firing(), ref, "k:1:slack")
    assert server.paths == ["/api/chat.update", "/api/chat.postMessage"] * 2


@pytest.mark.parametrize("gone", ["message_not_found", "cant_update_message", "edit_window_closed"])
def test_a_card_that_is_gone_is_posted_anew(server: SlackServer, gone: str) -> None:
    server.reply = lambda posted: api(error=gone) if "update" in posted.path else api(channel="C42", ts="99.1")
    ref = {"channel": "C42", "ts": "17.1", "target": "#alerts"}
    assert bot(server).send(firing(), ref, "k:2:slack").ref["ts"] == "99.1"
    assert "thread_ts" not in server.requests[-1].body


def test_another_configured_channel_gets_a_card_of_its_own(server: SlackServer) -> None:
    server.reply = lambda _: api(channel="C7", ts="99.1")
    ref = {"channel": "C42", "ts": "17.1", "target": "#old"}
    assert bot(server, "#new").send(firing(), ref, "k:2:slack").ref == {"channel": "C7", "ts": "99.1", "target": "#new"}
    assert server.paths == ["/api/chat.postMessage"]


@pytest.mark.parametrize("error", ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"])
def test_refused_blocks_are_sent_once_more_as_text(server: SlackServer, error: str) -> None:
    server.reply = lambda posted: api(error=error) if posted.body.get("blocks") else api(channel="C42", ts="17.1")
    assert bot(server).send(firing(), {}, "k:1:slack").ref["ts"] == "17.1"
    assert len(server.requests) == 2
    assert "37 errors" in server.requests[1].body["text"]


def test_refused_blocks_of_an_edit_are_taken_off_the_card(server: SlackServer) -> None:
    server.reply = lambda posted: api(error="invalid_blocks") if posted.body.get("blocks") else api(ts="17.1")
    bot(server).send(resolved(), {"channel": "C42", "ts": "17.1", "target": "#alerts"}, "k:2:slack")
    assert server.requests[1].path == "/api/chat.update"
    assert server.requests[1].body["blocks"] == []


def test_a_text_that_is_too_long_is_sent_once_more_as_a_short_one(server: SlackServer) -> None:
    server.reply = lambda posted: api(error="msg_too_long") if len(posted.body["text"]) > 900 else api(ts="17.1")
    bot(server).send(digest(70), {}, "k:1:slack")
    assert len(server.requests) == 2
    assert server.requests[1].body["blocks"] == server.requests[0].body["blocks"]


def test_text_that_is_refused_too_is_permanent(server: SlackServer) -> None:
    server.reply = lambda _: (400, {}, "invalid_blocks")
    error = refused(webhook(server))
    assert (error.reason, error.permanent) == ("invalid_blocks", True)
    assert len(server.requests) == 2


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
    assert refused(bot(server)).retryable


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
    error = refusal(Answer(429, {"retry-after": value}), NOW)
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
    assert refused(bot(server)).retryable


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
    error = refusal(Answer(status), NOW)
    if 200 <= status < 300:
        assert error is None
    else:
        assert error is not None
        temporary = status >= 500 or status in {302, 303, 304, 305, 306, 307, 300, 408, 421, 425, 429}
        assert error.retryable is temporary
