"""The demonstration's settings: quick, led to the stand-ins, and never over what somebody chose."""

import json
from pathlib import Path

import pytest

from alerting.config import load
from alerting.local import demonstration
from alerting.notifiers import registry

READY = {
    "page": "http://127.0.0.1:9000/",
    "url": "http://127.0.0.1:9000",
    "token": "sntryu_x",
    "org": "acme",
    "dsn": "http://key@127.0.0.1:9000/1",
    "webhook": "http://127.0.0.1:9001/services/x",
    "mail_host": "127.0.0.1",
    "mail_port": "9002",
}
CHOSEN = {each.name: each.demonstration.chosen for each in registry.CHANNELS}


def test_an_empty_environment_becomes_a_complete_one() -> None:
    settings = load(demonstration.environment({}, READY), need_source=True)
    assert settings.channels == ("email", "slack")
    assert settings.SENTRY_URL.endswith(":9000") and settings.EMAIL_PORT == 9002
    assert settings.SENTRY_POLL_INTERVAL_SECONDS == 2


@pytest.mark.parametrize("name", demonstration.QUICK)
def test_a_speed_somebody_chose_stays(name: str) -> None:
    assert demonstration.environment({name: "77"}, READY)[name] == "77"
    assert name not in "".join(demonstration.introduction({name: "77"}))


@pytest.mark.parametrize(("channel", "name"), [(each, name) for each, names in CHOSEN.items() for name in names])
@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_a_channel_somebody_touched_is_left_as_it_is(channel: str, name: str, suffix: str) -> None:
    chosen = {name + suffix: "x"}
    values = demonstration.environment(chosen, READY)
    assert {each: values.get(each) for each in CHOSEN[channel]} == {each: chosen.get(each) for each in CHOSEN[channel]}


def test_the_real_sentry_is_never_asked_in_a_demonstration() -> None:
    chosen = {"SENTRY_URL": "https://sentry.example.com", "SENTRY_ORG": "ours", "SENTRY_PROJECT": "a", "PATH": "/bin"}
    values = demonstration.environment(chosen, READY)
    assert (values["SENTRY_URL"], values["SENTRY_ORG"], values["PATH"]) == (READY["url"], "acme", "/bin")
    assert "SENTRY_PROJECT" not in values
    assert "SENTRY_URL and SENTRY_ORG and SENTRY_PROJECT have no effect" in "\n".join(
        demonstration.introduction(chosen)
    )


def test_the_shop_reports_to_the_sandbox_whatever_dsn_is_set() -> None:
    _, environ = demonstration.shop({"SENTRY_DSN_FILE": "/secret", "PATH": "/bin"}, READY["dsn"])
    assert environ["SENTRY_DSN"] == READY["dsn"] and "SENTRY_DSN_FILE" not in environ


def test_it_begins_without_what_an_earlier_run_remembered(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    demonstration.begin_afresh(folder)
    for name in (*demonstration.DATABASE_FILES, "secret_key"):
        (folder / name).touch()
    demonstration.begin_afresh(folder)
    assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_the_end_says_what_to_set_to_watch_ones_own_sentry() -> None:
    text = "\n".join(demonstration.conclusion(Path("/some where/var"), READY["page"]))
    for words in (
        "SENTRY_AUTH_TOKEN",
        "SENTRY_ORG",
        "SENTRY_SLACK_WEBHOOK_URL",
        "alerting check",
        READY["page"],
        "'/some where/var'",
    ):
        assert words in text


@pytest.mark.parametrize("line", ["", "Warning: something", "[1, 2]", "12", '{"broken'])
def test_what_a_library_prints_is_not_taken_for_a_message(line: str) -> None:
    assert demonstration.said(line) == {}
    assert demonstration.said(json.dumps({"arrived": "email"})) == {"arrived": "email"}
