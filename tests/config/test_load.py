"""The environment read as a whole: defaults, origins, mistakes named all at once, secrets never shown."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from alerting import config
from alerting.config import Settings, load
from alerting.config_files import is_secret
from alerting.errors import ConfigError

SECRETS = {
    "SENTRY_AUTH_TOKEN": "sntryu_0123456789abcdef",
    "SENTRY_SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/topsecret",
    "SENTRY_SLACK_BOT_TOKEN": "xoxb-1-topsecret",
    "SENTRY_SLACK_SIGNING_SECRET": "signing-topsecret",
    "EMAIL_HOST_PASSWORD": "mail-topsecret",
    "HEARTBEAT_URL": "https://hc.example.com/ping/topsecret",
    "CELERY_BROKER_URL": "redis://:topsecret@redis:6379/0",
    "DATABASE_URL": "postgres://alerting:topsecret@db:5432/alerting",
    "DJANGO_SECRET_KEY": "django-topsecret",
    "ALERTING_STATUS_PASSWORD": "status-topsecret",
    "ALERTING_STATUS_READONLY_PASSWORD": "reading-topsecret",
    "SENTRY_DSN": "https://0123456789abcdef@o1.ingest.sentry.io/42",
}
# What the neighbours of a secret ask for.
BESIDE = {"SENTRY_ORG": "acme", "SENTRY_SLACK_CHANNEL": "#alerts"}
DEFAULTS = {
    "SENTRY_URL": "https://sentry.io",
    "SENTRY_AUTH_TOKEN": None,
    "SENTRY_ORG": "",
    "SENTRY_PROJECT": (),
    "SENTRY_ALERT_ENVIRONMENTS": (),
    "SENTRY_POLL_INTERVAL_SECONDS": 15,
    "SENTRY_SETTLE_SECONDS": 120,
    "SENTRY_CATCH_UP_SECONDS": 21600,
    "SENTRY_ERROR_LEVELS": ("error", "fatal"),
    "SENTRY_CRITICAL_ERROR_THRESHOLD": 10,
    "SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": 300,
    "SENTRY_ERROR_RATE_THRESHOLD": 0.01,
    "SENTRY_ERROR_RATE_WINDOW_SECONDS": 600,
    "SENTRY_ERROR_RATE_MIN_TRANSACTIONS": 100,
    "SENTRY_NEW_ISSUE_ALERTS_ENABLED": True,
    "SENTRY_P95_LATENCY_THRESHOLD_MS": 1000,
    "SENTRY_P95_LATENCY_WINDOW_SECONDS": 600,
    "SENTRY_P95_LATENCY_MIN_TRANSACTIONS": 50,
    "SENTRY_ALERT_REPEAT_SECONDS": 3600,
    "SENTRY_ALERT_KEEP_FIRING_SECONDS": 120,
    "SENTRY_EMAIL_ALERTS_ENABLED": False,
    "SENTRY_ALERT_EMAIL_RECIPIENTS": (),
    "SENTRY_SLACK_ALERTS_ENABLED": False,
    "SENTRY_SLACK_WEBHOOK_URL": None,
    "SENTRY_SLACK_CHANNEL": "",
    "SENTRY_SLACK_BOT_TOKEN": None,
    "SENTRY_SLACK_SIGNING_SECRET": None,
    "SENTRY_ALERT_ESCALATE_AFTER_SECONDS": 0,
    "SENTRY_ALERT_ESCALATION_EMAIL_RECIPIENTS": (),
    "SENTRY_ALERT_ESCALATION_SLACK_CHANNEL": "",
    "SENTRY_SLACK_API_URL": "https://slack.com/api/",
    "EMAIL_HOST": "localhost",
    "EMAIL_PORT": 25,
    "EMAIL_HOST_USER": "",
    "EMAIL_HOST_PASSWORD": None,
    "EMAIL_USE_TLS": False,
    "EMAIL_USE_SSL": False,
    "DEFAULT_FROM_EMAIL": "webmaster@localhost",
    "HEARTBEAT_URL": None,
    "CELERY_BROKER_URL": "redis://localhost:6379/0",
    "DATABASE_URL": None,
    "ALERTING_DATA_DIR": Path("var"),
    "ALERTING_HISTORY_DAYS": 90,
    "DJANGO_SECRET_KEY": None,
    "DJANGO_ALLOWED_HOSTS": ("localhost", "127.0.0.1", "[::1]"),
    "ALERTING_STATUS_BIND": "127.0.0.1:8000",
    "ALERTING_STATUS_PASSWORD": None,
    "ALERTING_STATUS_READONLY_PASSWORD": None,
    "ALERTING_STATUS_URL": "",
    "ALERTING_STATUS_USER_HEADER": "",
    "ALERTING_TRUSTED_PROXIES": (),
    "SENTRY_DSN": None,
    "SENTRY_ENVIRONMENT": "development",
    "SENTRY_TRACES_SAMPLE_RATE": None,
    "SENTRY_PROFILES_SAMPLE_RATE": 0.0,
    "APP_VERSION": "",
}


def problems(environ: dict[str, str], *, need_source: bool = False) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(environ, need_source=need_source)
    return caught.value.problems


def test_every_variable_of_the_contract_exists_and_no_other() -> None:
    assert set(Settings.model_fields) == set(DEFAULTS)


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_empty_environment_gives_the_documented_default(name: str) -> None:
    value = getattr(load({}), name)
    assert (value.get_secret_value() if isinstance(value, SecretStr) else value) == DEFAULTS[name]


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_empty_value_is_the_same_as_none(name: str) -> None:
    assert getattr(load({name: "  "}), name) == getattr(load({}), name)


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_variable_says_what_it_means(name: str) -> None:
    assert Settings.model_fields[name].description


def test_six_mistakes_are_named_at_once() -> None:
    found = problems(
        {
            "SENTRY_POLL_INTERVAL_SECONDS": "0",
            "SENTRY_ERROR_RATE_THRESHOLD": "1%",
            "SENTRY_URL": "http://sentry.example.com",
            "SENTRY_EMAIL_ALERTS_ENABLED": "true",
            "SENTRY_SLACK_ALERTS_ENABLED": "perhaps",
            "SENTRY_AUTH_TOKEN": "sntrys_topsecret",
            "EMAIL_PORT": "smtp",
        },
        need_source=True,
    )
    named = {line.split(":")[0] for line in found}
    assert named >= {
        "SENTRY_POLL_INTERVAL_SECONDS",
        "SENTRY_ERROR_RATE_THRESHOLD",
        "SENTRY_URL",
        "SENTRY_ALERT_EMAIL_RECIPIENTS",
        "SENTRY_SLACK_ALERTS_ENABLED",
        "SENTRY_AUTH_TOKEN",
        "EMAIL_PORT",
    }
    assert "topsecret" not in "".join(found)


def test_the_message_counts_the_mistakes_and_lists_each_on_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        load({"EMAIL_PORT": "0", "SENTRY_SETTLE_SECONDS": "601"})
    lines = str(caught.value).splitlines()
    assert lines[0] == "2 mistakes in the configuration:"
    assert lines[1:] == [
        "  - SENTRY_SETTLE_SECONDS: expected a number from 0 to 600, got '601'",
        "  - EMAIL_PORT: expected a number from 1 to 65535, got '0'",
    ]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_read_from_a_file_and_its_last_line_break_is_not_part_of_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRETS[name] + "\n")
    environ = {**BESIDE, name + "_FILE": str(path)}
    assert load(environ).secret(name) == SECRETS[name]
    assert config.origin(name, environ) == "file"


def test_the_secrets_are_exactly_these() -> None:
    assert {name for name, field in Settings.model_fields.items() if is_secret(field)} == set(SECRETS)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_set_twice_is_a_mistake(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("topsecret-in-file")
    found = problems({**BESIDE, name: SECRETS[name], name + "_FILE": str(path)})
    assert found == (f"{name}: set both directly and through {name}_FILE; keep one of them",)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "cannot read"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "it is not UTF-8 text")],
)
def test_an_unusable_secret_file_is_named_with_its_reason(
    content: bytes | None, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    (found,) = problems({"EMAIL_HOST_PASSWORD_FILE": str(path)})
    assert found.startswith("EMAIL_HOST_PASSWORD_FILE:") and complaint in found and str(path) in found


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_shows_in_no_representation_of_the_settings(name: str) -> None:
    settings = load({**BESIDE, name: SECRETS[name]})
    assert SECRETS[name] not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTRY_AUTH_TOKEN", "two words-topsecret"),
        ("SENTRY_SLACK_WEBHOOK_URL", "http://hooks.slack.com/topsecret"),
        ("SENTRY_SLACK_BOT_TOKEN", "topsecret"),
        ("HEARTBEAT_URL", "ftp://topsecret"),
        ("CELERY_BROKER_URL", "amqp://user:topsecret@host"),
        ("DATABASE_URL", "mysql://user:topsecret@host/name"),
        ("SENTRY_DSN", "https://topsecret.example.com/not-a-number"),
    ],
)
def test_a_wrong_secret_is_named_but_not_shown(name: str, value: str) -> None:
    (found,) = problems({**BESIDE, name: value})
    assert found.startswith(f"{name}: expected ") and "topsecret" not in found


def test_without_a_source_worker_and_beat_learn_where_the_token_comes_from() -> None:
    token, org = problems({}, need_source=True)
    assert token.startswith("SENTRY_AUTH_TOKEN: not set") and "internal integration" in token
    assert org.startswith("SENTRY_ORG: not set")
    assert load({}).SENTRY_AUTH_TOKEN is None


def test_a_token_that_is_wrong_is_not_called_missing_as_well() -> None:
    found = problems({"SENTRY_AUTH_TOKEN": "sntrys_x", "SENTRY_ORG": "acme"}, need_source=True)
    assert len(found) == 1 and "organisation auth token" in found[0]


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"SENTRY_AUTH_TOKEN": "sntryu_x"}, "SENTRY_ORG"),
        ({"SENTRY_EMAIL_ALERTS_ENABLED": "on"}, "SENTRY_ALERT_EMAIL_RECIPIENTS"),
        ({"SENTRY_SLACK_ALERTS_ENABLED": "on"}, "SENTRY_SLACK_WEBHOOK_URL"),
        ({"SENTRY_SLACK_BOT_TOKEN": "xoxb-1"}, "SENTRY_SLACK_CHANNEL"),
        ({"EMAIL_USE_TLS": "1", "EMAIL_USE_SSL": "1"}, "EMAIL_USE_SSL"),
    ],
)
def test_settings_that_contradict_one_another_are_a_mistake(environ: dict[str, str], named: str) -> None:
    (found,) = problems(environ)
    assert found.startswith(f"{named}: ")


def test_neighbours_are_judged_beside_other_mistakes() -> None:
    found = problems({"EMAIL_PORT": "x", "SENTRY_SLACK_ALERTS_ENABLED": "true"})
    assert [line.split(":")[0] for line in found] == ["EMAIL_PORT", "SENTRY_SLACK_WEBHOOK_URL"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_put_where_its_path_belongs_is_not_shown(name: str) -> None:
    found = problems({**BESIDE, name + "_FILE": SECRETS[name]})
    assert "holds a path, not the secret itself" in found[0]
    assert SECRETS[name] not in "\n".join(found)


def test_an_empty_file_is_one_mistake_and_not_two(tmp_path: Path) -> None:
    (tmp_path / "dsn").touch()
    assert problems({"SENTRY_DSN_FILE": str(tmp_path / "dsn")}) == (f"SENTRY_DSN_FILE: {tmp_path / 'dsn'} is empty",)


def test_blanks_alone_are_no_value_and_come_from_nowhere() -> None:
    assert config.origin("EMAIL_HOST", {"EMAIL_HOST": "  "}) == "default"


def test_origin_tells_environment_file_and_default_apart(tmp_path: Path) -> None:
    environ = {"EMAIL_HOST": "mail", "EMAIL_HOST_PASSWORD_FILE": str(tmp_path), "EMAIL_HOST_USER_FILE": "ignored"}
    assert config.origin("EMAIL_HOST", environ) == "environment"
    assert config.origin("EMAIL_HOST_PASSWORD", environ) == "file"
    assert config.origin("EMAIL_HOST_USER", environ) == "default"


@pytest.mark.parametrize(
    ("environment", "rate"), [("production", 0.1), ("Staging", 0.5), ("development", 1.0), ("qa", 1.0)]
)
def test_the_sample_rate_follows_the_environment_unless_set(environment: str, rate: float) -> None:
    assert load({"SENTRY_ENVIRONMENT": environment}).traces_sample_rate == rate
    assert load({"SENTRY_ENVIRONMENT": environment, "SENTRY_TRACES_SAMPLE_RATE": "0"}).traces_sample_rate == 0.0


def test_the_data_directory_is_absolute_and_knows_the_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load({"ALERTING_DATA_DIR": "~/alerting"}).data_dir == Path("/home/somebody/alerting")
    assert load({}).data_dir == Path("var").resolve()
