"""Settings that are each fine but not together: mistakes where nothing can come of it, doubts where it is unlikely."""

import pytest

from alerting.config import load
from alerting.config_combinations import doubts
from tests.config.test_load import problems

MAIL = {"SENTRY_EMAIL_ALERTS_ENABLED": "1", "SENTRY_ALERT_EMAIL_RECIPIENTS": "a@example.com"}
REMOTE = {**MAIL, "EMAIL_HOST": "mail.example.com"}
PAGE = {"ALERTING_STATUS_PASSWORD": "twelve chars"}
LOGIN = {"EMAIL_HOST_USER": "alerts", "EMAIL_HOST_PASSWORD": "topsecret"}


@pytest.mark.parametrize("window", ["CRITICAL_ERROR", "ERROR_RATE", "P95_LATENCY"])
def test_a_window_shorter_than_the_interval_is_a_mistake_that_names_both(window: str) -> None:
    name = f"SENTRY_{window}_WINDOW_SECONDS"
    (found,) = problems({name: "60", "SENTRY_POLL_INTERVAL_SECONDS": "120"})
    assert found.startswith(f"{name}: 60 is shorter than SENTRY_POLL_INTERVAL_SECONDS=120")
    assert "60 of every 120 seconds" in found


def test_windows_as_long_as_the_interval_leave_nothing_unread() -> None:
    load({"SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": "120", "SENTRY_POLL_INTERVAL_SECONDS": "120"})


def test_an_interval_longer_than_the_default_windows_is_named_with_the_window_it_was_not_set_beside() -> None:
    (found,) = problems({"SENTRY_POLL_INTERVAL_SECONDS": "300", "SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": "240"})
    assert "SENTRY_CRITICAL_ERROR_WINDOW_SECONDS: 240" in found


@pytest.mark.parametrize(
    ("environ", "parts"),
    [
        ({"SENTRY_ERROR_RATE_THRESHOLD": "1"}, ("SENTRY_ERROR_RATE_THRESHOLD", "100 %", "1 % would be 0.01")),
        ({"SENTRY_ERROR_RATE_THRESHOLD": "0.5"}, ("50 %", "0.5 % would be 0.005")),
        ({"SENTRY_P95_LATENCY_THRESHOLD_MS": "1.5"}, ("milliseconds", "1.5 seconds would be 1500")),
        ({"SENTRY_CATCH_UP_SECONDS": "400"}, ("400", "SENTRY_ERROR_RATE_WINDOW_SECONDS", "SENTRY_P95_LATENCY_WINDOW")),
        ({"SENTRY_ALERT_REPEAT_SECONDS": "5"}, ("SENTRY_ALERT_REPEAT_SECONDS", "every 15 s")),
        ({**MAIL, "EMAIL_PORT": "465"}, ("EMAIL_PORT: 465", "EMAIL_USE_SSL=true")),
        ({**MAIL, "EMAIL_PORT": "465", "EMAIL_USE_TLS": "1"}, ("EMAIL_USE_SSL=true instead of EMAIL_USE_TLS",)),
        ({**MAIL, "EMAIL_PORT": "587", "EMAIL_USE_SSL": "1"}, ("EMAIL_USE_SSL: port 587", "EMAIL_USE_TLS=true")),
        ({**MAIL, "EMAIL_HOST_USER": "alerts"}, ("EMAIL_HOST_PASSWORD", "nobody logs in")),
        ({**MAIL, "EMAIL_HOST_PASSWORD": "topsecret"}, ("EMAIL_HOST_USER", "nobody logs in")),
        ({**REMOTE, **LOGIN}, ("EMAIL_USE_TLS", "mail.example.com", "in the clear")),
        ({"ALERTING_STATUS_PASSWORD": "topsecret"}, ("ALERTING_STATUS_PASSWORD: shorter than 12",)),
        ({**PAGE, "ALERTING_STATUS_BIND": "0.0.0.0:8000"}, ("ALERTING_STATUS_BIND", "0.0.0.0:8000", "in the clear")),
        ({**PAGE, "ALERTING_TRUSTED_PROXIES": "10.0.0.1,64.0.0.0/7"}, ("ALERTING_TRUSTED_PROXIES: 64.0.0.0/7",)),
        ({**PAGE, "ALERTING_TRUSTED_PROXIES": "2001::/31"}, ("ALERTING_TRUSTED_PROXIES: 2001::/31",)),
    ],
)
def test_what_hardly_can_be_meant_is_doubted_in_one_sentence(environ: dict[str, str], parts: tuple[str, ...]) -> None:
    (found,) = doubts(load(environ))
    assert all(part in found for part in parts), found
    assert "topsecret" not in found


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"SENTRY_ERROR_RATE_THRESHOLD": "0.2", "SENTRY_ALERT_REPEAT_SECONDS": "0", "SENTRY_CATCH_UP_SECONDS": "0"},
        {**MAIL, **LOGIN},
        {**REMOTE, **LOGIN, "EMAIL_PORT": "587", "EMAIL_USE_TLS": "1"},
        {**REMOTE, **LOGIN, "EMAIL_PORT": "465", "EMAIL_USE_SSL": "1"},
        {"EMAIL_PORT": "465", "EMAIL_HOST_USER": "of another program"},
        {"SENTRY_SLACK_SIGNING_SECRET": "topsecret", "ALERTING_TRUSTED_PROXIES": "10.0.0.1"},
        {**PAGE, "ALERTING_STATUS_BIND": "0.0.0.0:8000", "ALERTING_TRUSTED_PROXIES": "10.0.0.0/8,2001:db8::/32"},
    ],
)
def test_what_may_well_be_meant_is_not_doubted(environ: dict[str, str]) -> None:
    assert list(doubts(load(environ))) == []


@pytest.mark.parametrize("value", ["5", "1%", "1.01", "-0.5"])
def test_a_rate_in_percent_is_refused_with_the_way_to_write_it(value: str) -> None:
    (found,) = problems({"SENTRY_ERROR_RATE_THRESHOLD": value})
    assert found.endswith(f"expected a number from 0.0 to 1.0 (5 % is 0.05), got {value!r}")
