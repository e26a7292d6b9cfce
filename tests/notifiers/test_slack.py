"""Slack over real HTTP, in both modes."""

import pytest

from alerting.actions import scope
from alerting.examples.afternoon import firing, resolved
from alerting.examples.every_kind import digest, every_kind
from alerting.notifiers.slack.notifier import BotMode, SlackNotifier, view
from alerting.outbox.message import Notice
from tests.notifiers.slack_speaking import bot, refused, webhook
from tests.notifiers.stand_ins import BOT_TOKEN, SlackServer, api


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
    assert not refused(bot(server), ref).permanent
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
