"""Believable notices about ourselves: that we are blind, that a channel is broken, that Sentry drops or lags."""

from alerting.errors import DeliveryError
from alerting.examples.happenings import clock
from alerting.outbox import channel_notices
from alerting.outbox.message import Kind, Notice

REFUSED = DeliveryError("invalid_auth", "Slack refused: the token is not valid. Check SENTRY_SLACK_BOT_TOKEN.")
ANOTHER_WAY = "4 notices meant for it went another way meanwhile, and are not sent again."


def about_us() -> dict[str, Notice]:
    """The examples by name."""
    broken_at = clock("12:07:41")
    broken = channel_notices.broken("slack", REFUSED, broken_at)
    return {
        "dropping": Notice(
            kind=Kind.FIRST,
            key="d40b" * 8,
            headline="Sentry dropped 1240 error events in the last minutes, so our counts are too low",
            sentence="Sentry throws error events away (rate_limited): 1240 of project 4511. It does not say of which "
            "environment, so they are missing from what we count in production. Until it stops, no incident of these "
            "projects is resolved and no error rate of theirs is judged.",
            severity="medium",
            at="2026-11-23T12:07:41Z",
            rule="dropping",
            rule_title="Dropped events",
            project="sentry",
            environment="production",
            value="1240 dropped error events",
            threshold="0",
            reason="dropping_began",
            opened_at="2026-11-23T12:07:41Z",
        ),
        "behind": Notice(
            kind=Kind.FIRST,
            key="1a6b" * 8,
            headline="Sentry has shown events late since 11:30 UTC",
            sentence="Sentry's ingestion is behind: events arrive 14 min after they happened. Until it has caught up, "
            "Critical errors of checkout cannot end, and no rate or latency is told; counts over their "
            "threshold are.",
            severity="medium",
            at="2026-11-23T12:07:41Z",
            rule="behind",
            rule_title="Ingestion behind",
            project="sentry",
            value="behind for 37 min",
            threshold="30 min",
            reason="ingestion_behind",
            opened_at="2026-11-23T11:30:00Z",
        ),
        "caught up": Notice(
            kind=Kind.RESOLVED,
            key="1a6b" * 8,
            headline="Sentry shows events in time again",
            sentence="Resolved: Sentry's ingestion was behind from 2026-11-23T11:30:00Z to 2026-11-23T12:40:00Z. What "
            "could not be judged meanwhile is judged now.",
            severity="medium",
            at="2026-11-23T12:43:00Z",
            rule="behind",
            rule_title="Ingestion behind",
            project="sentry",
            value="behind for 1 h 13 min",
            threshold="30 min",
            reason="ingestion_caught_up",
            opened_at="2026-11-23T11:30:00Z",
            resolved_at="2026-11-23T12:43:00Z",
            sequence=2,
        ),
        "blind": Notice(
            kind=Kind.BLIND,
            key="b11d" * 8,
            headline="no reading from Sentry since 12:03 UTC",
            sentence="Since 2026-11-23T12:03:00Z we have not been able to read error counts and new issues from "
            "Sentry: Sentry refuses the token (401). Until this is mended, silence from us does not mean that all is "
            "well.",
            severity="high",
            at="2026-11-23T12:07:41Z",
            rule="blind",
            rule_title="Blind",
            project="sentry",
            value="no reading for 4 min 41 s",
            threshold="1 min 30 s",
            reason="no_good_reading",
            opened_at="2026-11-23T12:03:00Z",
        ),
        "sighted": Notice(
            kind=Kind.SIGHTED,
            key="b11d" * 8,
            headline="Sentry can be read again after 22 min",
            sentence="Resolved: Sentry answers again. It could not be read from 2026-11-23T12:03:00Z to "
            "2026-11-23T12:25:00Z. What was missed meanwhile is judged now and told once, marked late.",
            severity="high",
            at="2026-11-23T12:25:00Z",
            rule="blind",
            rule_title="Blind",
            project="sentry",
            value="reading again",
            threshold="1 min 30 s",
            reason="sight_regained",
            opened_at="2026-11-23T12:03:00Z",
            resolved_at="2026-11-23T12:25:00Z",
            sequence=2,
        ),
        "channel": broken,
        "channel works again": channel_notices.works_again(broken, ANOTHER_WAY, broken_at, clock("12:29:41")),
        "test": Notice(
            kind=Kind.TEST,
            key="test-1",
            headline="a test of this channel",
            sentence="This is a test: notices of the alerting service arrive here.",
            severity="medium",
            at="2026-11-23T12:07:41Z",
            project="checkout",
            value="11 errors",
            threshold="10 errors",
        ),
    }
