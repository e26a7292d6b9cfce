"""`alerting check`: what it shows of settings, what it guesses, and how it treats parts that hang or break."""

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from alerting.commands import check
from alerting.commands.probes import broker, delivery, heartbeat, source
from alerting.config import Settings, load
from alerting.errors import DeliveryError
from alerting.findings import Finding, Status
from alerting.notifiers.email import probe as mail_probe
from alerting.notifiers.slack import probe as slack_probe
from alerting.poll.inspection import Level, Observation
from tests.config.test_load import BESIDE, SECRETS
from tests.notifiers.stand_ins import slack_server


def shown(environ: dict[str, str]) -> dict[str, str]:
    lines = [line.plain.strip() for line in check.setting_lines(load(environ), environ)]
    return {line.split()[0]: line for line in lines if line.split()[0] in Settings.model_fields}


def test_every_setting_is_shown_with_its_origin(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("topsecret")
    lines = shown({"EMAIL_HOST": "mail.example.com", "EMAIL_HOST_PASSWORD_FILE": str(tmp_path / "password")})
    assert set(lines) == set(Settings.model_fields)
    assert "mail.example.com  (environment)" in lines["EMAIL_HOST"]
    assert "set (not shown)  (file)" in lines["EMAIL_HOST_PASSWORD"]
    assert "25  (default)" in lines["EMAIL_PORT"]
    assert "not set  (default)" in lines["SENTRY_DSN"]


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_ever_shown(name: str) -> None:
    line = shown({**BESIDE, name: SECRETS[name]})[name]
    assert "set (not shown)  (environment)" in line
    assert SECRETS[name] not in line and "topsecret" not in line


@pytest.mark.parametrize(("environment", "rate"), [("production", "0.1"), ("staging", "0.5"), ("development", "1")])
def test_sample_rates_are_shown_as_they_are_in_force(environment: str, rate: str) -> None:
    lines = shown({"SENTRY_ENVIRONMENT": environment})
    assert f"  {rate}  (default)" in lines["SENTRY_TRACES_SAMPLE_RATE"]
    assert "  0.0  (default)" in lines["SENTRY_PROFILES_SAMPLE_RATE"]


def test_a_setting_cannot_write_to_the_terminal_beyond_its_line() -> None:
    line = shown({"EMAIL_HOST_USER": "a\x1b[2Jb\rc"})["EMAIL_HOST_USER"]
    assert "\x1b" not in line and "\r" not in line


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SENTRY_CRITICAL_ERROR_TRESHOLD", "SENTRY_CRITICAL_ERROR_THRESHOLD"),
        ("SENTRY_SLACK_WEBHOOK", "SENTRY_SLACK_WEBHOOK_URL"),
        ("SENTRY_AUTHTOKEN", "SENTRY_AUTH_TOKEN"),
        ("SENTRY_POLL_INTERVAL", "SENTRY_POLL_INTERVAL_SECONDS"),
        ("ALERTING_DATADIR", "ALERTING_DATA_DIR"),
        ("SENTRY_AUTH_TOKEN_FIEL", "SENTRY_AUTH_TOKEN_FILE"),
    ],
)
def test_a_slip_of_the_pen_is_named_with_what_was_meant(name: str, meant: str) -> None:
    assert check.hints({name: "x"}) == [f"{name} is not read: did you mean {meant}?"]


def test_a_file_for_what_is_no_secret_is_named() -> None:
    assert check.hints({"SENTRY_ORG_FILE": "/x"}) == ["SENTRY_ORG_FILE is not read: only secrets can come from a file."]


def test_variables_of_others_are_left_alone() -> None:
    assert check.hints({"SENTRY_RELEASE": "1", "SENTRY_LOG_LEVEL": "x", "EMAIL_HOSTT": "x", "PATH": "/bin"}) == []


