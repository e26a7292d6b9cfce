"""A sample of every kind of notice."""

from typing import Any

from alerting.outbox.message import Kind, Line, Notice, TopError, Trend

TOP_ERRORS = (
    TopError(
        "OperationalError: could not connect to payments-db, server closed the connection",
        "checkout.payments in charge",
        21,
        "2026-11-23T12:06:02Z",
        "https://acme.sentry.io/issues/4501/",
        "checkout@2.41.0",
    ),
    TopError(
        "KeyError: 'cart_id'", "checkout.views in pay", 9, "2026-11-09T08:00:00Z", "https://acme.sentry.io/issues/17/"
    ),
    TopError("Timeout: bank did not answer in 5 s", "checkout.bank in settle", 4, "2026-10-02T08:00:00Z"),
)
HOUR = Trend((0, 0, 1, 0, 0, 2, 1, 0, 0, 0, 3, 1, 0, 0, 0, 1, 2, 4, 19, 37), 10, "2026-11-23T12:08:00Z")


def firing(**changes: Any) -> Notice:
    values: dict[str, Any] = {
        "kind": Kind.FIRST,
        "key": "5f0c3a1e5f0c3a1e5f0c3a1e5f0c3a1e",
        "headline": "37 errors in 5 min",
        "sentence": "37 errors in 5 min, over the threshold of 10 errors.",
        "severity": "high",
        "at": "2026-11-23T12:07:41Z",
        "rule": "critical_errors",
        "rule_title": "Critical errors",
        "project": "checkout",
        "environment": "production",
        "value": "37 errors",
        "threshold": "10 errors",
        "peak": "37 errors",
        "reason": "first_breach",
        "window_start": "2026-11-23T12:02:30Z",
        "window_end": "2026-11-23T12:07:30Z",
        "sample": "37 events",
        "dataset": "errors",
        "first_error_at": "2026-11-23T12:06:02Z",
        "opened_at": "2026-11-23T12:07:41Z",
        "errors": 37,
        "top_errors": TOP_ERRORS,
        "trend": HOUR,
        "link": "https://acme.sentry.io/organizations/acme/issues/?project=4511&environment=production"
        "&start=2026-11-23T12%3A02%3A30&end=2026-11-23T12%3A07%3A30&utc=true&query=",
    }
    return Notice(**{**values, **changes})


def resolved(**changes: Any) -> Notice:
    return firing(
        **{
            "kind": Kind.RESOLVED,
            "top_errors": (),
            "trend": None,
            "errors": 0,
            "headline": "3 errors in 5 min",
            "sentence": "Recovered: 3 errors, at or under the threshold of 10 errors, and it stayed there. "
            "It lasted 21 min.",
            "at": "2026-11-23T12:28:45Z",
            "value": "3 errors",
            "peak": "212 errors",
            "reason": "recovered",
            "window_start": "2026-11-23T12:21:30Z",
            "window_end": "2026-11-23T12:26:30Z",
            "sample": "3 events",
            "resolved_at": "2026-11-23T12:28:45Z",
            "in_hand": "ann",
            "sequence": 3,
            **changes,
        }
    )


def new_issue(**changes: Any) -> Notice:
    return firing(
        **{
            "headline": "new error type CHECKOUT-4F2",
            "top_errors": (),
            "trend": None,
            "errors": 0,
            "sentence": "New error type CHECKOUT-4F2: it was not seen before in this project.",
            "severity": "medium",
            "rule": "new_issue",
            "rule_title": "New error type",
            "value": "1 new issue",
            "threshold": "0 (every new issue is told)",
            "peak": "",
            "reason": "first_seen",
            "sample": "",
            "dataset": "issues",
            "first_error_at": "",
            "issue": {
                "id": "991",
                "short_id": "CHECKOUT-4F2",
                "title": "KeyError: 'shipping_method' while totalling the basket of user_id=1881",
                "culprit": "shop.basket.views in total",
                "level": "error",
                "first_seen": "2026-11-23T12:07:02Z",
            },
            **changes,
        }
    )


