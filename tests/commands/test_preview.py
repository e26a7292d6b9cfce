"""`alerting preview` and `send-test`: every kind of notice to look at, and one of each sent as a test."""

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from alerting.commands import preview, send_test
from alerting.commands.failures import CommandError, explain
from alerting.config import Settings, current, load
from alerting.examples.every_kind import every_kind
from alerting.notifiers import registry
from alerting.outbox.message import Kind
from tests.notifiers.stand_ins import (
    BOT_TOKEN,
    MAIL_PASSWORD,
    MailServer,
    SlackServer,
    api,
    mail_server,
    slack_server,
)

COUNT = len(every_kind())
KINDS = ("mail.html", "mail.txt", "slack.html", "slack.json")


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server() as running:
        running.reply = lambda _: api(channel="C1", ts="1.1")
        yield running


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server(login=True) as running:
        yield running


def environment(slack: SlackServer, mail: MailServer, **more: str) -> dict[str, str]:
    return {
        "SENTRY_SLACK_ALERTS_ENABLED": "true",
        "SENTRY_SLACK_BOT_TOKEN": BOT_TOKEN,
        "SENTRY_SLACK_CHANNEL": "#alerts",
        "SENTRY_SLACK_API_URL": slack.api_url,
        "SENTRY_EMAIL_ALERTS_ENABLED": "true",
        "SENTRY_ALERT_EMAIL_RECIPIENTS": "ann@example.com",
        "EMAIL_HOST": mail.host,
        "EMAIL_PORT": str(mail.port),
        "EMAIL_HOST_USER": "ops",
        "EMAIL_HOST_PASSWORD": MAIL_PASSWORD,
        "DEFAULT_FROM_EMAIL": "alerts@example.com",
        **more,
    }


def sent(settings: Settings) -> Mapping[str, list[send_test.Outcome]]:
    outcomes = list(send_test.send(registry.build(settings), settings, {}))
    return {name: [each for each in outcomes if each.channel == name] for name in settings.channels}


def test_preview_writes_every_kind_for_every_channel_and_an_index_that_finds_them(tmp_path: Path) -> None:
    pages = preview.write(tmp_path / "new", load({}))
    assert len(pages) == COUNT
    index = (tmp_path / "new" / "index.html").read_text()
    linked = set(re.findall(r'(?:href|src)="([^"#]+)"', index))
    assert linked == {f"{page['slug']}.{kind}" for page in pages for kind in KINDS}
    assert all((tmp_path / "new" / name).stat().st_size > 100 for name in linked)


def test_a_folder_that_cannot_be_written_to_is_named_and_nothing_else_is_blamed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError) as refused:
        preview.preview(tmp_path / "file")
    assert f"cannot be written to {tmp_path / 'file'}: File exists" in str(refused.value)
    assert "ALERTING_DATA_DIR" not in str(refused.value)


def test_a_card_shows_its_blocks_and_its_buttons_only_where_this_configuration_has_them(tmp_path: Path) -> None:
    bot = {"SENTRY_SLACK_ALERTS_ENABLED": "true", "SENTRY_SLACK_BOT_TOKEN": BOT_TOKEN, "SENTRY_SLACK_CHANNEL": "#a"}
    preview.write(tmp_path / "with", load({**bot, "SENTRY_SLACK_SIGNING_SECRET": "s" * 32}))
    preview.write(tmp_path / "without", load({}))
    card = (tmp_path / "with" / "firing.slack.html").read_text()
    assert "I have it" in card and "OperationalError" in card and "&lt;!channel" not in card
    assert "I have it" not in (tmp_path / "without" / "firing.slack.html").read_text()
    assert "I have it" not in (tmp_path / "with" / "resolved.slack.html").read_text()
    message = json.loads((tmp_path / "with" / "firing.slack.json").read_text())
    assert message["text"] and {block["type"] for block in message["blocks"]} >= {"header", "section", "actions"}


@pytest.mark.usefixtures("settings")
def test_send_test_sends_one_of_each_and_every_one_says_that_it_is_a_test(slack: SlackServer, mail: MailServer) -> None:
    outcomes = sent(load(environment(slack, mail)))
    assert {name: [each.trouble for each in each_of] for name, each_of in outcomes.items()} == {
        "email": [""] * COUNT,
        "slack": [""] * COUNT,
    }
    for envelope in mail.handler.envelopes:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert message["Subject"].strip().startswith("[test: ")
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None and "nothing of it has happened" in body.get_content()
    for posted in slack.requests:
        header = posted.body["blocks"][0]["text"]["text"]
        assert "[test: " in header and "nothing of it has happened" in str(posted.body["blocks"])
        assert "actions" not in {block["type"] for block in posted.body["blocks"]}


@pytest.mark.usefixtures("settings")
def test_the_test_of_an_escalation_goes_where_escalations_go(slack: SlackServer, mail: MailServer) -> None:
    more = {
        "SENTRY_ALERT_ESCALATE_AFTER_SECONDS": "600",
        "SENTRY_ALERT_ESCALATION_EMAIL_RECIPIENTS": "boss@example.com",
        "SENTRY_ALERT_ESCALATION_SLACK_CHANNEL": "#bosses",
        "SENTRY_SLACK_SIGNING_SECRET": "s" * 32,
    }
    sent(load(environment(slack, mail, **more)))
    nobody = [each for each in mail.handler.envelopes if b"nobody has it" in each.content.partition(b"\r\n\r\n")[0]]
    assert [each.rcpt_tos for each in nobody] == [["boss@example.com"]]
    assert [each.body["channel"] for each in slack.requests if each.body["channel"] != "#alerts"] == ["#bosses"]


@pytest.mark.usefixtures("settings")
def test_a_channel_that_refuses_for_good_is_asked_once_and_the_other_one_goes_on(
    slack: SlackServer, mail: MailServer
) -> None:
    slack.reply = lambda _: api(ok=False, error="invalid_auth")
    outcomes = sent(load(environment(slack, mail)))
    assert [bool(each.trouble) for each in outcomes["slack"]] == [True, True]
    assert "invalid_auth" in outcomes["slack"][0].trouble and "not tried" in outcomes["slack"][1].trouble
    assert len(slack.requests) == 1 and len(outcomes["email"]) == COUNT


@pytest.mark.parametrize(("path", "is_blamed"), [("sub/x", True), ("", True), ("..", True), ("../elsewhere", False)])
def test_the_data_directory_is_blamed_for_what_lies_in_it_only(path: str, is_blamed: bool) -> None:
    failure = explain(OSError(errno.EACCES, "Permission denied", os.path.normpath(current().data_dir / path)))
    assert failure is not None and ("ALERTING_DATA_DIR" in failure) is is_blamed


def test_the_examples_have_every_kind() -> None:
    assert {notice.kind for notice in every_kind().values()} == set(Kind)
