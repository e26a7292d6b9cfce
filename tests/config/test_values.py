"""Each kind of value: what is taken, what is refused, and with which words."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.config import Settings, load
from alerting.config_values import bounds, check_url, is_loopback
from alerting.errors import ConfigError
from alerting.sentry.options import SentrySetupError, resolve

# Lowest and highest value that is taken, and what lies just outside; None where there is no bound.
BOUNDS = {
    "SENTRY_POLL_INTERVAL_SECONDS": (1, 300, 0, 301),
    "SENTRY_SETTLE_SECONDS": (0, 600, -1, 601),
    "SENTRY_CATCH_UP_SECONDS": (0, None, -1, None),
    "SENTRY_CRITICAL_ERROR_THRESHOLD": (0, None, -1, None),
    "SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": (60, 86_400, 59, 86_401),
    "SENTRY_ERROR_RATE_THRESHOLD": (0, 1, -0.01, 1.01),
    "SENTRY_ERROR_RATE_WINDOW_SECONDS": (60, 86_400, 59, 86_401),
    "SENTRY_ERROR_RATE_MIN_TRANSACTIONS": (0, None, -1, None),
    "SENTRY_P95_LATENCY_THRESHOLD_MS": (0.1, None, 0, None),
    "SENTRY_P95_LATENCY_WINDOW_SECONDS": (60, 86_400, 59, 86_401),
    "SENTRY_P95_LATENCY_MIN_TRANSACTIONS": (0, None, -1, None),
    "SENTRY_ALERT_REPEAT_SECONDS": (0, None, -1, None),
    "SENTRY_ALERT_KEEP_FIRING_SECONDS": (0, None, -1, None),
    "SENTRY_TRACES_SAMPLE_RATE": (0, 1, -0.1, 1.1),
    "SENTRY_PROFILES_SAMPLE_RATE": (0, 1, -0.1, 1.1),
    "EMAIL_PORT": (1, 65_535, 0, 65_536),
}
BOOLEANS = [name for name, field in Settings.model_fields.items() if isinstance(field.default, bool)]


def refusal(name: str, value: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load({name: value})
    return next(line for line in caught.value.problems if line.startswith(f"{name}:"))


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_are_inclusive_and_named_when_crossed(name: str) -> None:
    low, high, below, above = BOUNDS[name]
    for value in (low, high):
        if value is not None:
            assert getattr(load({name: str(value)}), name) == value
    for value in (below, above):
        if value is not None:
            assert bounds(Settings.model_fields[name]) in refusal(name, str(value))


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("value", ["ten", "1e", "NaN", "inf", "1,5", "0x10"])
def test_what_is_no_number_is_refused_and_shown(name: str, value: str) -> None:
    if value == "inf" and name not in {"SENTRY_ERROR_RATE_THRESHOLD", "SENTRY_P95_LATENCY_THRESHOLD_MS"}:
        value = "infinity"
    assert f"got {value!r}" in refusal(name, value)


@pytest.mark.parametrize("name", [name for name in BOUNDS if name.endswith(("_SECONDS", "_PORT", "_TRANSACTIONS"))])
def test_whole_numbers_take_no_fraction(name: str) -> None:
    assert "a whole number" in refusal(name, "61.5")


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        (word, word.lower() in {"true", "1", "yes", "on"})
        for word in ("true", "1", "YES", "On", "False", "NO", "0", "off")
    ],
)
def test_booleans_take_the_usual_words_in_any_case(name: str, word: str, meaning: bool) -> None:
    beside = {
        "SENTRY_ALERT_EMAIL_RECIPIENTS": "a@example.com",
        "SENTRY_SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/x",
    }
    assert getattr(load({**beside, name: word}), name) is meaning


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize("word", ["maybe", "2", "ja", "t", "enabled"])
def test_booleans_refuse_anything_else_instead_of_guessing(name: str, word: str) -> None:
    assert "expected true or false" in refusal(name, word)


def test_lists_drop_blanks_and_repeats_and_keep_their_order() -> None:
    settings = load({"SENTRY_PROJECT": " checkout, ,search,checkout ", "SENTRY_ALERT_ENVIRONMENTS": ","})
    assert settings.SENTRY_PROJECT == ("checkout", "search")
    assert settings.SENTRY_ALERT_ENVIRONMENTS == ()


def test_levels_are_taken_in_any_case_and_unknown_ones_are_named() -> None:
    assert load({"SENTRY_ERROR_LEVELS": "Fatal, ERROR,warning,error"}).SENTRY_ERROR_LEVELS == (
        "fatal",
        "error",
        "warning",
    )
    for levels, unknown in (("error,critical", "'critical'"), ("warn", "'warn'"), (",", "fatal, error")):
        said = refusal("SENTRY_ERROR_LEVELS", levels)
        assert "comma-separated levels out of fatal, error, warning, info, debug" in said
        assert unknown in said


@pytest.mark.parametrize("address", ["oncall", "a@", "@b.com", "a b@example.com", "a@example.com\nBcc: x@example.com"])
def test_recipients_that_are_no_addresses_are_named(address: str) -> None:
    assert "email addresses" in refusal("SENTRY_ALERT_EMAIL_RECIPIENTS", f"ok@example.com,{address}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "sentry.localhost", "LOCALHOST"])
@pytest.mark.parametrize("name", ["SENTRY_URL", "SENTRY_SLACK_API_URL", "SENTRY_SLACK_WEBHOOK_URL", "HEARTBEAT_URL"])
def test_plain_http_is_taken_on_loopback(name: str, host: str) -> None:
    load({name: f"http://{host}:9000/x"})


@pytest.mark.parametrize(
    "host",
    [
        "sentry.example.com",
        "10.0.0.1",
        "192.168.1.5",
        "0.0.0.0",
        "169.254.169.254",
        "localhost.evil.com",
        "127.0.0.1.evil.com",
        "127.0.0.1@evil.com",
        "[::ffff:10.0.0.1]",
        "2130706433.example.com",
    ],
)
@pytest.mark.parametrize("name", ["SENTRY_URL", "SENTRY_SLACK_API_URL", "SENTRY_SLACK_WEBHOOK_URL", "HEARTBEAT_URL"])
def test_plain_http_is_refused_everywhere_else(name: str, host: str) -> None:
    assert "https:// URL" in refusal(name, f"http://{host}/x")
    if "@" not in host:
        load({name: f"https://{host}/x"})


@pytest.mark.parametrize("name", ["SENTRY_URL", "SENTRY_SLACK_API_URL"])
@pytest.mark.parametrize("url", ["https://me:topsecret@h/", "http://me:top/secret@h/", "http://h/?token=topsecret"])
def test_a_url_that_is_shown_holds_no_login_and_a_refused_one_is_shown_without_its_secrets(name: str, url: str) -> None:
    said = refusal(name, url)
    assert "https:// URL" in said and "secret" not in said.replace("[secret]", "")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("SENTRY_SLACK_WEBHOOK_URL", "https://hooks.slack-gov.com/services/T0/B0/x"),
        ("SENTRY_SLACK_API_URL", "https://slack-gov.com/api/"),
    ],
)
def test_govslack_is_taken_where_slack_is(name: str, url: str) -> None:
    taken = getattr(load({name: url}), name)
    assert url == (taken if isinstance(taken, str) else taken.get_secret_value())


@pytest.mark.parametrize("url", ["https://sentry.example.com/api/0/", "https://sentry.io/api/0"])
def test_the_address_of_sentry_is_that_of_its_web_interface(url: str) -> None:
    assert "without /api/0" in refusal("SENTRY_URL", url)


def test_a_bad_value_is_shown_in_short() -> None:
    assert len(refusal("SENTRY_POLL_INTERVAL_SECONDS", "9" * 5000)) < 400


@pytest.mark.parametrize(
    "url", ["sentry.io", "ftp://sentry.io", "https://", "https:///x", "https://a b", "https://h:x"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https:// URL"):
        check_url(url)


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_url_check_in_another_way(url: str) -> None:
    with contextlib.suppress(ValueError):
        assert check_url(url).lower().startswith("http")


@given(st.ip_addresses())
def test_only_addresses_of_this_machine_are_loopback(address: object) -> None:
    assert is_loopback(str(address)) == getattr(address, "is_loopback")  # noqa: B009


@pytest.mark.parametrize("sender", ["nobody", "a@example.com\nBcc: x@example.com", "Alerts <>"])
def test_a_sender_that_no_mail_server_would_take_is_refused(sender: str) -> None:
    assert "an email address" in refusal("DEFAULT_FROM_EMAIL", sender)
    load({"DEFAULT_FROM_EMAIL": "Alerts <alerts@mailhost>"})


def test_a_home_directory_nobody_has_is_refused() -> None:
    assert "its ~ stands for" in refusal("ALERTING_DATA_DIR", "~no-such-user/alerting")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTRY_ENVIRONMENT", "eu/west"),
        ("SENTRY_ENVIRONMENT", "None"),
        ("SENTRY_ENVIRONMENT", "e" * 65),
        ("APP_VERSION", "shop/1.0"),
        ("APP_VERSION", "1" * 251),
    ],
)
def test_names_that_init_sentry_refuses_are_refused_here(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert "a name of at most" in refusal(name, value)
    monkeypatch.setenv(name, value)
    with pytest.raises(SentrySetupError, match=name):
        resolve({"dsn": "https://key@127.0.0.1:9/1"})


@pytest.mark.parametrize(("name", "value"), [("SENTRY_ENVIRONMENT", "e" * 64), ("APP_VERSION", "shop@1.0+build 7")])
def test_names_that_sentry_takes_are_taken(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert getattr(load({name: value}), name) == value
    monkeypatch.setenv(name, value)
    resolve({"dsn": "https://key@127.0.0.1:9/1"})


def test_a_slack_token_holds_no_blanks() -> None:
    said = refusal("SENTRY_SLACK_BOT_TOKEN", "xoxb-1 topsecret")
    assert "blanks" in said and "topsecret" not in said


def test_an_organisation_auth_token_is_refused_with_the_reason_and_the_alternative() -> None:
    said = refusal("SENTRY_AUTH_TOKEN", "sntrys_eyJpYXQiOjE2fQ==_abc")
    assert "sntrys_" in said and "internal integration" in said and "eyJ" not in said


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://sentry.io/organizations/acme/issues/?project=7", "https://sentry.io,"),
        ("https://acme.sentry.io/issues/?statsPeriod=14d", "https://acme.sentry.io,"),
        ("https://sentry.example.com/sentry/settings/acme/", "https://sentry.example.com/sentry,"),
        ("https://sentry.example.com/?project=1", "https://sentry.example.com,"),
        ("https://sentry.example.com/#top", "https://sentry.example.com,"),
        ("https://o1.ingest.us.sentry.io", "not where events go"),
    ],
)
def test_an_address_copied_from_the_browser_is_refused_with_the_one_that_is_wanted(url: str, wanted: str) -> None:
    assert wanted in refusal("SENTRY_URL", url)


@pytest.mark.parametrize(
    "url", ["https://sentry.io/", "https://example.com/sentry", "https://example.com/tools/errors/"]
)
def test_an_address_with_a_path_of_its_own_is_taken(url: str) -> None:
    settings = load({"SENTRY_URL": url})
    assert url == settings.SENTRY_URL