def test_parts_are_tried_at_once_and_told_in_order() -> None:
    together = threading.Barrier(3, timeout=20)

    def probe(name: str) -> check.Probe:
        def meet(_: Settings) -> Finding:
            together.wait()
            return Finding(name, Status.PASS, "met")

        return meet

    found = check.try_all(load({}), {name: probe(name) for name in "abc"})
    assert [finding.part for finding in found] == ["a", "b", "c"]


def test_a_part_that_hangs_has_failed_and_holds_up_nobody() -> None:
    for_ever = threading.Event()

    def hang(_: Settings) -> Finding:
        for_ever.wait()
        raise AssertionError

    fine = Finding("fine", Status.PASS, "ok")
    late, good = check.try_all(load({}), {"hangs": hang, "fine": lambda _: fine}, deadline=0.2)
    for_ever.set()
    assert (late.part, late.status, late.said) == ("hangs", Status.FAIL, "no answer within 0.2 s")
    assert good is fine


def test_a_part_whose_check_breaks_says_so_without_hiding_the_others() -> None:
    def breaks(_: Settings) -> Finding:
        raise RuntimeError("topsecret")

    (found,) = check.try_all(load({}), {"breaks": breaks})
    assert found.status is Status.FAIL and "RuntimeError" in found.said and "topsecret" not in found.said


@pytest.mark.parametrize(
    ("policy", "limit", "status"),
    [
        ("noeviction", 0, Status.PASS),
        ("noeviction", 100_000_000, Status.PASS),
        ("allkeys-lru", 100_000_000, Status.FAIL),
        ("allkeys-random", 0, Status.FAIL),
        ("allkeys-lfu", 0, Status.FAIL),
        ("volatile-ttl", 100_000_000, Status.WARNING),
        ("volatile-lru", 0, Status.WARNING),
        ("", 0, Status.PASS),
    ],
)
def test_only_noeviction_keeps_what_it_is_given(policy: str, limit: int, status: Status) -> None:
    found = broker.judge("redis:6379 answers", {"maxmemory_policy": policy, "maxmemory": limit})
    assert found.status is status
    assert (policy or "does not tell") in found.said
    assert ("CONFIG SET maxmemory-policy noeviction" in found.advice) == (status is not Status.PASS)


def test_the_consequence_of_eviction_names_the_limit() -> None:
    found = broker.judge("", {"maxmemory_policy": "allkeys-lru", "maxmemory": 256_000_000})
    assert "once 256 MB are full" in found.said


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://:topsecret@redis.example.com:6380/1", "redis.example.com:6380"),
        ("redis://localhost", "localhost:6379"),
        ("redis+socket:///run/redis.sock", "/run/redis.sock"),
    ],
)
def test_the_broker_is_named_without_its_password(url: str, place: str) -> None:
    assert broker.where(url) == place


def test_redis_away_is_a_failure_that_names_the_place_and_not_the_password() -> None:
    found = broker.probe(load({"CELERY_BROKER_URL": "redis://:topsecret@127.0.0.1:1/0"}))
    assert found.status is Status.FAIL
    assert found.said.startswith("127.0.0.1:1 does not answer") and "topsecret" not in found.said


def test_rules_without_anybody_to_tell_are_a_warning() -> None:
    none = delivery.rules(load({}))
    assert none.status is Status.WARNING and "none of 4 rules" in none.said
    mail = {"SENTRY_EMAIL_ALERTS_ENABLED": "1", "SENTRY_ALERT_EMAIL_RECIPIENTS": "a@example.com"}
    only_mail = delivery.rules(load(mail))
    assert only_mail.status is Status.WARNING and only_mail.said == "nobody is told about p95_latency, new_issue"
    slack = {"SENTRY_SLACK_ALERTS_ENABLED": "1", "SENTRY_SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/x"}
    assert delivery.rules(load(slack)).status is Status.PASS


