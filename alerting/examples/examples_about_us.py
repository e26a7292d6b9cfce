"""Believable notices about ourselves: that we are blind, that a channel is broken, that Sentry drops or lags."""

from alerting.errors import DeliveryError
from alerting.examples.happenings import ENVIRONMENT, clock
from alerting.incidents import topics
from alerting.incidents.topics import BEHIND, BLIND, DROPPING
from alerting.outbox import channel_notices
from alerting.outbox.message import Kind, Notice

NOON = clock("12:07:41")
REFUSED = DeliveryError("invalid_auth", "Slack refused: the token is not valid. Check SENTRY_SLACK_BOT_TOKEN.")
ANOTHER_WAY = "4 notices meant for it went another way meanwhile, and are not sent again."
LATE = "events arrive 14 min after they happened"
LATE_SINCE, IN_TIME = clock("11:30:00"), clock("12:43:00")
BLIND_SINCE, SIGHTED = clock("12:03:00"), clock("12:25:00")


def about_us() -> dict[str, Notice]:
    """The examples by name."""
    broken = channel_notices.broken("slack", REFUSED, NOON)
    dropping = topics.dropping([("checkout", 1240)], "rate_limited", ENVIRONMENT, NOON)
    behind = topics.behind(LATE, ["Critical errors of checkout"], LATE_SINCE, NOON)
    caught_up = topics.caught_up(LATE_SINCE, clock("12:40:00"))
    blind = topics.blind("error counts and new issues", "Sentry refuses the token (401).", BLIND_SINCE, NOON)
    sighted = topics.sighted("", BLIND_SINCE, SIGHTED)
    return {
        "dropping": topics.notice(DROPPING, dropping, "d40b" * 8, "dropping_began", 0, 1, NOON),
        "behind": topics.notice(BEHIND, behind, "1a6b" * 8, "ingestion_behind", 1800, 1, NOON),
        "caught up": topics.notice(BEHIND, caught_up, "1a6b" * 8, "ingestion_caught_up", 1800, 2, IN_TIME),
        "blind": topics.notice(BLIND, blind, "b11d" * 8, "no_good_reading", 90, 1, NOON),
        "sighted": topics.notice(BLIND, sighted, "b11d" * 8, "sight_regained", 90, 2, SIGHTED),
        "channel": broken,
        "channel works again": channel_notices.works_again(broken, ANOTHER_WAY, NOON, clock("12:29:41")),
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
