"""From settings to parts: what people write for "for ever" works on a calendar that ends."""

from datetime import UTC, datetime, timedelta

from alerting import config, wiring
from alerting.poll.budget import LocalBudget


def test_seconds_without_an_upper_bound_carry_no_date_out_of_the_calendar() -> None:
    names = ("SENTRY_ALERT_KEEP_FIRING_SECONDS", "SENTRY_ALERT_REPEAT_SECONDS", "SENTRY_CATCH_UP_SECONDS")
    settings = config.load({"SENTRY_AUTH_TOKEN": "t" * 64, "SENTRY_ORG": "acme", **dict.fromkeys(names, "9" * 18)})
    parts = wiring.parts(settings, LocalBudget())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for length in (
        parts.desk.policy.keep_firing,
        parts.desk.policy.repeat,
        timedelta(seconds=parts.desk.catch_up_seconds),
    ):
        assert now - length < now - timedelta(days=3000)