def test_a_channel_that_is_off_but_has_a_target_is_pointed_out() -> None:
    assert "recipients are set" in mail_probe.check(load({"SENTRY_ALERT_EMAIL_RECIPIENTS": "a@example.com"})).said
    slack = slack_probe.check(load({"SENTRY_SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/x"}))
    assert slack.status is Status.NOT_CONFIGURED and "a target is set" in slack.said


def test_a_channel_that_refuses_us_fails_with_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Settings) -> str:
        raise DeliveryError("invalid_auth", "Slack does not know this token.", permanent=True)

    monkeypatch.setattr(slack_probe, "handshake", refuse)
    found = slack_probe.check(
        load({"SENTRY_SLACK_ALERTS_ENABLED": "1", "SENTRY_SLACK_WEBHOOK_URL": "https://x.example"})
    )
    assert (found.status, found.said) == (Status.FAIL, "Slack does not know this token.")
    assert "SENTRY_SLACK_WEBHOOK_URL" in found.advice


def test_what_no_sentry_answers_names_the_variable_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [
        Observation(Level.BROKEN, "Sentry knows no such index."),
        Observation(Level.BROKEN, "unreachable: check SENTRY_URL"),
        Observation(Level.GOOD, "fine"),
    ]
    monkeypatch.setattr(source, "inspect", lambda _: seen)
    found = source.sentry(load({"SENTRY_AUTH_TOKEN": SECRETS["SENTRY_AUTH_TOKEN"], "SENTRY_ORG": "acme"}))
    assert isinstance(found, list)
    assert ["SENTRY_URL" in each.advice for each in found] == [True, False, False]


def test_the_dsn_is_named_by_project_and_host_only() -> None:
    assert source.own_errors(load({})).status is Status.NOT_CONFIGURED
    found = source.own_errors(load({"SENTRY_DSN": SECRETS["SENTRY_DSN"]}))
    assert found.said == "SENTRY_DSN is set: project 42 on o1.ingest.sentry.io"


@pytest.mark.parametrize("width", [80, 50])
def test_on_a_terminal_a_sentence_is_broken_between_words_and_in_a_pipe_not_at_all(width: int) -> None:
    advice = "Set EMAIL_HOST_USER and EMAIL_HOST_PASSWORD, both of which the people of the mail server know."
    finding = Finding("Email", Status.FAIL, "The mail server localhost wants a login first: 530 5.7.0 Log in.", advice)
    for is_terminal in (True, False):
        console = Console(
            file=io.StringIO(), width=width, force_terminal=is_terminal, color_system=None, soft_wrap=True
        )
        check._print(console, finding)
        lines = console.file.getvalue().splitlines()
        assert len(lines) == 2 if not is_terminal else max(map(len, lines)) <= max(width, 68)
        assert " ".join(" ".join(lines).split()).endswith(f"{finding.said} → {advice}")


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ((200, {}, "OK"), Status.PASS, "took one call"),
        ((404, {}, "gone"), Status.FAIL, "status 404"),
        ((500, {}, ""), Status.FAIL, "status 500"),
        ((302, {"Location": "https://example.com/login"}, ""), Status.FAIL, "redirects"),
    ],
)
def test_the_dead_mans_switch_is_called_once(
    answer: tuple[int, dict[str, str], str], status: Status, said: str
) -> None:
    with slack_server() as server:
        server.reply = lambda _: answer
        found = heartbeat.probe(load({"HEARTBEAT_URL": f"{server.url}/ping/a-very-secret-path"}))
    assert (found.status, server.paths) == (status, ["/ping/a-very-secret-path"])
    assert said in found.said and "secret" not in found.said + found.advice


def test_a_dead_mans_switch_that_cannot_be_reached_fails_and_none_is_recommended() -> None:
    away = heartbeat.probe(load({"HEARTBEAT_URL": "http://127.0.0.1:1/ping/a-very-secret-path"}))
    assert away.status is Status.FAIL and "127.0.0.1:1" in away.said and "secret" not in away.said
    assert heartbeat.probe(load({})).status is Status.NOT_CONFIGURED