def digest(count: int = 12, **changes: Any) -> Notice:
    kinds = ("first", "first", "worse", "resolved")
    lines = tuple(
        Line(
            kind=kinds[index % 4],
            rule="Critical errors" if index % 3 else "Error rate",
            severity="high",
            project=f"service-{index:03}",
            environment="production",
            value=f"{12 + index} errors" if index % 3 else "4.2% (0.042)",
            threshold="10 errors" if index % 3 else "1% (0.01)",
            at="2026-11-23T12:07:41Z",
            link=f"https://acme.sentry.io/organizations/acme/issues/?project={4000 + index}&environment=production"
            "&start=2026-11-23T12%3A02%3A30&end=2026-11-23T12%3A07%3A30&utc=true&query=",
        )
        for index in range(count)
    )
    return Notice(
        **{
            "kind": Kind.DIGEST,
            "key": "digest-81-20261123120741",
            "headline": f"{count} notices, {count} projects",
            "sentence": f"{count} notices about {count} projects in one message.",
            "severity": "high",
            "at": "2026-11-23T12:07:52Z",
            "reason": "digest",
            "lines": lines,
            "totals": {"Critical errors: first": count - count // 3, "Error rate: first": count // 3},
            **changes,
        }
    )


def every_kind() -> dict[str, Notice]:
    """One believable sample of every kind, by a name fit for a test id."""
    return {
        "firing": firing(),
        "reminder": firing(
            kind=Kind.REMINDER,
            headline="52 errors in 5 min",
            sentence="Still over after 1 h: 52 errors in 5 min (threshold 10 errors), up from 37 errors.",
            value="52 errors",
            peak="212 errors",
            reason="repeat_due",
            at="2026-11-23T13:07:41Z",
            window_start="2026-11-23T13:02:30Z",
            window_end="2026-11-23T13:07:30Z",
            sequence=3,
        ),
        "worse": firing(
            kind=Kind.WORSE,
            headline="84 errors in 5 min",
            sentence="It got worse: 84 errors in 5 min (threshold 10 errors), at least double what was last told "
            "(37 errors).",
            value="84 errors",
            peak="84 errors",
            reason="value_doubled",
            sequence=2,
        ),
        "resolved": resolved(),
        "raised": resolved(
            kind=Kind.ENDED,
            headline="threshold raised to 50 errors; the value is 37 errors",
            sentence="Ended because the threshold was raised from 10 errors to 50 errors: the value is still "
            "37 errors. It was open for 21 min.",
            value="37 errors",
            threshold="50 errors",
            reason="threshold_raised",
        ),
        "out of sight": resolved(
            kind=Kind.ENDED,
            formerly="basket",
            headline="no longer visible to this token; last judged 212 errors",
            sentence="Ended because the project is no longer visible to this token: it was deleted or transferred, or "
            "access was withdrawn. It may go on failing unseen. Last judged: 212 errors (threshold 10 errors). "
            "It was open for 21 min.",
            value="212 errors, when last judged",
            reason="not_visible",
            notes=("The project basket was renamed to checkout.",),
        ),
        "rate": firing(
            headline="error rate 4.2% (0.042) in 10 min",
            sentence="Error rate 4.2% (0.042) in 10 min, over the threshold of 1% (0.01).",
            rule="error_rate",
            errors=630,
            trend=Trend((0.001, 0.002, 0, 0.003, 0.02, 0.042), 0.01, "2026-11-23T12:08:00Z"),
            rule_title="Error rate",
            value="4.2% (0.042)",
            threshold="1% (0.01)",
            peak="4.2% (0.042)",
            sample="630 errors / 15000 transactions",
            dataset="errors and spans",
            first_error_at="",
            notes=("Transactions are estimated: the server counts sampled ones, multiplied by 10 (sample rate 0.1).",),
        ),
        "p95": firing(
            headline="p95 latency 1840 ms in 10 min",
            sentence="P95 latency 1840 ms in 10 min, over the threshold of 1000 ms.",
            severity="medium",
            rule="p95_latency",
            top_errors=(),
            errors=0,
            trend=Trend((310, 305, 290, 420, 380, 350, 900, 1200, 1700, 1840), 1000, "2026-11-23T12:08:00Z"),
            rule_title="p95 latency",
            value="1840 ms",
            threshold="1000 ms",
            peak="1840 ms",
            sample="2210 transactions",
            dataset="spans",
            first_error_at="",
        ),
        "new issue": new_issue(),
        "late and over": firing(
            kind=Kind.LATE,
            top_errors=(),
            trend=None,
            headline="41 errors in 5 min",
            sentence="Found late, after we could not look from 02:10 to 05:40 UTC: 41 errors (threshold 10 errors). "
            "It lasted 12 min and is over.",
            value="41 errors",
            peak="41 errors",
            reason="late_and_over",
            window_start="2026-11-23T03:10:00Z",
            window_end="2026-11-23T03:15:00Z",
            opened_at="2026-11-23T03:11:00Z",
            resolved_at="2026-11-23T03:23:00Z",
            first_error_at="2026-11-23T03:10:12Z",
            at="2026-11-23T05:41:00Z",
        ),
        "flapping": firing(
            kind=Kind.FLAPPING,
            sentence="It keeps starting and stopping: 37 errors (threshold 10 errors). "
            "Nothing more is told until it has been stable for a while.",
            reason="changes_often",
            sequence=7,
        ),
        "escalated": firing(
            kind=Kind.ESCALATED,
            key="5f0c3a1e5f0c3a1e5f0c3a1e5f0c3a1e-escalated",
            sentence="Nobody has acknowledged this for 30 min. It is still open.",
            reason="not_acknowledged",
            at="2026-11-23T12:37:41Z",
        ),
        "digest": digest(),
        "stale": digest(
            kind=Kind.STALE,
            sentence="These 12 notices could not be delivered in time, the oldest since 2026-11-23T09:02:11Z. "
            "12 notices about 12 projects in one message.",
            reason="stale_summary",
        ),
        "blind": Notice(
            kind=Kind.BLIND,
            key="b11d",
            headline="cannot read Sentry since 12:03:00 UTC",
            sentence="Error counts, new issues could not be read from Sentry since 2026-11-23T12:03:00Z: Sentry "
            "refuses the token (401). Until this is mended, silence from us means nothing. Nothing was resolved or "
            "fired because of it.",
            severity="high",
            at="2026-11-23T12:07:41Z",
            rule="blind",
            rule_title="Blind",
            project="sentry",
            value="no reading for 4 min 41 s",
            threshold="1 min 30 s",
            reason="no_good_reading",
            opened_at="2026-11-23T12:03:00Z",
            notes=("`alerting check` says what is wrong, part by part.",),
        ),
        "sighted": Notice(
            kind=Kind.SIGHTED,
            key="b11d",
            headline="Sentry can be read again after 22 min",
            sentence="Resolved: Sentry answers again. It could not be read from 2026-11-23T12:03:00Z to "
            "2026-11-23T12:25:00Z (22 min). What was missed in between is being judged now and told once, marked late.",
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
        "channel": Notice(
            kind=Kind.CHANNEL,
            key="channel-slack-20261123120741",
            headline="Slack refuses our notices (invalid_auth)",
            sentence="Slack refused a notice and will refuse the next ones too: Slack refused: the token is not valid. "
            "Check SENTRY_SLACK_BOT_TOKEN. Notices meant for it come this way until its configuration changes.",
            severity="high",
            at="2026-11-23T12:07:41Z",
            rule="channel",
            rule_title="Channel broken",
            project="slack",
            value="invalid_auth",
            threshold="a working channel",
            reason="channel_broken",
            notes=("`alerting check` tries the channel; `alerting outbox list` shows what waits for it.",),
        ),
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
