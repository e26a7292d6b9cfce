"""Slack's webhook and methods, spoken to by Slack's own client."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError

from tests.sandbox import Sandbox, slack_limits


def section(text: str = "hello") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.fixture
def webhook(sandbox: Sandbox) -> WebhookClient:
    return WebhookClient(sandbox.slack.webhook_url)


@pytest.fixture
def bot(sandbox: Sandbox) -> WebClient:
    return WebClient(sandbox.slack.bot_token, base_url=sandbox.slack.api_url)


def refused(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(*arguments, **options)
    return str(caught.value.response["error"])


def test_a_webhook_takes_a_message_and_says_ok(sandbox: Sandbox, webhook: WebhookClient) -> None:
    answer = webhook.send(text="hello", blocks=[section()])
    assert (answer.status_code, answer.body) == (200, "ok")
    (message,) = sandbox.slack.wait_for(lambda arrived: arrived, timeout=1)
    assert (message.via, message.channel, message.text) == ("webhook", "#alerts", "hello")
    assert message.blocks == [section()]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{not json", 400, "invalid_payload"),
        (b"[]", 400, "invalid_payload"),
        (b"{}", 400, "no_text"),
        (b'{"text": ""}', 400, "no_text"),
        (b'{"blocks": [{"type": "section"}]}', 400, "invalid_blocks"),
        (b'{"text": "%s"}' % (b"x" * 40_001), 400, "msg_too_long"),
    ],
)
def test_a_webhook_refuses_in_plain_words(sandbox: Sandbox, body: bytes, status: int, said: str) -> None:
    answer = httpx.post(sandbox.slack.webhook_url, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.text) == (status, said)
    assert sandbox.slack.messages == []
    assert sandbox.slack.requests[-1].status == status


def test_another_webhook_is_no_service(sandbox: Sandbox) -> None:
    url = sandbox.slack.webhook_url
    assert httpx.post(url + "x", json={"text": "hello"}).text == "no_service"
    assert httpx.post(url[:-1], json={"text": "hello"}).text == "no_service"
    elsewhere = httpx.post(url.replace("/T0SANDBOX/", "/T0OTHER/"), json={"text": "hello"})
    assert (elsewhere.status_code, elsewhere.text) == (404, "no_team")


@pytest.mark.parametrize(
    ("error", "status"),
    [("no_service", 404), ("channel_is_archived", 410), ("action_prohibited", 403), ("invalid_payload", 400)],
)
def test_it_can_be_told_to_refuse_as_slack_documents(
    sandbox: Sandbox, webhook: WebhookClient, bot: WebClient, error: str, status: int
) -> None:
    sandbox.slack.refusing = error
    answer = webhook.send(text="hello")
    assert (answer.status_code, answer.body) == (status, error)
    assert refused(bot.auth_test) == error
    sandbox.slack.refusing = ""
    assert webhook.send(text="hello").body == "ok"
    assert bot.auth_test()["ok"]


def test_one_message_a_second_and_429_above(sandbox: Sandbox, webhook: WebhookClient, bot: WebClient) -> None:
    sandbox.slack.rate_limit = 1.0
    assert webhook.send(text="first").status_code == 200
    second = webhook.send(text="second")
    assert (second.status_code, second.body) == (429, "rate_limited")
    assert second.headers["retry-after"] == "1"
    with pytest.raises(SlackApiError) as caught:
        bot.chat_postMessage(channel="#alerts", text="third")
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert [message.text for message in sandbox.slack.messages] == ["first"]
    sandbox.slack.rate_limit = None
    assert webhook.send(text="fourth").status_code == 200


def test_a_bot_posts_threads_and_edits(sandbox: Sandbox, bot: WebClient) -> None:
    posted = bot.chat_postMessage(channel="#alerts", text="firing", blocks=[section("firing")])
    assert posted["channel"] == "C0SANDBOX"
    card = {"channel": posted["channel"], "ts": posted["ts"]}
    bot.chat_postMessage(channel=card["channel"], thread_ts=card["ts"], text="worse")
    assert bot.chat_update(**card, text="resolved")["ts"] == posted["ts"]
    bot.chat_update(**card, text="resolved", blocks=[])
    first, reply, edit, bare = sandbox.slack.messages
    assert (edit.blocks, bare.blocks) == ([section("firing")], [])
    assert [first.via, reply.via, edit.via] == ["chat.postMessage", "chat.postMessage", "chat.update"]
    assert (reply.thread_ts, edit.ts) == (first.ts, first.ts)


def test_a_bot_is_refused_in_json(sandbox: Sandbox, bot: WebClient) -> None:
    assert refused(bot.chat_postMessage, channel="#nowhere", text="hello") == "channel_not_found"
    assert refused(bot.chat_update, channel="#alerts", ts="1.000000", text="hello") == "message_not_found"
    assert refused(bot.chat_postMessage, channel="#alerts", text="x" * 40_001) == "msg_too_long"
    assert refused(bot.api_call, "chat.nonsense") == "unknown_method"
    assert refused(WebClient("xoxb-wrong", base_url=sandbox.slack.api_url).auth_test) == "invalid_auth"
    assert httpx.post(f"{sandbox.slack.api_url}auth.test").json() == {"ok": False, "error": "not_authed"}


def test_blocks_that_are_too_long_together_are_refused(sandbox: Sandbox, bot: WebClient) -> None:
    blocks = [section("x" * 2_900)] * 5
    assert slack_limits.problems(blocks) == []
    assert refused(bot.chat_postMessage, channel="#alerts", text="hello", blocks=blocks) == "msg_blocks_too_long"
    bot.chat_postMessage(channel="#alerts", text="hello", blocks=blocks[:4])


def test_an_edited_text_may_be_shorter_only(bot: WebClient) -> None:
    posted = bot.chat_postMessage(channel="#alerts", text="x" * 5_000)
    assert refused(bot.chat_update, channel="#alerts", ts=posted["ts"], text="x" * 4_001) == "msg_too_long"
    bot.chat_update(channel="#alerts", ts=posted["ts"], text="x" * 4_000)


def test_a_bot_learns_who_it_is(bot: WebClient) -> None:
    assert bot.auth_test()["team"] == "Sandbox"


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([section("x" * 3_001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        (
            [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2_001}]}],
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        ([{"type": "nonsense"}], "unsupported type: nonsense [json-pointer:/blocks/0/type]"),
        ([{"type": "context", "elements": []}], "must provide elements [json-pointer:/blocks/0/elements]"),
        (["text"], "must be an array of objects [json-pointer:/blocks]"),
    ],
)
def test_layouts_slack_would_refuse_are_refused_with_their_place(
    bot: WebClient, blocks: list[Any], problem: str
) -> None:
    assert slack_limits.problems(blocks) == [problem]
    with pytest.raises(SlackApiError) as caught:
        bot.chat_postMessage(channel="#alerts", text="hello", blocks=blocks)
    assert caught.value.response["error"] == "invalid_blocks"
    assert caught.value.response["response_metadata"]["messages"] == [f"[ERROR] {problem}"]


def test_layouts_at_the_limits_are_taken() -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}
    fields = {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2_000}] * 10}
    assert slack_limits.problems([header, fields, {"type": "divider"}, *[section("x" * 3_000)] * 47]) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "text", "fields", "elements"]), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_no_layout_upsets_the_examination(blocks: Any) -> None:
    assert isinstance(slack_limits.problems(blocks), list)
